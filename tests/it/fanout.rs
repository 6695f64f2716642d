//! Several webhooks at once, what is only queued or shown, single tests, and headers of a webhook's own.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::exchange::{EMIT, Exchange, inspect, show};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::sandbox::Sandbox;

#[test]
fn a_receiver_that_stalls_does_not_keep_the_others_from_their_deliveries() {
    let stalled = Receiver::start(Behaviour::StallBeforeHead);
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create_with("slow", &stalled.url("/"), &["*"], &["--timeout", "2s"]);
    for name in ["one", "two", "three"] {
        sandbox.create(name, &receiver.url(&format!("/{name}")), &["*"]);
    }
    let run = sandbox.run(EMIT.into_iter().chain(["-o", "json"])).code(3).json();
    let deliveries = run["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 4, "{run}");
    for delivery in deliveries {
        let slow = delivery["webhook_name"] == "slow";
        assert_eq!(delivery["status"], if slow { "pending" } else { "success" }, "{run}");
        // The others are sent while the slow one is waited for, not after it.
        let took = delivery["duration_ms"].as_f64().unwrap();
        assert_eq!(took >= 2000.0, slow, "{run}");
    }
    let start =
        |index: usize| deliveries[index]["sent_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    for other in 1..4 {
        let after = start(other).duration_since(start(0)).as_secs_f64();
        assert!(after.abs() < 1.5, "the others are sent at the same time, not {after} s later");
    }
    assert_eq!(receiver.received().len(), 3);
}

#[test]
fn many_receivers_that_stall_take_one_timeout_together_and_not_one_each() {
    const MANY: usize = 20;
    let stalled = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = Sandbox::new();
    for number in 0..MANY {
        sandbox.create_with(&format!("slow-{number}"), &stalled.url("/"), &["*"], &["--timeout", "1s"]);
    }
    let started = Instant::now();
    let run = sandbox.run(EMIT).code(3);
    let took = started.elapsed();
    assert_eq!(run.stdout.matches("pending").count(), MANY, "{run}");
    assert_eq!(stalled.connections(), MANY);
    assert!(took < Duration::from_secs(8), "{MANY} timeouts of 1 s took {took:?}");
}

#[test]
fn queue_stores_and_sends_nothing() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let run = sandbox.run(EMIT.into_iter().chain(["--queue", "-o", "json"])).ok().stderr_is("").json();
    let delivery = &run["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("pending"), &json!(0)), "{run}");
    assert_eq!(delivery["sent_at"], Value::Null, "{run}");
    assert_eq!(receiver.connections(), 0);

    let inspected = inspect(&sandbox, 1);
    assert_eq!((&inspected["request"], &inspected["attempt_log"]), (&Value::Null, &json!([])));
    assert_eq!(inspected["payload"]["permit_number"], "P-1", "{inspected}");
    assert!(inspected["next_attempt_at"].is_string(), "{inspected}");
    sandbox.run(["inspect", "1"]).ok().stdout_has("no attempt was made yet");
}

#[test]
fn a_dry_run_shows_the_requests_and_neither_sends_nor_stores() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create_with("erp", &receiver.url("/erp"), &["*"], &["--header", "Authorization: Bearer s3cret"]);
    sandbox.create("gate", &receiver.url("/gate"), &["permit_approved"]);
    let before = std::fs::read(sandbox.db_path()).unwrap();
    let dry = |more: &[&str]| sandbox.run(EMIT.iter().chain(&["--dry-run"]).chain(more)).ok();
    dry(&[])
        .stdout_has("to erp (id 1):\n  POST http://127.0.0.1:")
        .stdout_has("to gate (id 2):\n")
        .stdout_has("  x-athens-event: permit_approved\n")
        .stdout_has("  authorization: ********\n")
        .stdout_lacks("s3cret")
        .stderr_has("dry run: nothing was stored, nothing was sent");
    let requests = dry(&["-o", "json"]).json();
    let requests = requests["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2);
    let urls: Vec<_> = requests.iter().map(|request| request["url"].as_str().unwrap()).collect();
    assert_eq!(urls, [receiver.url("/erp"), receiver.url("/gate")]);
    let body: Value = serde_json::from_str(requests[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["event"], "permit_approved");

    assert_eq!(receiver.connections(), 0);
    assert_eq!(sandbox.run(["deliveries", "-o", "json"]).ok().json(), json!([]));
    assert_eq!(std::fs::read(sandbox.db_path()).unwrap(), before, "the database is as it was");
    // And it is no duplicate afterwards.
    sandbox.run(EMIT).ok().stdout_lacks("duplicate");
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_test_is_sent_once_also_to_a_disabled_webhook() {
    let receiver = Receiver::start(Reply::status(200).body("thanks"));
    let sandbox = Sandbox::new();
    sandbox.create_with("erp", &receiver.url("/x"), &["permit_approved"], &["--disabled"]);
    let tested = sandbox.run(["test", "erp", "-o", "json"]).ok().json();
    assert_eq!(tested["status"], "success", "{tested}");
    assert_eq!(tested["attempt_log"][0]["response"]["body"], "thanks", "{tested}");
    let sent = receiver.wait_for(1);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].header("x-athens-event"), Some("webhook_test"));
    assert_eq!(tested["request"]["body"].as_str().unwrap().as_bytes(), sent[0].body);
    assert_eq!(show(&sandbox, "erp")["enabled"], false, "a test does not enable");
    sandbox.run(["test", "erp"]).ok().stdout_has("webhook_test").stdout_has("delivered").stdout_has("thanks");
}

#[test]
fn a_test_that_fails_is_not_repeated_and_does_not_disable() {
    let receiver = Receiver::start(Reply::status(500));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    for (status, advice) in [(500, "own log"), (410, "gone for good")] {
        receiver.set(Reply::status(status));
        let run = sandbox.run(["test", "erp", "-o", "json"]).code(3).json();
        assert_eq!((&run["status"], &run["next_attempt_at"]), (&json!("failed"), &Value::Null), "{run}");
        assert_eq!(run["response_code"], status, "{run}");
        let text = sandbox.run(["test", "erp"]).code(3).stdout_has("http_status").stdout_has(advice);
        text.stdout_has("status        failed")
            .stdout_lacks("next attempt")
            .stdout_lacks("; the delivery goes on");
        let hook = show(&sandbox, "erp");
        assert_eq!((&hook["enabled"], &hook["disabled_reason"]), (&json!(true), &Value::Null), "{hook}");
    }
    assert_eq!(receiver.received().len(), 4, "each test is one request");
}

#[test]
fn the_advice_after_a_test_that_met_410_does_not_claim_that_the_webhook_was_disabled() {
    let receiver = Receiver::start(Reply::status(410));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    sandbox.run(["test", "erp"]).code(3).stdout_has("gone for good").stdout_lacks("was disabled");
}

#[test]
fn headers_of_a_webhook_are_sent_and_masked_wherever_they_are_shown() {
    let receiver = Receiver::start(Reply::status(500));
    let headers = ["--header", "Authorization: Bearer s3cret", "--header", "X-Site: n0rth"];
    let exchange = Exchange::with(Sandbox::new(), &receiver.url("/x"), &headers);
    let sandbox = &exchange.sandbox;
    let sent = receiver.wait_for(1).remove(0);
    assert_eq!(sent.all("authorization"), ["Bearer s3cret"]);
    assert_eq!(sent.all("x-site"), ["n0rth"]);
    let shown = exchange.json["request"]["headers"].as_array().unwrap();
    assert_eq!(shown.len(), sent.headers.len());
    for (shown, (name, value)) in shown.iter().zip(&sent.headers) {
        let own = ["authorization", "x-site"].contains(&name.as_str());
        assert_eq!(shown, &json!([name, if own { "********" } else { value.as_str() }]));
    }
    assert!(exchange.text.contains("  authorization: ********\n  x-site: ********\n"), "{}", exchange.text);
    sandbox.run(["show", "erp"]).ok().stdout_has("Authorization: ********");

    let mut everything = vec![exchange.emit.clone(), sandbox.run(["-v", "test", "erp"]).code(3)];
    for args in [&["list"][..], &["show", "erp"], &["deliveries"], &["inspect", "1"], &["events"]] {
        for format in ["table", "json", "ndjson", "csv", "tsv"] {
            everything.push(sandbox.run(args.iter().chain(&["-v", "-o", format])).ok());
        }
    }
    for run in everything {
        for secret in ["s3cret", "n0rth"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret} is in {run}");
        }
    }
}

#[test]
fn an_accept_header_of_its_own_takes_the_place_of_the_usual_one() {
    let receiver = Receiver::start(Reply::status(200));
    let exchange = Exchange::with(Sandbox::new(), &receiver.url("/x"), &["--header", "Accept: text/plain"]);
    exchange.assert_delivered();
    assert_eq!(receiver.wait_for(1)[0].all("accept"), ["text/plain"]);
}
