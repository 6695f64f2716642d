//! What a webhook has missed while it was disabled is sent to it later, each event once.

use serde_json::{Value, json};

use crate::database::{DAY, change, rows, value};
use crate::receiver::{Behaviour, Receiver};
use crate::retrying::{UNDELIVERED, emit, subscribed};
use crate::sandbox::Sandbox;

fn replay(sandbox: &Sandbox, further: &[&str]) -> crate::sandbox::Run {
    let args = ["replay", "--missed", "--since", "7d", "-ojson"];
    sandbox.cmd().args(args).args(further).run()
}

fn counts(run: crate::sandbox::Run) -> (crate::sandbox::Run, Value) {
    let all = run.json();
    let one = &all[0];
    let counts = ["missed", "owed", "delivered", "pending", "failed"].map(|name| one[name].clone());
    (run, json!(counts))
}

/// A disabled webhook that has missed the events of so many permits.
fn missed(receiver: &Receiver, permits: u64) -> Sandbox {
    let sandbox = subscribed(receiver);
    sandbox.run(["disable", "A"]).ok();
    for permit in 1..=permits {
        emit(&sandbox, permit, &[]).ok();
    }
    sandbox
}

#[test]
fn what_was_missed_is_replayed_once_and_nothing_else_is() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = missed(&receiver, 3);
    sandbox
        .run(["enable", "A"])
        .ok()
        .stderr_has("3 events were missed since then; `ptw-hooks replay --missed --webhook 1 --since 20");
    emit(&sandbox, 4, &[]).ok();
    sandbox.run(["retry", "--now"]).ok().stderr_has("nothing is due");
    let (run, dry) = counts(replay(&sandbox, &["--dry-run"]));
    run.ok().stderr_has("dry run: nothing was changed");
    assert_eq!(dry, json!([3, 3, 0, 0, 0]));
    assert_eq!(receiver.received().len(), 1);

    let (run, first) = counts(replay(&sandbox, &[]));
    run.ok();
    assert_eq!(first, json!([3, 3, 3, 0, 0]));
    assert_eq!(receiver.received().len(), 4);
    replay(&sandbox, &[]).ok().stdout_is("[]\n").stderr_is("nothing was missed\n");
    assert_eq!(receiver.received().len(), 4);
    // The bodies are those that were fixed when the events were accepted.
    let stored = rows(&sandbox, "SELECT CAST(body AS TEXT) FROM events ORDER BY seq LIMIT 3");
    let mut sent: Vec<_> = receiver.received()[1..].iter().map(|request| request.body.clone()).collect();
    sent.sort();
    let stored: Vec<_> = stored.iter().map(|row| row[0].as_str().unwrap().as_bytes().to_vec()).collect();
    assert_eq!(sent, stored);
}

#[test]
fn replays_beside_each_other_owe_each_event_once() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = missed(&receiver, 10);
    sandbox.run(["enable", "A"]).ok();
    let runs: Vec<_> = (0..4)
        .map(|_| sandbox.cmd().args(["replay", "--missed", "--since", "1h", "--queue", "-q"]).spawn())
        .collect();
    for run in runs {
        run.wait().ok();
    }
    assert_eq!(value(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'pending'"), 10);
    sandbox.run(["retry"]).ok();
    assert_eq!(receiver.received().len(), 10);
}

#[test]
fn a_webhook_that_is_still_disabled_is_named_and_passed_over() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = missed(&receiver, 1);
    replay(&sandbox, &["--webhook", "A"])
        .code(5)
        .stderr_has("webhook `A` is disabled")
        .stderr_has("`ptw-hooks enable 1` comes first");
    replay(&sandbox, &[]).ok().stdout_is("[]\n").stderr_is(
        "A is disabled, and stays without the 1 that it has missed; `ptw-hooks enable 1` comes first\n",
    );
    assert_eq!(receiver.connections(), 0);
    assert_eq!(value(&sandbox, "SELECT count(*) FROM deliveries"), 0);
}

#[test]
fn an_event_that_was_emitted_again_since_is_not_sent_twice() {
    let receiver = Receiver::start(Behaviour::status(204));
    // Twice while it was disabled, and the first permit once more when it was enabled.
    let sandbox = missed(&receiver, 2);
    for permit in [1, 2] {
        emit(&sandbox, permit, &[]).ok();
    }
    sandbox.run(["enable", "A"]).ok();
    emit(&sandbox, 1, &[]).ok();
    let (_, dry) = counts(replay(&sandbox, &["--dry-run"]));
    assert_eq!(dry, json!([4, 1, 0, 0, 0]));
    let (run, done) = counts(replay(&sandbox, &[]));
    run.ok();
    assert_eq!(done, json!([4, 1, 1, 0, 0]));
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn only_what_was_missed_since_then_and_by_whom_is_replayed() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = missed(&receiver, 2);
    sandbox.create("B", &receiver.url("/b"), &["*"]);
    sandbox.run(["disable", "B"]).ok();
    emit(&sandbox, 3, &[]).ok();
    for webhook in ["A", "B"] {
        sandbox.run(["enable", webhook]).ok();
    }
    change(&sandbox, &format!("UPDATE suppressions SET created_at = created_at - {} WHERE id = 1", 8 * DAY));
    let (run, done) = counts(replay(&sandbox, &["--webhook", "A"]));
    run.ok();
    assert_eq!(done, json!([2, 2, 2, 0, 0]));
    let (run, done) = counts(replay(&sandbox, &[]));
    assert_eq!(run.json()[0]["webhook_name"], "B");
    assert_eq!(done, json!([1, 1, 1, 0, 0]));
}

#[test]
fn a_replay_that_fails_is_owed_like_everything_else() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = missed(&receiver, 1);
    sandbox.run(["enable", "A"]).ok().stderr_has("1 event was missed since then; ");
    let (run, done) = counts(replay(&sandbox, &[]));
    run.code(UNDELIVERED);
    assert_eq!(done, json!([1, 1, 0, 1, 0]));
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry", "--now"]).ok();
    assert_eq!(receiver.received().len(), 2);
}
