//! `redeliver`: the same event again, with the same id and body, whatever became of it.

use serde_json::{Value, json};

use crate::database::{DAY, change, let_time_pass, rows};
use crate::receiver::{Behaviour, Receiver};
use crate::retrying::{UNDELIVERED, assert_same, emit, inspect, logged, queue, subscribed};

const NOT_FOUND: i32 = 4;
const REFUSED: i32 = 5;

#[test]
fn a_delivery_that_succeeded_is_sent_again_as_it_was() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let again = sandbox.run(["redeliver", "1", "-ojson"]).ok().json();
    assert_eq!((&again[0]["id"], &again[0]["status"]), (&json!(1), &json!("success")));
    assert_eq!(again[0]["attempts"], 2);
    let requests = receiver.received();
    assert_eq!(requests.len(), 2);
    assert_same(&requests);
}

#[test]
fn a_delivery_that_is_sent_again_has_the_whole_schedule_before_it() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.config("retry_schedule = [\"1h\"]");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).code(UNDELIVERED);
    assert_eq!(inspect(&sandbox, 1)["status"], "failed");

    let again = sandbox.run(["redeliver", "1", "-ojson"]).code(UNDELIVERED).json();
    assert_eq!(again[0]["status"], "pending", "one attempt of two was made");
    assert!(again[0]["next_attempt_at"].is_string());
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).code(UNDELIVERED);
    let delivery = inspect(&sandbox, 1);
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(4)));
    let log = delivery["attempt_log"].as_array().unwrap();
    let numbers: Vec<&Value> = log.iter().map(|attempt| &attempt["number"]).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);

    receiver.set(Behaviour::status(204));
    sandbox.run(["redeliver", "1"]).ok();
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
    assert_eq!(receiver.received().len(), 5);
    assert_same(&receiver.received());
}

#[test]
fn what_does_not_exist_is_not_sent_and_nor_is_what_was_named_beside_it() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    sandbox.run(["redeliver", "1", "99"]).code(NOT_FOUND).stderr_has("delivery `99` does not exist");
    sandbox.run(["redeliver", "--webhook", "B", "--since", "1d"]).code(NOT_FOUND);
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn a_disabled_or_deleted_webhook_is_not_sent_to() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    sandbox.run(["disable", "A"]).ok();
    sandbox.run(["redeliver", "1"]).code(REFUSED).stderr_has("webhook `A` is disabled");
    sandbox.run(["enable", "A"]).ok();
    sandbox.run(["delete", "A", "--yes"]).ok();
    sandbox.run(["redeliver", "1"]).code(REFUSED).stderr_has("its webhook was deleted");
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(inspect(&sandbox, 1)["status"], "success", "the log stays as it was");
}

#[test]
fn those_of_one_webhook_are_chosen_by_state_and_age() {
    let receiver = Receiver::start(Behaviour::status(500));
    let other = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.create("B", &other.url("/b"), &["*"]);
    sandbox.config("retry_schedule = []");
    for permit in 1..=3 {
        emit(&sandbox, permit, &[]).code(UNDELIVERED);
    }
    change(&sandbox, &format!("UPDATE deliveries SET created_at = created_at - {DAY} WHERE event_seq = 1"));
    receiver.set(Behaviour::status(204));
    emit(&sandbox, 4, &[]).code(UNDELIVERED);
    let before = (receiver.received().len(), other.received().len());

    for (since, status, count) in
        [("1h", "failed", 2), ("7d", "failed", 3), ("7d", "success", 1), ("7d", "pending", 0)]
    {
        let args = ["redeliver", "--webhook", "A", "--status", status, "--since", since, "--dry-run"];
        let expected = format!("dry run: {count} deliveries would be sent again\n");
        sandbox.run(args).ok().stdout_is("").stderr_is(expected);
    }
    assert_eq!((receiver.received().len(), other.received().len()), before, "a dry run sends nothing");

    let again = sandbox.run(["redeliver", "--webhook", "A", "--since", "1h", "-ojson"]).ok().json();
    let permits: Vec<&Value> = again.as_array().unwrap().iter().map(|one| &one["permit_id"]).collect();
    assert_eq!(permits, [2, 3]);
    assert_eq!((receiver.received().len(), other.received().len()), (before.0 + 2, before.1));
    sandbox.run(["redeliver", "--webhook", "A", "--status", "pending", "--since", "1h"]).ok();
    sandbox.run(["redeliver", "--webhook", "A"]).code(2);
}

#[test]
fn a_delivery_that_another_process_is_sending_is_left_to_it() {
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    let worker = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for(1);
    sandbox.run(["redeliver", "1"]).code(REFUSED).stderr_has("it is being sent at this moment");
    assert_eq!(receiver.received().len(), 1);
    receiver.close_connections();
    worker.wait().code(UNDELIVERED);
    assert_eq!(logged(&sandbox), 1);
}

#[test]
fn a_delivery_that_is_named_twice_is_sent_once() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    sandbox.run(["redeliver", "1", "1"]).ok();
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(rows(&sandbox, "SELECT status, attempts FROM deliveries"), [[json!("success"), json!(2)]]);
}
