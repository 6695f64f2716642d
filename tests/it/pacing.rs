//! Webhooks that are paused, that take so many requests a second, and that have a schedule of their own.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::database::{let_time_pass, rows, value};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::retrying::{UNDELIVERED, emit, inspect, queue, subscribed};
use crate::sandbox::Sandbox;
use crate::workers::{wait_until, watch};

fn show(sandbox: &Sandbox, webhook: &str) -> Value {
    sandbox.run(["show", webhook, "-ojson"]).ok().json()
}

#[test]
fn a_paused_webhook_keeps_what_it_is_owed_and_is_sent_nothing_until_it_is_resumed() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    sandbox.run(["pause", "A"]).ok().stdout_has("enabled      yes\npaused       since 20");
    sandbox.run(["list"]).ok().stdout_has("yes, paused");
    assert!(show(&sandbox, "A")["paused_at"].is_string());

    let emitted = emit(&sandbox, 1, &[]).code(UNDELIVERED).json();
    assert_eq!(emitted["deliveries"][0]["status"], "pending");
    assert_eq!(emitted["deliveries"][0]["waits_for"], "resume");
    for args in [&["retry"][..], &["retry", "--now"], &["retry", "A", "--now"]] {
        let held_back = "A is paused, 1 delivery waits; `ptw-hooks resume 1` comes first\n";
        sandbox.run(args).ok().stderr_is(held_back);
    }
    sandbox.run(["deliveries"]).ok().stdout_has("waits until the webhook is resumed");
    sandbox.run(["inspect", "1"]).ok().stdout_has("next attempt  waits until the webhook is resumed\n");
    sandbox
        .run(["redeliver", "1"])
        .code(5)
        .stderr_has("webhook `A` is paused")
        .stderr_has("`ptw-hooks resume 1` comes first");
    assert_eq!(receiver.connections(), 0);

    sandbox.run(["resume", "A"]).ok().stdout_has("enabled      yes\nproject");
    sandbox.run(["retry"]).ok();
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(show(&sandbox, "A")["paused_at"], Value::Null);
}

#[test]
fn pausing_twice_keeps_the_first_moment() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    sandbox.run(["pause", "A"]).ok();
    let first = show(&sandbox, "A")["paused_at"].clone();
    sandbox.run(["pause", "A"]).ok();
    assert_eq!(show(&sandbox, "A")["paused_at"], first);
}

#[test]
fn a_worker_that_watches_follows_pause_and_resume() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    let mut worker = watch(&sandbox);
    queue(&sandbox, 1);
    receiver.wait_for(1);
    sandbox.run(["pause", "A"]).ok();
    queue(&sandbox, 2);
    // Sent to another webhook after the pause: the worker has looked at the file since.
    let other = Receiver::start(Behaviour::status(204));
    sandbox.create("B", &other.url("/"), &["*"]);
    queue(&sandbox, 3);
    other.wait_for(1);
    assert_eq!(receiver.received().len(), 1);
    sandbox.run(["resume", "A"]).ok();
    receiver.wait_for(3);
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", &json!(4));
    worker.interrupt();
    worker.wait().code(130);
}

#[test]
fn a_rate_spreads_the_requests_of_a_backlog() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "20/s"]);
    for permit in 1..=12 {
        queue(&sandbox, permit);
    }
    sandbox.run(["retry"]).ok().stdout_has("A               12        0       0");
    assert_spread(&receiver, 12, Duration::from_millis(50));
}

/// Asserts that any two requests, however many are between them, are as far apart as the rate wants. The first
/// may be late, and so a little may be missing; it never adds up.
#[track_caller]
fn assert_spread(receiver: &Receiver, count: usize, interval: Duration) {
    let requests = receiver.received();
    assert_eq!(requests.len(), count);
    let whole = requests[count - 1].at - requests[0].at;
    let least = interval * u32::try_from(count - 1).unwrap();
    assert!(whole + interval * 2 >= least, "{count} requests within {whole:?}, not {least:?}");
}

#[test]
fn what_a_receiver_has_delayed_is_not_made_up_for_all_at_once() {
    let begun = Instant::now();
    let receiver = Receiver::start(Behaviour::by(move |_| {
        thread::sleep(Duration::from_secs(3).saturating_sub(begun.elapsed()));
        Reply::status(204)
    }));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "20/s"]);
    let line = |permit| {
        format!("{}\n", json!({"event": "permit_created", "permit_id": permit, "permit_number": "P"}))
    };
    let batch: String = (1..=100).map(line).collect();
    sandbox.cmd().args(["emit", "--batch", "-"]).stdin(batch).run().ok();
    let mut times: Vec<_> = receiver.received().iter().map(|request| request.at).collect();
    times.sort();
    assert_eq!(times.len(), 100);
    let most = (0..100).map(|first| {
        times[first..].iter().filter(|time| **time < times[first] + Duration::from_millis(500)).count()
    });
    let most = most.max().unwrap();
    assert!(most <= 14, "{most} requests within half a second, where 10 are allowed");
}

#[test]
fn all_processes_together_keep_to_a_rate() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "20/s"]);
    for permit in 1..=8 {
        queue(&sandbox, permit);
    }
    let mut worker = watch(&sandbox);
    let runs: Vec<_> = (0..2).map(|_| sandbox.cmd().arg("retry").spawn()).collect();
    for permit in 9..=14 {
        emit(&sandbox, permit, &[]).ok();
    }
    for run in runs {
        run.wait().ok();
    }
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", &json!(14));
    worker.interrupt();
    worker.wait().code(130);
    assert_spread(&receiver, 14, Duration::from_millis(50));
}

#[test]
fn what_has_no_turn_soon_is_left_to_a_worker() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "1/h"]);
    emit(&sandbox, 1, &[]).ok();
    let second = emit(&sandbox, 2, &[]).code(UNDELIVERED).json();
    assert_eq!(second["deliveries"][0]["status"], "pending");
    assert_eq!(second["deliveries"][0]["waits_for"], "turn");
    let says = "A takes 1/h, 1 delivery waits for a turn; the next `retry` or a worker goes on\n";
    sandbox.run(["retry"]).ok().stdout_is("").stderr_is(says);
    assert_eq!(receiver.received().len(), 1);
    // An hour later.
    crate::database::change(&sandbox, "UPDATE webhooks SET next_turn_us = next_turn_us - 3600 * 1000000");
    sandbox.run(["retry"]).ok();
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_retry_waits_longer_for_a_turn_than_an_emission_does() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "1/h"]);
    emit(&sandbox, 1, &[]).ok();
    // The next turn comes in 13 seconds: too late for `emit`, in time for `retry`.
    let soon = "UPDATE webhooks SET next_turn_us = (unixepoch() + 13) * 1000000";
    crate::database::change(&sandbox, soon);
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    sandbox.run(["retry"]).ok().stdout_has("A                1        0       0");
    let requests = receiver.received();
    assert_eq!(requests.len(), 2);
    let between = requests[1].at - requests[0].at;
    assert!(between >= Duration::from_secs(11), "only {between:?} after the first");
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_a_webhook_with_a_rate() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--rate", "1/s"]);
    emit(&sandbox, 1, &[]).ok();
    crate::database::change(&sandbox, "UPDATE webhooks SET next_turn_us = next_turn_us + 86400 * 1000000");
    emit(&sandbox, 2, &[]).ok();
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_slow_rate_of_one_webhook_does_not_hold_up_another() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = Sandbox::new();
    sandbox.create_with("slow", &receiver.url("/slow"), &["*"], &["--rate", "2/s"]);
    sandbox.create("quick", &receiver.url("/quick"), &["*"]);
    for permit in 1..=4 {
        queue(&sandbox, permit);
    }
    sandbox.run(["retry"]).ok();
    let order: Vec<String> = receiver.received().into_iter().map(|request| request.path).collect();
    let last_quick = order.iter().rposition(|path| path == "/quick").unwrap();
    let slow_before = order[..last_quick].iter().filter(|path| *path == "/slow").count();
    assert!(slow_before <= 1, "{order:?}");
}

#[test]
fn rates_and_schedules_that_cannot_be_are_refused_with_what_can() {
    let sandbox = Sandbox::new();
    let create = ["create", "--name", "A", "--url", "http://127.0.0.1:9/"];
    for (flag, bad, says) in [
        ("--rate", "10", "write a rate as `10/s`"),
        ("--rate", "1001/s", "the highest is `1000/s`"),
        ("--retry-schedule", "5", "write a duration with its unit"),
        ("--retry-schedule", "5s,8d", "write waits from `1s` to `7d`"),
    ] {
        sandbox.run(create.into_iter().chain([flag, bad])).code(2).stderr_has(says);
    }
    sandbox.run(create.into_iter().chain(["--retry-schedule", "5s", "--no-retry"])).code(2);
    let many = vec!["1s"; 51].join(",");
    sandbox
        .run(create.into_iter().chain(["--retry-schedule", &many]))
        .code(2)
        .stderr_has("retry_schedule cannot have more than 50 entries");
}

#[test]
fn a_webhook_may_have_a_schedule_of_its_own_or_none() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = [\"1h\"]");
    sandbox.create("configured", &receiver.url("/1"), &["*"]);
    sandbox.create_with("own", &receiver.url("/2"), &["*"], &["--retry-schedule", "2h,1d"]);
    sandbox.create_with("once", &receiver.url("/3"), &["*"], &["--no-retry"]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    let waits = "SELECT (due_at - last_attempt_at) / 3600000 FROM deliveries ORDER BY id";
    assert_eq!(rows(&sandbox, waits), [[json!(1)], [json!(2)], [Value::Null]]);
    assert_eq!(value(&sandbox, "SELECT status FROM deliveries WHERE id = 3"), "failed");
    sandbox.run(["show", "own"]).ok().stdout_has("retries      after 2h, 1d\n");
    sandbox.run(["show", "once"]).ok().stdout_has("retries      none\n");
    assert_eq!(show(&sandbox, "own")["retry_schedule"], json!([7200, 86400]));
    assert_eq!(show(&sandbox, "once")["retry_schedule"], json!([]));

    for status in ["pending", "failed"] {
        let_time_pass(&sandbox);
        sandbox.run(["retry", "own"]).code(UNDELIVERED);
        assert_eq!(inspect(&sandbox, 2)["status"], status);
    }
    sandbox.run(["update", "own", "--default-retry"]).ok().stdout_has("retries      as configured\n");
    assert_eq!(show(&sandbox, "own")["retry_schedule"], Value::Null);
}

#[test]
fn a_rate_and_an_order_can_be_changed_and_taken_back() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = subscribed(&receiver);
    sandbox
        .run(["update", "A", "--rate", "30/m", "--ordered"])
        .ok()
        .stdout_has("rate         at most 30/m\n");
    let changed = show(&sandbox, "A");
    assert_eq!((&changed["rate"], &changed["ordered"]), (&json!("30/m"), &json!(true)));
    sandbox.run(["update", "A", "--no-rate", "--unordered"]).ok().stdout_has("order        none\n");
    let changed = show(&sandbox, "A");
    assert_eq!((&changed["rate"], &changed["ordered"]), (&Value::Null, &json!(false)));
}
