//! A webhook whose attempts have failed for five days is disabled, says why, and gets another chance.

use serde_json::{Value, json};

use crate::database::{DAY, change, value};
use crate::receiver::{Behaviour, Receiver};
use crate::retrying::{UNDELIVERED, emit, inspect, subscribed};
use crate::sandbox::Sandbox;

/// What `list` says about the only webhook.
fn listed(sandbox: &Sandbox) -> Value {
    sandbox.run(["list", "-ojson"]).ok().json()[0].clone()
}

fn failing_since(sandbox: &Sandbox) -> Value {
    value(sandbox, "SELECT failing_since FROM webhooks")
}

/// Lets the failing have begun so many days earlier, and a bit.
fn fail_since_days(sandbox: &Sandbox, days: i64) {
    let back = days * DAY + 60_000;
    change(sandbox, &format!("UPDATE webhooks SET failing_since = failing_since - {back}"));
}

/// A webhook that has failed once, so many days ago.
fn failing(receiver: &Receiver, days: i64) -> Sandbox {
    let sandbox = subscribed(receiver);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    fail_since_days(&sandbox, days);
    sandbox
}

#[test]
fn a_webhook_that_has_failed_for_five_days_is_disabled_with_the_reason() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = failing(&receiver, 5);
    assert_eq!(listed(&sandbox)["enabled"], true, "it is an attempt that decides");
    sandbox.run(["retry", "--now"]).code(UNDELIVERED);

    let webhook = listed(&sandbox);
    assert_eq!(webhook["enabled"], false);
    let reason = webhook["disabled_reason"].as_str().unwrap();
    assert!(reason.starts_with("every attempt has failed since "), "{reason}");
    assert!(webhook["disabled_at"].is_string(), "{webhook}");
    sandbox.run(["show", "A"]).ok().stdout_has(format!("no: {reason}, since "));
    assert_eq!(sandbox.run(["show", "A", "-ojson"]).ok().json()["disabled_reason"], reason);
    sandbox.run(["list"]).ok().stdout_has("every attempt has failed");

    let held_back = "A is disabled, 1 delivery waits; `ptw-hooks enable 1` comes first\n";
    sandbox.run(["retry", "--now"]).ok().stderr_is(held_back);
    let emitted = emit(&sandbox, 2, &[]).ok().json();
    assert_eq!(emitted["suppressed"][0]["reason"], "disabled");
    assert_eq!(inspect(&sandbox, 1)["status"], "pending", "it is kept for when it is enabled");
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_webhook_that_is_enabled_again_has_another_chance() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = failing(&receiver, 5);
    sandbox.run(["retry", "--now"]).code(UNDELIVERED);
    sandbox.run(["enable", "A"]).ok();
    let webhook = listed(&sandbox);
    assert_eq!((&webhook["enabled"], &webhook["disabled_reason"]), (&json!(true), &Value::Null));
    assert_eq!(failing_since(&sandbox), Value::Null);

    sandbox.run(["retry", "--now"]).code(UNDELIVERED);
    assert_eq!(listed(&sandbox)["enabled"], true, "five days begin anew");
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry", "--now"]).ok();
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
}

#[test]
fn less_than_five_days_are_not_enough() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = failing(&receiver, 4);
    sandbox.run(["retry", "--now"]).code(UNDELIVERED);
    assert_eq!(listed(&sandbox)["enabled"], true);
}

#[test]
fn one_success_ends_the_failing() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = failing(&receiver, 5);
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry", "--now"]).ok();
    assert_eq!(failing_since(&sandbox), Value::Null);
    receiver.set(Behaviour::status(500));
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    assert_eq!(listed(&sandbox)["enabled"], true);
}

#[test]
fn what_a_test_sends_does_not_count_towards_it() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.run(["test", "A"]).code(UNDELIVERED);
    assert_eq!(failing_since(&sandbox), Value::Null);

    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    fail_since_days(&sandbox, 5);
    sandbox.run(["test", "A"]).code(UNDELIVERED);
    assert_eq!(listed(&sandbox)["enabled"], true, "a trial does not disable it");
    receiver.set(Behaviour::status(410));
    sandbox.run(["test", "A"]).code(UNDELIVERED);
    assert_eq!(listed(&sandbox)["enabled"], true, "a trial does not disable it");
}

#[test]
fn failing_begins_when_an_attempt_has_failed_and_not_when_it_began() {
    // A machine may be suspended in mid-request for days: that is one failure, and not days of them.
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = subscribed(&receiver);
    sandbox.run(["update", "A", "--timeout", "1s"]).ok();
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    let took = value(&sandbox, "SELECT failing_since - last_sent_at FROM webhooks").as_i64().unwrap();
    assert!(took >= 1000, "failing began {took} ms after the attempt did");
}
