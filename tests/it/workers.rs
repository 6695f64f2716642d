//! Processes beside each other on one file: workers that watch, signals, a dead receiver, a late worker.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::database::{let_time_pass, rows, value};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::retrying::{UNDELIVERED, assert_same, emit, inspect, logged, queue, subscribed};
use crate::sandbox::{Child, Sandbox};

const SIGINT: i32 = 2;

/// How long a test waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What holds answers back until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everything pass from now on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    pub fn pass(&self) {
        let closed = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(closed, PATIENCE, |open| !*open).unwrap());
    }

    /// A receiver whose answers wait for the gate.
    fn receiver(&self, status: u16) -> Receiver {
        let gate = self.clone();
        Receiver::start(Behaviour::by(move |_| {
            gate.pass();
            Reply::status(status)
        }))
    }
}

/// Waits until a query has this value.
#[track_caller]
pub fn wait_until(sandbox: &Sandbox, sql: &str, expected: &Value) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = value(sandbox, sql);
        if found == *expected {
            return;
        }
        assert!(Instant::now() < deadline, "{sql} is {found} and not {expected}");
    }
}

fn count(sandbox: &Sandbox, status: &str) -> Value {
    value(sandbox, &format!("SELECT count(*) FROM deliveries WHERE status = '{status}'"))
}

/// A worker that watches.
pub fn watch(sandbox: &Sandbox) -> Child {
    sandbox.cmd().args(["retry", "--watch"]).spawn()
}

#[test]
fn a_worker_that_watches_sends_what_other_processes_queue() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    let mut worker = watch(&sandbox);
    for permit in 1..=3 {
        queue(&sandbox, permit);
        receiver.wait_for(usize::try_from(permit).unwrap());
    }
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", &json!(3));
    assert!(worker.is_running(), "it goes on when nothing is due any more");
    worker.interrupt();
    worker.wait().code(130).stdout_has("A                3        0       0\n");
    assert_eq!(receiver.received().len(), 3);
}

#[test]
fn a_worker_that_watches_makes_the_next_attempt_when_it_is_due() {
    let receiver = Receiver::start(Behaviour::Script([500, 500, 204].map(Reply::status).to_vec()));
    let sandbox = subscribed(&receiver);
    sandbox.config("retry_schedule = [\"1s\", \"1s\"]");
    queue(&sandbox, 1);
    let mut worker = watch(&sandbox);
    let requests = receiver.wait_for(3);
    assert_same(&requests);
    for pair in requests.windows(2) {
        let waited = pair[1].at - pair[0].at;
        assert!(waited >= Duration::from_millis(990), "only {waited:?} between two attempts");
    }
    wait_until(&sandbox, "SELECT status FROM deliveries", &json!("success"));
    worker.terminate();
    // Two of the three attempts have failed.
    worker.wait().code(143).stdout_has("A                1        2       0\n");
}

#[test]
fn a_worker_that_is_stopped_finishes_what_is_under_way_and_gives_back_the_rest() {
    let gate = Gate::default();
    let receiver = gate.receiver(204);
    let sandbox = subscribed(&receiver);
    for permit in 1..=20 {
        queue(&sandbox, permit);
    }
    let mut worker = watch(&sandbox);
    // A receiver that nothing is known of gets 16 requests at once.
    receiver.wait_for(16);
    worker.terminate();
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE claimed_at IS NULL", &json!(4));
    assert!(worker.is_running(), "16 requests are under way");
    gate.open();
    worker.wait().code(143).stdout_has("A               16        0       0\n");
    assert_eq!((count(&sandbox, "success"), count(&sandbox, "pending")), (json!(16), json!(4)));

    sandbox.run(["retry"]).ok().stdout_has("A                4        0       0\n");
    assert_eq!(receiver.received().len(), 20);
    assert_eq!(logged(&sandbox), 20);
}

#[test]
fn a_run_that_is_interrupted_finishes_what_is_under_way() {
    let gate = Gate::default();
    let receiver = gate.receiver(204);
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    let mut run = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for(1);
    run.interrupt();
    gate.open();
    run.wait().code(130);
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
}

#[test]
fn a_second_signal_ends_a_worker_at_once_and_nothing_is_lost() {
    let gate = Gate::default();
    let receiver = gate.receiver(204);
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    let mut worker = watch(&sandbox);
    receiver.wait_for(1);
    worker.terminate();
    worker.interrupt();
    let ended = worker.wait();
    assert_eq!(ended.signal, Some(SIGINT), "{ended}");
    assert_eq!((inspect(&sandbox, 1)["status"].clone(), logged(&sandbox)), (json!("pending"), json!(0)));

    gate.open();
    receiver.wait_closed();
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok();
    assert_eq!(inspect(&sandbox, 1)["status"], "success");
    assert_eq!(receiver.received().len(), 2);
    assert_same(&receiver.received());
}

#[test]
fn one_dead_webhook_does_not_hold_up_nine_others() {
    let dead = Receiver::start(Behaviour::AcceptAndStall);
    let others: Vec<Receiver> = (0..9).map(|_| Receiver::start(Behaviour::status(204))).collect();
    for first_attempts in ["emit", "retry"] {
        let sandbox = Sandbox::new();
        for (number, other) in others.iter().enumerate() {
            if number == 4 {
                sandbox.create_with("Dead", &dead.url("/"), &["*"], &["--timeout", "2s"]);
            }
            sandbox.create(&format!("W{number}"), &other.url("/"), &["*"]);
        }
        let before = others[0].received().len();
        let events = if first_attempts == "emit" { 1 } else { 5 };
        if first_attempts == "emit" {
            emit(&sandbox, 1, &[]).code(UNDELIVERED);
        } else {
            for permit in 1..=events {
                queue(&sandbox, permit);
            }
            sandbox.run(["retry"]).code(UNDELIVERED);
        }
        let end = Instant::now();
        for other in &others {
            let received = &other.received()[before..];
            assert_eq!(received.len(), usize::try_from(events).unwrap());
            for request in received {
                let earlier = end - request.at;
                assert!(
                    earlier >= Duration::from_secs(1),
                    "{first_attempts}: only {earlier:?} before the end"
                );
            }
        }
        assert_eq!(count(&sandbox, "success"), 9 * events);
        assert_eq!(count(&sandbox, "pending"), events);
    }
}

#[test]
fn a_worker_that_comes_back_late_is_logged_and_changes_nothing() {
    let gate = Gate::default();
    let first = gate.clone();
    let turns = Mutex::new(0);
    let receiver = Receiver::start(Behaviour::by(move |_| {
        let turn = {
            let mut turns = turns.lock().unwrap();
            *turns += 1;
            *turns
        };
        if turn == 1 {
            first.pass();
            return Reply::status(410);
        }
        Reply::status(204)
    }));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/"), &["*"], &["--timeout", "30s"]);
    queue(&sandbox, 1);
    let mut late = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for(1);
    late.send("STOP");
    sandbox.run(["retry"]).ok().stderr_is("nothing is due\n");
    let_time_pass(&sandbox);
    sandbox.run(["retry"]).ok();
    let (taken_over, webhook) = (inspect(&sandbox, 1), sandbox.run(["show", "A", "-ojson"]).ok().json());
    assert_eq!(taken_over["status"], "success");

    gate.open();
    late.send("CONT");
    late.wait();
    let delivery = inspect(&sandbox, 1);
    for same in ["status", "response_code", "error", "sent_at", "duration_ms", "next_attempt_at"] {
        assert_eq!(delivery[same], taken_over[same], "{same}");
    }
    assert_eq!(delivery["attempts"], 2);
    let codes: Vec<&Value> =
        (0..2).map(|index| &delivery["attempt_log"][index]["response"]["status"]).collect();
    assert_eq!(codes, [204, 410], "both are in the log");
    assert_eq!(
        sandbox.run(["show", "A", "-ojson"]).ok().json(),
        webhook,
        "it is neither disabled nor failing"
    );
    assert_eq!(rows(&sandbox, "SELECT failing_since FROM webhooks"), [[Value::Null]]);
    assert_same(&receiver.received());
}

#[test]
fn workers_beside_each_other_send_each_delivery_once() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    for permit in 1..=40 {
        queue(&sandbox, permit);
    }
    let mut workers: Vec<Child> = (0..2).map(|_| watch(&sandbox)).collect();
    let runs: Vec<Child> = (0..2).map(|_| sandbox.cmd().args(["retry", "--now"]).spawn()).collect();
    for permit in 41..=50 {
        emit(&sandbox, permit, &[]).ok();
    }
    for run in runs {
        run.wait().ok();
    }
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", &json!(50));
    for worker in &mut workers {
        worker.interrupt();
    }
    for worker in workers {
        worker.wait().code(130);
    }
    assert_eq!(receiver.received().len(), 50);
    assert_eq!(logged(&sandbox), 50);
}
