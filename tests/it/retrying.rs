//! `retry`: what is due gets one attempt, by whichever process comes first, and nothing else is sent.

use serde_json::{Value, json};

use crate::database::{DAY, change, let_time_pass, move_times, rows, value};
use crate::receiver::{Behaviour, Received, Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

/// The exit code where something was not delivered.
pub const UNDELIVERED: i32 = 3;

/// Accepts an event for a permit of this id, without sending it.
#[track_caller]
pub fn queue(sandbox: &Sandbox, permit: u64) -> Value {
    emit(sandbox, permit, &["--queue"]).ok().json()
}

/// Emits an event for a permit of this id.
#[track_caller]
pub fn emit(sandbox: &Sandbox, permit: u64, further: &[&str]) -> Run {
    let id = permit.to_string();
    let number = format!("PTW-{permit}");
    let emit = ["emit", "permit_approved", "--permit-id", &id, "--permit-number", &number, "-ojson"];
    sandbox.cmd().args(emit).args(further).run()
}

/// What `inspect` says about a delivery.
#[track_caller]
pub fn inspect(sandbox: &Sandbox, delivery: i64) -> Value {
    sandbox.run(["inspect", &delivery.to_string(), "-ojson"]).ok().json()
}

/// How many attempts the log has, over all deliveries.
pub fn logged(sandbox: &Sandbox) -> Value {
    value(sandbox, "SELECT count(*) FROM attempts")
}

/// Asserts that a receiver can tell that all these requests are the same delivery.
#[track_caller]
pub fn assert_same(requests: &[Received]) {
    for request in requests {
        assert_eq!(request.body, requests[0].body);
        for name in ["webhook-id", "X-Athens-Delivery", "X-Athens-Event", "X-Athens-Signature"] {
            assert!(request.header(name).is_some(), "no {name}");
            assert_eq!(request.header(name), requests[0].header(name), "{name}");
        }
    }
}

/// A sandbox with one webhook `A` for every event.
pub fn subscribed(receiver: &Receiver) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create("A", &receiver.url("/a"), &["*"]);
    sandbox
}

#[test]
fn what_was_queued_is_sent_by_the_next_retry() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    let queued = queue(&sandbox, 1);
    assert_eq!(queued["deliveries"][0]["status"], "pending");
    assert_eq!(receiver.connections(), 0, "`--queue` sends nothing");
    let stored = value(&sandbox, "SELECT CAST(body AS TEXT) FROM events");

    sandbox.run(["retry"]).ok().stdout_is(
        "WEBHOOK  DELIVERED  PENDING  FAILED\n\
         -----------------------------------\n\
         A                1        0       0\n",
    );
    let requests = receiver.received();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("webhook-id"), queued["id"].as_str());
    assert_eq!(requests[0].body, stored.as_str().unwrap().as_bytes());
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
}

#[test]
fn where_nothing_is_due_it_says_so_and_ends_well() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    sandbox.run(["retry"]).ok().stdout_is("").stderr_is("nothing is due\n");
    sandbox.run(["retry", "--now", "-ojson"]).ok().stdout_is("[]\n");
    emit(&sandbox, 1, &[]).ok();
    sandbox.run(["retry", "--now"]).ok().stdout_is("").stderr_is("nothing is due\n");
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn what_has_failed_is_sent_again_when_it_is_due_and_not_before() {
    let receiver = Receiver::start(Behaviour::Script([500, 503, 204].map(Reply::status).to_vec()));
    let sandbox = subscribed(&receiver);
    // The default schedule waits 5 seconds, which a machine under load may take for two commands.
    sandbox.config("retry_schedule = [\"1h\", \"1h\", \"1h\"]");
    let emitted = emit(&sandbox, 1, &[]).code(UNDELIVERED).json();
    assert_eq!(emitted["deliveries"][0]["status"], "pending");
    assert!(emitted["deliveries"][0]["next_attempt_at"].is_string(), "{emitted}");

    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    assert_eq!(receiver.received().len(), 1);
    let summary = sandbox.run(["retry", "--now", "-ojson"]).code(UNDELIVERED).json();
    let expected = json!([{"webhook": 1, "webhook_name": "A", "delivered": 0, "pending": 1, "failed": 0}]);
    assert_eq!(summary, expected);
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    let_time_pass(&sandbox);
    let summary = sandbox.run(["retry", "-ojson"]).ok().json();
    let expected = json!([{"webhook": 1, "webhook_name": "A", "delivered": 1, "pending": 0, "failed": 0}]);
    assert_eq!(summary, expected);

    assert_eq!(receiver.received().len(), 3);
    assert_same(&receiver.received());
    let delivery = inspect(&sandbox, 1);
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("success"), &json!(3)));
    let codes: Vec<&Value> =
        (0..3).map(|index| &delivery["attempt_log"][index]["response"]["status"]).collect();
    assert_eq!(codes, [500, 503, 204]);
}

#[test]
fn at_the_end_of_the_schedule_a_delivery_has_failed() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.config("retry_schedule = [\"1s\", \"1s\"]");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    for pending in [1, 0] {
        let_time_pass(&sandbox);
        let summary = sandbox.run(["retry", "-ojson"]).code(UNDELIVERED).json();
        assert_eq!(summary[0]["pending"], pending);
        assert_eq!(summary[0]["failed"], 1 - pending);
    }
    let delivery = inspect(&sandbox, 1);
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(3)));
    assert_eq!(delivery["next_attempt_at"], Value::Null);
    sandbox.run(["retry", "--now"]).ok().stderr_is("nothing is due\n");
    assert_eq!(receiver.received().len(), 3);
}

#[test]
fn one_run_makes_one_attempt_for_each_delivery() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    for permit in 1..=5 {
        queue(&sandbox, permit);
    }
    let summary = sandbox.run(["retry", "--now", "-ojson"]).code(UNDELIVERED).json();
    assert_eq!(summary[0]["pending"], 5);
    assert_eq!(receiver.received().len(), 5);
    assert_eq!(logged(&sandbox), 5);
}

#[test]
fn a_named_webhook_is_the_only_one_that_is_sent_to() {
    let (one, other) = (Receiver::start(Behaviour::status(204)), Receiver::start(Behaviour::status(204)));
    let sandbox = Sandbox::new();
    sandbox.create("A", &one.url("/a"), &["*"]);
    let id = sandbox.create("B", &other.url("/b"), &["*"]);
    queue(&sandbox, 1);
    queue(&sandbox, 2);
    sandbox.run(["retry", "A"]).ok();
    assert_eq!((one.received().len(), other.received().len()), (2, 0));
    sandbox.run(["retry", &id.to_string()]).ok();
    assert_eq!((one.received().len(), other.received().len()), (2, 2));
    sandbox.run(["retry", "C"]).code(4);
}

#[test]
fn a_disabled_webhook_keeps_what_it_is_owed_until_it_is_enabled() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    sandbox.run(["disable", "A"]).ok();
    for args in [&["retry"][..], &["retry", "--now"], &["retry", "A", "--now"]] {
        let held_back = "A is disabled, 1 delivery waits; `ptw-hooks enable 1` comes first\n";
        sandbox.run(args).ok().stderr_is(held_back);
    }
    assert_eq!(inspect(&sandbox, 1)["status"], "pending");
    assert_eq!(receiver.connections(), 0);
    sandbox.run(["enable", "A"]).ok();
    sandbox.run(["retry"]).ok();
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
}

#[test]
fn the_summary_has_a_line_for_each_webhook_that_was_sent_to() {
    let (good, bad) = (Receiver::start(Behaviour::status(204)), Receiver::start(Behaviour::status(500)));
    let gone = Receiver::start(Behaviour::status(410));
    let sandbox = Sandbox::new();
    sandbox.create("Good", &good.url("/"), &["*"]);
    sandbox.create("Bad", &bad.url("/"), &["*"]);
    sandbox.create("Gone", &gone.url("/"), &["permit_approved"]);
    sandbox.create("Silent", &gone.url("/"), &["permit_rejected"]);
    queue(&sandbox, 1);
    sandbox.run(["retry"]).code(UNDELIVERED).stdout_is(
        "WEBHOOK  DELIVERED  PENDING  FAILED\n\
         -----------------------------------\n\
         Good             1        0       0\n\
         Bad              0        1       0\n\
         Gone             0        0       1\n",
    );
}

#[test]
fn a_clock_that_was_ahead_loses_nothing() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    queue(&sandbox, 2);
    // Written by a clock of tomorrow: due tomorrow.
    move_times(&sandbox, DAY);
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry", "--now"]).ok();
    let states = rows(&sandbox, "SELECT status FROM deliveries");
    assert_eq!(states, [[json!("success")], [json!("success")]]);
}

#[test]
fn a_clock_that_was_behind_loses_nothing() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    queue(&sandbox, 2);
    move_times(&sandbox, -DAY);
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry"]).ok();
    let states = rows(&sandbox, "SELECT status FROM deliveries");
    assert_eq!(states, [[json!("success")], [json!("success")]]);
}

#[test]
fn what_a_killed_process_held_is_left_alone_until_its_lease_ends() {
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    let worker = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for(1);
    worker.kill();
    receiver.set(Behaviour::status(204));

    for args in [&["retry"][..], &["retry", "--now"]] {
        sandbox.run(args).ok().stderr_is("nothing is due\n");
    }
    assert_eq!(logged(&sandbox), 0);
    change(&sandbox, "UPDATE deliveries SET due_at = unixepoch() * 1000 - 1 WHERE claimed_at IS NOT NULL");
    sandbox.run(["retry"]).ok();
    assert_same(&receiver.wait_for(2));
    let delivery = inspect(&sandbox, 1);
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("success"), &json!(1)));
}

#[test]
fn what_a_killed_process_held_by_a_clock_that_was_ahead_can_be_sent_at_once() {
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = subscribed(&receiver);
    for permit in 1..=2 {
        queue(&sandbox, permit);
    }
    let worker = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for(2);
    worker.kill();
    receiver.set(Behaviour::status(204));
    sandbox.run(["redeliver", "1"]).code(5);
    move_times(&sandbox, DAY);
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    sandbox.run(["redeliver", "1"]).ok();
    sandbox.run(["retry", "--now"]).ok().stdout_has("A                1        0       0\n");
    assert_eq!(receiver.received().len(), 4);
    let states = rows(&sandbox, "SELECT status FROM deliveries");
    assert_eq!(states, [[json!("success")], [json!("success")]]);
}
