//! A batch, a worker and an admin at once, and receivers that do their worst meanwhile.

use std::fmt::Write as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::receiver::{Behaviour, Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::{connect, rows};

/// How long a test waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn lines(permits: std::ops::Range<u32>, notes: &str) -> String {
    let mut lines = String::new();
    for permit in permits {
        writeln!(
            lines,
            r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"P","timestamp":"2024-01-15T10:30:00Z","data":{{"notes":"{notes}"}}}}"#
        )
        .unwrap();
    }
    lines
}

/// A receiver whose answers wait until somebody opens it.
struct Gated {
    gate: Arc<(Mutex<bool>, Condvar)>,
    receiver: Receiver,
}

impl Gated {
    fn start() -> Self {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let closed = Arc::clone(&gate);
        let receiver = Receiver::start(Behaviour::by(move |_| {
            let open = closed.0.lock().unwrap();
            drop(closed.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap());
            Reply::status(204)
        }));
        Self { gate, receiver }
    }

    fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

#[track_caller]
fn wait_until(sandbox: &Sandbox, sql: &str, expected: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = rows(&connect(sandbox), sql);
        if found == [expected] {
            return;
        }
        assert!(Instant::now() < deadline, "{sql} is {found:?} and not {expected}");
    }
}

/// What was claimed before the webhook was changed, and is held still.
const OLD_CLAIMS: &str = "SELECT count(*) FROM deliveries
                          WHERE claimed_at < (SELECT max(updated_at, coalesce(deleted_at, 0)) FROM webhooks)";

#[test]
fn after_an_update_nothing_goes_to_the_old_address_but_what_was_under_way() {
    let (old, new) = (Gated::start(), Receiver::start(Reply::status(204)));
    let sandbox = Sandbox::new();
    sandbox.create("A", &old.receiver.url("/a"), &["*"]);
    let batch = sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(0..400, "")).spawn();
    old.receiver.wait_for(16);
    wait_until(&sandbox, "SELECT count(*) FROM events", "400");
    let mut worker = sandbox.cmd().args(["retry", "--watch"]).spawn();
    old.receiver.wait_for(32);
    sandbox.run(["update", "A", "--url", &new.url("/a")]).ok();
    // Both processes see it within a moment, give back what waits, and take it again for the new address.
    wait_until(&sandbox, OLD_CLAIMS, "32");
    old.open();
    // At its end the worker may have some of them under way still.
    let run = batch.wait();
    assert!(matches!(run.code, Some(0 | 3)), "{run}");
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", "400");
    worker.terminate();
    worker.wait().code(143);
    assert_eq!((old.receiver.received().len(), new.received().len()), (32, 368));
}

#[test]
fn after_disable_nothing_is_sent_but_what_was_under_way_and_the_rest_is_kept() {
    let slow = Gated::start();
    let sandbox = Sandbox::new();
    sandbox.create("A", &slow.receiver.url("/a"), &["*"]);
    let batch = sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(0..400, "")).spawn();
    slow.receiver.wait_for(16);
    wait_until(&sandbox, "SELECT count(*) FROM events", "400");
    let mut worker = sandbox.cmd().args(["retry", "--watch"]).spawn();
    slow.receiver.wait_for(32);
    sandbox.run(["disable", "A"]).ok();
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE claimed_at IS NOT NULL", "32");
    slow.open();
    batch.wait().code(3);
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", "32");
    assert_eq!(slow.receiver.received().len(), 32);
    sandbox.run(["enable", "A"]).ok();
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", "400");
    worker.terminate();
    worker.wait().code(143);
    assert_eq!(slow.receiver.received().len(), 400);
}

#[test]
fn after_delete_what_was_under_way_is_logged_and_changes_nothing() {
    let slow = Gated::start();
    let sandbox = Sandbox::new();
    sandbox.create("A", &slow.receiver.url("/a"), &["*"]);
    let batch = sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(0..400, "")).spawn();
    slow.receiver.wait_for(16);
    wait_until(&sandbox, "SELECT count(*) FROM events", "400");
    let mut worker = sandbox.cmd().args(["retry", "--watch"]).spawn();
    slow.receiver.wait_for(32);
    sandbox.run(["delete", "A", "--yes"]).ok();
    slow.open();
    let summary = batch.wait().code(3).json();
    let number = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!((number("delivered") + number("failed"), number("pending")), (400, 0), "{summary}");
    worker.terminate();
    worker.wait();
    let connection = connect(&sandbox);
    let states =
        "SELECT status, count(*), sum(attempts) - (SELECT count(*) FROM attempts) FROM deliveries GROUP BY 1";
    assert_eq!(rows(&connection, states), ["failed|400|0"]);
    let logged = rows(&connection, "SELECT count(*) FROM attempts");
    assert_eq!(
        logged,
        [slow.receiver.received().len().to_string()],
        "what was sent all the same is in the log"
    );
    assert_eq!(rows(&connection, "SELECT secret, enabled FROM webhooks"), ["|0"]);
}

#[test]
fn two_batches_with_the_same_lines_and_two_workers_send_each_line_once() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    for name in ["A", "B"] {
        sandbox.create(name, &receiver.url(&format!("/{name}")), &["*"]);
    }
    let mut workers: Vec<_> = (0..2).map(|_| sandbox.cmd().args(["retry", "--watch"]).spawn()).collect();
    let batches: Vec<_> = [0..500, 250..750, 0..750]
        .map(|permits| {
            sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(permits, "")).spawn()
        })
        .into();
    let mut owed = 0;
    for batch in batches {
        let run = batch.wait();
        assert!(matches!(run.code, Some(0 | 3)), "{run}");
        let said = run.json();
        let number = |name: &str| said[name].as_u64().unwrap();
        assert_eq!(number("owed") + number("duplicates"), number("accepted") * 2, "{run}");
        owed += number("owed");
    }
    assert_eq!(owed, 1500);
    wait_until(&sandbox, "SELECT count(*) FROM deliveries WHERE status = 'success'", "1500");
    for worker in &mut workers {
        worker.terminate();
    }
    for worker in workers {
        worker.wait().code(143);
    }
    assert_eq!(receiver.received().len(), 1500);
    assert_eq!(rows(&connect(&sandbox), "SELECT count(*) FROM attempts"), ["1500"]);
}

#[test]
fn hostile_receivers_neither_hold_up_a_batch_nor_lose_what_they_are_owed() {
    let healthy = Receiver::start(Reply::status(204));
    let slow = Duration::from_millis(100);
    let hostile = [
        ("drips a body", Behaviour::DripBody { every: slow }),
        ("drips a head", Behaviour::DripHead { every: slow }),
        ("reads nothing", Behaviour::AcceptAndStall),
        ("resets", Behaviour::Reset),
        ("closes", Behaviour::CloseBeforeHead),
        ("breaks off", Behaviour::TruncatedBody),
        ("has a head without end", Behaviour::HugeHead),
        ("answers twice", Behaviour::Garbage(b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n".to_vec())),
        ("floods", Behaviour::EndlessChunked),
    ]
    .map(|(name, behaviour)| (name, Receiver::start(behaviour)));
    let sandbox = Sandbox::new();
    sandbox.create("healthy", &healthy.url("/"), &["*"]);
    for (name, receiver) in &hostile {
        sandbox.create_with(name, &receiver.url("/"), &["*"], &["--timeout", "1s"]);
    }
    let batch =
        sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(0..200, &"x".repeat(20_000)));
    let summary = batch.run().code(3).json();
    let number = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(number("owed"), 2000);
    assert_eq!(number("delivered") + number("pending"), 2000, "{summary}");
    assert_eq!(healthy.received().len(), 200);
    // The last two have said 2xx; the others are owed everything still, and nothing is held.
    let states = "SELECT w.name, d.status, count(*) FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
                  GROUP BY 1, 2 ORDER BY w.id";
    let expected: Vec<String> = ["healthy"]
        .into_iter()
        .chain(hostile.iter().map(|(name, _)| *name))
        .map(|name| {
            let taken = ["healthy", "answers twice", "floods"].contains(&name);
            format!("{name}|{}|200", if taken { "success" } else { "pending" })
        })
        .collect();
    assert_eq!(rows(&connect(&sandbox), states), expected);
    let held = "SELECT count(*) FROM deliveries WHERE claimed_at IS NOT NULL";
    assert_eq!(rows(&connect(&sandbox), held), ["0"]);
    for (_, receiver) in &hostile {
        drop(receiver.take_problems());
    }
}
