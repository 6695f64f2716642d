//! `prune`: what is old goes, what is owed stays, and nobody waits for it.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::database::{DAY, change, let_time_pass, move_times, rows, value};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::retrying::{UNDELIVERED, emit, queue, subscribed};
use crate::sandbox::{Run, Sandbox};
use crate::steps::{NOBODY, connect};

const TABLES: [&str; 5] = ["events", "deliveries", "attempts", "suppressions", "webhooks"];

/// Adds `count` events that were delivered `age` ago, each with a delivery and its attempt, by SQL.
pub fn fill(sandbox: &Sandbox, count: u32, age: i64) {
    let at = format!("CAST(unixepoch('subsec') * 1000 AS INTEGER) - {age}");
    connect(sandbox)
        .execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {count})
                 SELECT i, (SELECT coalesce(max(seq), 0) FROM events) AS e,
                        (SELECT coalesce(max(id), 0) FROM deliveries) AS d FROM n;
             INSERT INTO events (seq, id, event, timestamp, permit_id, permit_number, dedupe_key, body, accepted_at)
                 SELECT e + i, 'evt_' || (e + i), 'permit_created', {at}, i, 'PTW-' || i, 'fill:' || (e + i),
                        CAST(printf('%.300c', 'x') AS BLOB), {at} FROM n;
             INSERT INTO deliveries (id, webhook_id, event_seq, event, dedupe_key, status, created_at, attempts)
                 SELECT d + i, 1, e + i, 'permit_created', 'fill:' || (e + i), 'success', {at}, 1 FROM n;
             INSERT INTO attempts (delivery_id, started_at, duration_us, outcome, phase, error, url, request_headers)
                 SELECT d + i, {at}, 1, 'delivered', 'body', '', 'http://127.0.0.1/', '[]' FROM n;
             COMMIT; DROP TABLE n;"
        ))
        .unwrap();
}

#[track_caller]
fn prune(sandbox: &Sandbox, further: &[&str]) -> Value {
    sandbox.cmd().args(["prune", "--older-than", "1d", "-qojson"]).args(further).run().ok().json()
}

#[track_caller]
fn counts(sandbox: &Sandbox) -> Vec<i64> {
    TABLES.map(|table| value(sandbox, &format!("SELECT count(*) FROM {table}")).as_i64().unwrap()).to_vec()
}

/// Whether everything in the file refers to what is there.
#[track_caller]
fn assert_whole(sandbox: &Sandbox) {
    assert_eq!(rows(sandbox, "PRAGMA foreign_key_check"), Vec::<Vec<Value>>::new());
    assert_eq!(value(sandbox, "PRAGMA integrity_check"), "ok");
}

#[test]
fn what_is_old_and_settled_goes_from_every_table_and_what_is_young_or_owed_stays() {
    let receiver = Receiver::start(Behaviour::by(|request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Reply::status(if body.contains("\"permit_id\":2,") { 500 } else { 204 })
    }));
    let sandbox = subscribed(&receiver);
    sandbox.create_with("off", NOBODY, &["*"], &["--disabled"]);
    emit(&sandbox, 1, &["--idempotency-key", "k"]).ok();
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    queue(&sandbox, 3);
    emit(&sandbox, 1, &["--idempotency-key", "k"]).ok();
    move_times(&sandbox, -2 * DAY);
    emit(&sandbox, 4, &[]).ok();
    emit(&sandbox, 5, &[]).ok();
    change(&sandbox, "UPDATE events SET accepted_at = accepted_at - 2 * 86400000 WHERE permit_id = 5");
    assert_eq!(counts(&sandbox), [6, 5, 4, 7, 2]);

    let expected = json!({
        "events": 3, "deliveries": 2, "attempts": 2, "suppressions": 4, "webhooks": 0, "bytes_returned": null
    });
    assert_eq!(prune(&sandbox, &["--dry-run"]), expected);
    assert_eq!(counts(&sandbox), [6, 5, 4, 7, 2], "`--dry-run` removes nothing");
    let mut removed = prune(&sandbox, &[]);
    assert!(removed["bytes_returned"].is_u64(), "{removed}");
    removed["bytes_returned"] = Value::Null;
    assert_eq!(removed, expected);
    assert_eq!(counts(&sandbox), [3, 3, 2, 3, 2]);
    assert_eq!(rows(&sandbox, "SELECT permit_id FROM events ORDER BY seq"), [[2], [3], [4]]);
    assert_whole(&sandbox);
    // What was kept is sent as if nothing had been.
    sandbox.run(["retry", "--now", "-ojson"]).code(UNDELIVERED);
    assert_eq!(value(&sandbox, "SELECT status FROM deliveries WHERE id = 3"), "success");
    assert_eq!(prune(&sandbox, &[])["events"], 1);
}

#[test]
fn an_event_that_one_of_its_webhooks_is_still_owed_is_kept_whole() {
    let receiver = Receiver::start(Behaviour::by(|request| {
        Reply::status(if request.path == "/broken" { 500 } else { 204 })
    }));
    let sandbox = subscribed(&receiver);
    sandbox.create("B", &receiver.url("/broken"), &["*"]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    move_times(&sandbox, -100 * DAY);
    assert_eq!(prune(&sandbox, &[])["events"], 0);
    assert_eq!(counts(&sandbox), [1, 2, 2, 0, 2]);
    // Whom nothing can be sent to at the moment is owed it all the same.
    for state in ["pause", "disable"] {
        sandbox.run([state, "B"]).ok();
        assert_eq!(prune(&sandbox, &[])["events"], 0, "{state}");
    }
    sandbox.run(["delete", "B", "--yes"]).ok();
    let removed = prune(&sandbox, &[]);
    assert_eq!((&removed["events"], &removed["webhooks"]), (&json!(1), &json!(1)));
    assert_eq!(counts(&sandbox), [0, 0, 0, 0, 1]);
}

#[test]
fn a_younger_duplicate_outlives_the_delivery_that_it_repeated() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &["--idempotency-key", "k"]).ok();
    move_times(&sandbox, -2 * DAY);
    emit(&sandbox, 1, &["--idempotency-key", "k"]).ok();
    let references = "SELECT reason, delivery_id FROM suppressions";
    assert_eq!(rows(&sandbox, references), [[json!("duplicate"), json!(1)]]);
    assert_eq!(prune(&sandbox, &[])["events"], 1);
    assert_eq!(rows(&sandbox, references), [[json!("duplicate"), Value::Null]]);
    assert_whole(&sandbox);
    // The key went with its event.
    let again = emit(&sandbox, 1, &["--idempotency-key", "k"]).ok().json();
    assert_eq!((again["deliveries"][0]["id"].as_i64(), &again["suppressed"]), (Some(2), &json!([])));
}

#[test]
fn a_deleted_webhook_goes_with_the_last_of_its_log() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    sandbox.create("B", &receiver.url("/b"), &["permit_approved"]);
    sandbox.create_with("C", &receiver.url("/c"), &["*"], &["--disabled"]);
    sandbox.create("unused", NOBODY, &["permit_expired"]);
    emit(&sandbox, 1, &[]).ok();
    move_times(&sandbox, -2 * DAY);
    emit(&sandbox, 2, &[]).ok();
    for name in ["B", "C", "unused"] {
        sandbox.run(["delete", name, "--yes"]).ok();
    }
    let webhooks = "SELECT name FROM webhooks ORDER BY id";
    assert_eq!(prune(&sandbox, &["--dry-run"])["webhooks"], 1, "the others have a younger log");
    assert_eq!(prune(&sandbox, &[])["webhooks"], 1);
    assert_eq!(rows(&sandbox, webhooks), [["A"], ["B"], ["C"]]);
    move_times(&sandbox, -2 * DAY);
    assert_eq!(prune(&sandbox, &["--dry-run"])["webhooks"], 2);
    assert_eq!(prune(&sandbox, &[])["webhooks"], 2);
    assert_eq!(rows(&sandbox, webhooks), [["A"]]);
}

#[test]
fn many_events_are_found_behind_many_that_are_kept() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 1500, 3 * DAY);
    // More than two windows of what is owed, then old ones again, then young ones, then one with an old time.
    change(&sandbox, "UPDATE deliveries SET status = 'pending', due_at = 0 WHERE id BETWEEN 101 AND 700");
    fill(&sandbox, 600, 0);
    fill(&sandbox, 1, 3 * DAY);
    let expected = prune(&sandbox, &["--dry-run"]);
    assert_eq!((&expected["events"], &expected["attempts"]), (&json!(900), &json!(900)));
    assert_eq!(prune(&sandbox, &[])["events"], 900);
    let left = "SELECT count(*), sum(status = 'pending'), min(id) FROM deliveries";
    assert_eq!(rows(&sandbox, left), [[1201, 600, 101]], "it ends where all of a window is young");
    assert_whole(&sandbox);
}

#[test]
fn an_event_that_was_owed_to_very_many_goes_with_all_of_it() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 600, 3 * DAY);
    fill(&sandbox, 10, 0);
    connect(&sandbox)
        .execute_batch(
            "UPDATE deliveries SET event_seq = 1 + event_seq % 8 WHERE event_seq <= 600;
             DELETE FROM events WHERE seq BETWEEN 9 AND 600",
        )
        .unwrap();
    let removed = prune(&sandbox, &[]);
    assert_eq!((&removed["events"], &removed["deliveries"]), (&json!(8), &json!(600)));
    assert_eq!(counts(&sandbox), [10, 10, 10, 0, 1]);
}

#[test]
fn the_space_is_given_back_to_the_system() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 5000, 3 * DAY);
    fill(&sandbox, 100, 0);
    let size = || fs::metadata(sandbox.db_path()).unwrap().len();
    let before = size();
    // Somebody else has the file open, so that nobody closes it last.
    let other = connect(&sandbox);
    other.execute_batch("SELECT count(*) FROM events").unwrap();
    let removed = prune(&sandbox, &[]);
    assert_eq!(fs::metadata(sandbox.db_path().with_file_name("ptw-hooks.db-wal")).unwrap().len(), 0);
    drop(other);
    assert_eq!(removed["events"], 5000);
    let (after, returned) = (size(), removed["bytes_returned"].as_u64().unwrap());
    assert!(before > 3_000_000 && after < before / 10, "from {before} to {after} bytes");
    // What the tables of 5000 rows took may also have been free before.
    assert_eq!(before - after, returned);
    assert_eq!(value(&sandbox, "PRAGMA freelist_count"), 0);
    assert_whole(&sandbox);
    let summary = sandbox.run(["prune", "--older-than", "2d"]).ok().stderr_is("");
    summary.stdout_is(
        "EVENTS  DELIVERIES  ATTEMPTS  SUPPRESSIONS  WEBHOOKS  BYTES RETURNED\n\
         --------------------------------------------------------------------\n\
         \u{20}    0           0         0             0         0               0\n",
    );
}

#[test]
fn a_file_of_an_older_version_gives_its_space_back_when_it_is_written_anew() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 5000, 3 * DAY);
    let other = connect(&sandbox);
    other.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM").unwrap();
    drop(other);
    let size = || fs::metadata(sandbox.db_path()).unwrap().len();
    let before = size();
    let run = sandbox.run(["prune", "--older-than", "1d", "-ojson"]).ok();
    assert_eq!((&run.json()["events"], &run.json()["bytes_returned"]), (&json!(5000), &json!(0)));
    run.stderr_has(" MiB are free within the file").stderr_has("`--vacuum` gives them back to the system\n");
    assert!(size() >= before);
    let run = sandbox.run(["prune", "--older-than", "1d", "--vacuum", "-ojson"]).ok().stderr_is("");
    assert_eq!(run.json()["bytes_returned"].as_u64(), Some(before - size()));
    assert!(size() < before / 10);
    assert_eq!(value(&sandbox, "PRAGMA auto_vacuum"), 2, "from now on it needs no more of that");
    assert_whole(&sandbox);
    fill(&sandbox, 3000, 3 * DAY);
    assert!(prune(&sandbox, &[])["bytes_returned"].as_u64() > Some(1_000_000));
}

#[test]
fn other_processes_write_while_it_removes() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 30_000, 3 * DAY);
    let other = connect(&sandbox);
    other.busy_timeout(Duration::ZERO).unwrap();
    let mut pruning = sandbox.cmd().args(["prune", "--older-than", "1d", "-ojson"]).spawn();
    let (mut writes, mut longest) = (0, Duration::ZERO);
    while pruning.is_running() {
        let begun = Instant::now();
        while other.execute("UPDATE webhooks SET last_sent_at = 1", []).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "it keeps the file to itself");
            std::thread::sleep(Duration::from_millis(2));
        }
        writes += 1;
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(pruning.wait().ok().json()["events"], 30_000);
    assert!(writes > 100, "only {writes} writes came between");
    assert!(longest < Duration::from_secs(1), "a write has waited for {longest:?}");
}

#[test]
fn a_signal_ends_it_between_two_steps_and_it_goes_on_the_next_time() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 30_000, 3 * DAY);
    let ended = |signal: &str| -> Run {
        let before = value(&sandbox, "SELECT count(*) FROM events").as_i64();
        let mut pruning = sandbox.cmd().args(["prune", "--older-than", "1d", "-ojson"]).spawn();
        let deadline = Instant::now() + Duration::from_secs(20);
        while value(&sandbox, "SELECT count(*) FROM events").as_i64() == before {
            assert!(Instant::now() < deadline, "it removes nothing");
        }
        pruning.send(signal);
        pruning.wait()
    };
    let mut removed = 0;
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let run = ended(signal).code(code).stderr_is("interrupted: run it again to go on\n");
        removed += run.json()["events"].as_i64().unwrap();
        assert_eq!(value(&sandbox, "SELECT count(*) FROM events"), 30_000 - removed);
        assert!(removed < 30_000);
        assert_whole(&sandbox);
    }
    assert_eq!(prune(&sandbox, &[])["events"], 30_000 - removed);
}

#[test]
fn a_worker_that_comes_back_after_its_delivery_was_pruned_records_the_others() {
    let gate = Arc::new(Barrier::new(2));
    let first = Arc::clone(&gate);
    let answered = AtomicBool::new(false);
    let receiver = Receiver::start(Behaviour::by(move |_| {
        if !answered.swap(true, Ordering::SeqCst) {
            first.wait();
        }
        Reply::status(204)
    }));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--timeout", "30s"]);
    queue(&sandbox, 1);
    let mut late = sandbox.cmd().args(["retry", "-q"]).spawn();
    receiver.wait_for(1);
    late.send("STOP");
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok();
    move_times(&sandbox, -2 * DAY);
    assert_eq!(prune(&sandbox, &[])["deliveries"], 1);
    gate.wait();
    late.send("CONT");
    late.wait().ok().stderr_is("");
    assert_eq!(counts(&sandbox), [0, 0, 0, 0, 1]);
}

#[test]
fn an_age_below_a_day_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    for (age, why) in [
        ("23h", "it is at least `1d`: duplicates are recognised by the events of the last hours"),
        ("0d", "it is at least `1d`"),
        ("90", "write an age of at least a day, such as `90d`"),
        ("3 months", "write an age"),
    ] {
        let refused = sandbox.run(["prune", "--older-than", age]).code(2).stdout_is("");
        refused.stderr_has(format!("'{age}' for '--older-than <AGE>'")).stderr_has(why);
    }
    sandbox.run(["prune"]).code(2).stderr_has("--older-than <AGE>");
    sandbox.run(["prune", "--older-than", "5000000d"]).ok().stderr_is("");
    let missing = sandbox.run(["--db", "none.db", "prune", "--older-than", "1d"]).code(4);
    missing.stderr_has("there is no database at `none.db`");
}
