//! How deliveries fared: the figures of `stats`, of what they are, and how they are shown.

use std::time::Instant;

use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, at_terminal, connect, each, emit};

fn figures(sandbox: &Sandbox, args: &[&str]) -> Value {
    sandbox.cmd().args(["stats", "-o", "json"]).args(args).run().ok().stderr_is("").json()
}

/// A webhook whose deliveries were accepted, sent and answered as written here, and one that has none.
fn with_history() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["permit_approved"]);
    sandbox.create("quiet", NOBODY, &["permit_expired"]);
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    connect(&sandbox)
        .execute_batch(
            // A hundred that were delivered at once, after 1 to 100 seconds, each by a request of as many milliseconds.
            "DELETE FROM deliveries;
             CREATE TEMP TABLE now AS SELECT unixepoch('subsec') * 1000 AS ms;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
             INSERT INTO deliveries (id, webhook_id, event_seq, event, dedupe_key, status, created_at, attempts,
                                     last_attempt_at, last_duration_us, last_status_code)
             SELECT i, 1, 1, 'permit_approved', 'a' || i, 'success', CAST(ms - 3600000 AS INTEGER), 1,
                    CAST(ms - 3600000 AS INTEGER) + 999 * i, 1000 * i, 204 FROM n, now;
             -- One that took three attempts, two that were given up after two, one that is pending after one.
             INSERT INTO deliveries (id, webhook_id, event_seq, event, dedupe_key, status, created_at, due_at, attempts,
                                     last_attempt_at, last_duration_us, last_error)
             SELECT 101, 1, 1, 'permit_approved', 'b1', 'success', CAST(ms - 60000 AS INTEGER), NULL, 3,
                    CAST(ms - 50000 AS INTEGER), 1000, '' FROM now
             UNION ALL SELECT 102, 1, 1, 'permit_approved', 'b2', 'failed', CAST(ms - 60000 AS INTEGER), NULL, 2,
                    CAST(ms - 50000 AS INTEGER), 1000, 'the receiver answered 500' FROM now
             UNION ALL SELECT 103, 1, 1, 'permit_approved', 'b3', 'failed', CAST(ms - 60000 AS INTEGER), NULL, 2,
                    CAST(ms - 50000 AS INTEGER), 1000, 'the receiver answered 500' FROM now
             UNION ALL SELECT 104, 1, 1, 'permit_approved', 'b4', 'pending', CAST(ms - 60000 AS INTEGER),
                    CAST(ms AS INTEGER) + 9999999, 1, CAST(ms - 50000 AS INTEGER), 1000, 'no route' FROM now
             -- Two from before: one delivered, one that is owed still.
             UNION ALL SELECT 105, 1, 1, 'permit_approved', 'c1', 'success', 1000, NULL, 1, 2000, 1000000, ''
             UNION ALL SELECT 0, 1, 1, 'permit_approved', 'c2', 'pending', 5000, 9999999999999, 0, NULL, NULL, '';
             INSERT INTO attempts (delivery_id, started_at, duration_us, outcome, phase, error, url, request_headers)
             SELECT d, 7000, 1000, o, 'head', e, 'http://x', '[]' FROM (
                 SELECT 101 AS d, 'timeout' AS o, 'too slow' AS e UNION ALL SELECT 101, 'timeout', 'too slow, again'
                 UNION ALL SELECT 101, 'delivered', ''
                 UNION ALL SELECT 102, 'http_status', 'the receiver answered 500'
                 UNION ALL SELECT 102, 'http_status', 'the receiver answered 500'
                 UNION ALL SELECT 103, 'http_status', 'the receiver answered 500'
                 UNION ALL SELECT 103, 'timeout', 'too slow'
                 UNION ALL SELECT 104, 'connect', 'no route');",
        )
        .unwrap();
    sandbox
}

#[test]
fn figures_are_those_of_the_deliveries_that_were_accepted_in_the_time() {
    let sandbox = with_history();
    let all = figures(&sandbox, &[]);
    assert_eq!(each(&all, "webhook_name"), ["quiet", "ERP"]);
    let one = &all[1];
    let member = |name: &str| one[name].clone();
    assert_eq!(
        ["accepted", "delivered", "failed", "pending"].map(member),
        [104, 101, 2, 1].map(|n| json!(n))
    );
    assert_eq!(member("success_rate"), json!(0.9806));
    assert_eq!(member("first_attempt_rate"), json!(0.9709));
    assert_eq!(member("attempts_per_delivery"), json!(1.0385));
    // From acceptance to the answer: 1 to 100 s, and 10 s more often. Never too short, and hardly too long.
    let close = |member: &Value, exact: f64| {
        let told = member.as_f64().unwrap();
        assert!(told >= exact && told <= exact * 1.008, "{told} is not {exact}");
    };
    close(&one["delivery_ms"]["p50"], 50_000.0);
    close(&one["delivery_ms"]["p95"], 95_000.0);
    close(&one["delivery_ms"]["p99"], 99_000.0);
    close(&one["attempt_ms"]["p50"], 50.0);
    close(&one["attempt_ms"]["p99"], 99.0);
    assert_eq!(one["outcomes"], json!({"connect": 1, "delivered": 101, "http_status": 3, "timeout": 3}));
    assert_eq!(each(&one["top_errors"], "error").len(), 3);
    assert_eq!(one["top_errors"][0]["error"], "the receiver answered 500");
    assert_eq!(one["top_errors"][0]["count"], 3);
    assert_eq!(
        one["top_errors"][1],
        json!({"outcome": "timeout", "error": "too slow", "count": 2,
                                           "last_at": "1970-01-01T00:00:07.000000Z"})
    );
    assert_eq!(one["oldest_pending_at"], "1970-01-01T00:00:05.000000Z", "also from before");
    let counts = one["timeline"]["accepted"].as_array().unwrap();
    assert_eq!(counts.iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 104);
    assert_eq!((counts.len(), &counts[23], &one["timeline"]["failed"][23]), (24, &json!(4), &json!(2)));
    let ranges = one["delivery_histogram"].as_array().unwrap();
    assert_eq!(ranges.last().unwrap(), &json!({"up_to_ms": 300_000.0, "count": 40}));

    // Nothing was accepted in this time: what was delivered last is from before.
    let later = figures(&sandbox, &["ERP", "--since", "10s"]);
    let later = &later[0];
    assert_eq!(
        (&later["accepted"], &later["success_rate"], &later["delivery_ms"]),
        (&json!(0), &json!(null), &json!(null))
    );
    assert!(later["last_success_at"].is_string());
    // Everything was.
    assert_eq!(figures(&sandbox, &["1", "--since", "1970-01-01"])[0]["accepted"], 106);
    assert_eq!(figures(&sandbox, &["quiet"])[0]["last_success_at"], json!(null));
}

#[test]
fn one_webhook_is_drawn_with_bars_at_a_terminal_and_plainly_elsewhere() {
    let sandbox = with_history();
    let piped = sandbox.run(["stats", "ERP"]).ok().stderr_is("");
    piped
        .stdout_has("accepted         104, since ")
        .stdout_has("delivered        101, 98.0 % of what is settled\n")
        .stdout_has("  at first       100, 97.0 % of what is settled\n")
        .stdout_has("delivery time    p50 50.")
        .stdout_has(" accepted, up to 100 in 1 h\n")
        .stdout_has("\nfrom acceptance to the answer\n")
        .stdout_has("  up to 10 s            5  ###\n")
        .stdout_has("  delivered           101  ########################\n")
        .stdout_has("\nmost frequent errors\n          3  the receiver answered 500, last ")
        .stdout_lacks("█")
        .stdout_lacks("\u{1b}");
    let (seen, code) = at_terminal(&sandbox, &[], &["stats", "ERP"], "");
    assert!(code == 0 && seen.contains("\u{1b}[32m█") && seen.contains('·'), "{seen}");
    let (seen, code) = at_terminal(&sandbox, &[("NO_COLOR", "1")], &["stats", "ERP"], "");
    assert!(
        code == 0 && seen.contains("########") && !seen.contains('█') && !seen.contains('\u{1b}'),
        "{seen}"
    );

    let table = sandbox.run(["stats"]).ok().stderr_is("");
    let rows: Vec<&str> = table.stdout.lines().collect();
    assert!(rows[0].starts_with("WEBHOOK  ACCEPTED  DELIVERED  FAILED  PENDING  SUCCESS"), "{}", rows[0]);
    assert!(
        rows[3].starts_with("ERP           104        101       2        1   98.0 %    97.0 %"),
        "{}",
        rows[3]
    );
    let csv = sandbox.run(["stats", "-o", "csv"]).ok().stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("webhook_id,webhook,accepted,delivered,failed,pending,success_rate"),
        "{csv}"
    );
    assert!(lines[2].starts_with("1,ERP,104,101,2,1,0.9806,0.9709,1.0385,"), "{csv}");
    assert_eq!(sandbox.run(["stats", "-o", "ndjson"]).ok().json_lines().len(), 2);
}

#[test]
fn what_was_really_sent_is_counted_and_a_webhook_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let receivers = [200, 503].map(|status| Receiver::start(Reply::status(status)));
    sandbox.create("good", &receivers[0].url("/x"), &["*"]);
    sandbox.create("bad", &receivers[1].url("/x"), &["*"]);
    emit(&sandbox, "permit_approved", "1").run().code(3);
    let all = figures(&sandbox, &["--since", "1h"]);
    assert_eq!(each(&all, "outcomes"), [json!({"http_status": 1}), json!({"delivered": 1})]);
    assert_eq!(each(&all, "pending"), [1, 0]);
    assert!(all[0]["top_errors"][0]["error"].as_str().unwrap().contains("503"), "{all}");
    let time = &all[1]["delivery_ms"]["p50"];
    assert!(time.as_f64().unwrap() < 10_000.0 && all[1]["last_success_at"].is_string(), "{all}");
    sandbox.run(["delete", "good", "--yes"]).ok();
    assert_eq!(each(&figures(&sandbox, &[]), "webhook_name"), ["bad"]);
    assert_eq!(figures(&sandbox, &["1"])[0]["delivered"], 1, "the log of a deleted webhook is still there");
    for named in ["god", "99"] {
        let error = format!("webhook `{named}` does not exist");
        sandbox.run(["stats", named]).code(4).stdout_is("").stderr_has(error).stderr_has("hint: ");
    }
    sandbox.run(["stats", "--since", "soon"]).code(2).stdout_is("");
}

#[test]
fn a_recent_time_is_counted_quickly_in_a_long_log() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["permit_approved"]);
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    connect(&sandbox)
        .execute_batch(
            "PRAGMA synchronous = OFF;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
             INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at, attempts,
                                     last_attempt_at, last_duration_us)
             SELECT 1, 1, 'permit_approved', 'a' || i, 'success', i, 1, i, 900 FROM n;",
        )
        .unwrap();
    let timed = |since: &str| {
        let started = Instant::now();
        let accepted = figures(&sandbox, &["--since", since])[0]["accepted"].as_u64().unwrap();
        (accepted, started.elapsed())
    };
    timed("1h");
    let ((recent, quick), (all, slow)) = (timed("1h"), timed("1970-01-01"));
    assert_eq!((recent, all), (1, 200_001));
    assert!(quick * 2 < slow, "{quick:?} for one delivery, {slow:?} for all");
}
