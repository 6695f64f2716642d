//! `emit --batch`: many events, accepted and sent while they are read.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::receiver::{Behaviour, Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::{connect, rows};

/// How long a test waits for something before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn lines(permits: std::ops::Range<u32>) -> String {
    let mut lines = String::new();
    for permit in permits {
        writeln!(
            lines,
            r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"P-{permit}","data":{{"n":{permit}}}}}"#
        )
        .unwrap();
    }
    lines
}

#[test]
fn every_line_is_accepted_and_delivered_once() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let run = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..700)).run().ok();
    let summary = run.json();
    assert_eq!((summary["accepted"].as_u64(), summary["delivered"].as_u64()), (Some(700), Some(700)));
    let mut bodies: Vec<_> = receiver.received().into_iter().map(|request| request.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), receiver.received().len()), (700, 700));
}

#[test]
fn bad_lines_are_reported_by_number_and_the_others_are_sent() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let good = lines(0..2);
    let slip = r#"{"event":"permit_created","permit_id":9,"permit_number":"P-9","project":5}"#;
    let batch = format!(
        "{{\"event\":\n\n[1]\n{good}\u{ff}\n{{\"event\":\"permit_creatd\",\"permit_id\":1.5}}\n{slip}\n"
    );
    let file = sandbox.write("batch.ndjson", batch);
    sandbox
        .cmd()
        .args(["emit", "--batch"])
        .arg(file)
        .run()
        .code(2)
        .stderr_has("line 1:")
        .stderr_lacks("line 2:")
        .stderr_has("line 3: the event cannot be read: it is not a JSON object")
        .stderr_has("line 6:")
        .stderr_has("line 7: 3 problems")
        .stderr_has("did you mean `permit_created`?")
        .stderr_has("line 8: `project` is not a member of an event (did you mean `project_id`?)");
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_batch_that_is_run_again_sends_only_what_was_not_accepted() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    sandbox.cmd().args(["emit", "--batch", "-"]).stdin(lines(0..10)).run().ok();
    let again = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..15)).run().ok();
    assert_eq!(
        (again.json()["duplicates"].as_u64(), again.json()["delivered"].as_u64()),
        (Some(10), Some(5))
    );
    assert_eq!(receiver.received().len(), 15);
}

#[test]
fn a_webhook_that_keeps_failing_does_not_hold_up_the_batch() {
    let healthy = Receiver::start(Reply::status(204));
    let dead = Receiver::start(Behaviour::StallBeforeHead);
    let sandbox = Sandbox::new();
    sandbox.create("healthy", &healthy.url("/x"), &["*"]);
    sandbox.create_with("dead", &dead.url("/x"), &["*"], &["--timeout", "1s"]);
    let run = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..300)).run().code(3);
    let summary = run.json();
    assert_eq!((summary["delivered"].as_u64(), summary["pending"].as_u64()), (Some(300), Some(300)));
    assert_eq!(healthy.received().len(), 300);
    // Those that were not attempted any more are due, not lost.
    let pending =
        sandbox.run(["deliveries", "dead", "--status", "pending", "--limit", "1000", "-o", "json"]).ok();
    assert_eq!(pending.json().as_array().unwrap().len(), 300);
    assert!(dead.received().len() < 100, "{} attempts were made at a dead receiver", dead.received().len());
}

#[test]
fn events_of_a_live_pipe_are_sent_as_they_come_and_a_signal_ends_it() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let pipe = std::process::Command::new("sh")
        .args(["-c", "cat; exec sleep 60"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let mut pipe = pipe.unwrap();
    std::io::Write::write_all(&mut pipe.stdin.take().unwrap(), lines(0..3).as_bytes()).unwrap();
    let batch = std::process::Command::new(env!("CARGO_BIN_EXE_ptw-hooks"))
        .arg("--db")
        .arg(sandbox.db_path())
        .args(["emit", "--batch", "-"])
        .stdin(pipe.stdout.take().unwrap())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let mut batch = batch.unwrap();
    receiver.wait_for(3);
    std::process::Command::new("kill").arg(batch.id().to_string()).status().unwrap();
    assert_eq!(batch.wait().unwrap().code(), Some(143));
    pipe.kill().unwrap();
    pipe.wait().unwrap();
    let log = sandbox.run(["deliveries", "--status", "success", "--limit", "1000", "-o", "json"]).ok();
    assert_eq!(log.json().as_array().unwrap().len(), 3);
}

#[test]
fn nothing_is_owed_to_a_webhook_that_is_deleted_in_the_middle_of_a_batch() {
    let gate = std::sync::Arc::new(std::sync::Barrier::new(2));
    let first = std::sync::Arc::clone(&gate);
    let once = std::sync::Once::new();
    let slow = Receiver::start(Behaviour::by(move |_| {
        once.call_once(|| {
            first.wait();
        });
        Reply::status(500)
    }));
    let sandbox = Sandbox::new();
    sandbox.create("slow", &slow.url("/x"), &["*"]);
    let batch = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..400)).spawn();
    slow.wait_for(1);
    sandbox.run(["delete", "slow", "--yes"]).ok();
    gate.wait();
    batch.wait().code(3);
    let pending = sandbox.run(["deliveries", "--status", "pending", "--limit", "1000", "-o", "json"]).ok();
    assert_eq!(pending.json().as_array().unwrap().len(), 0, "nothing is owed to a webhook that is gone");
}

#[test]
fn a_kept_connection_that_the_receiver_has_closed_is_no_failed_attempt() {
    let receiver = Receiver::start(Behaviour::CloseAfterAnswer);
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let run = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..100)).run().ok();
    assert_eq!(run.json()["delivered"].as_u64(), Some(100));
    assert!(receiver.stale_closes() > 0, "no connection was closed under a request");
    let log = sandbox.run(["deliveries", "--limit", "1000", "-o", "json"]).ok().json();
    assert!(log.as_array().unwrap().iter().all(|delivery| delivery["attempts"] == 1), "{log}");
}

#[test]
fn what_another_process_delivers_of_a_batch_counts_as_delivered() {
    let gate = std::sync::Arc::new((std::sync::Mutex::new(0), std::sync::Condvar::new()));
    let (held, open) = (16, 1000);
    let turnstile = std::sync::Arc::clone(&gate);
    // The first requests, which are those of the batch, wait until the gate is open.
    let receiver = Receiver::start(Behaviour::by(move |_| {
        let mut count = turnstile.0.lock().unwrap();
        *count += 1;
        if *count <= held {
            drop(turnstile.1.wait_timeout_while(count, PATIENCE, |count| *count < open).unwrap());
        }
        Reply::status(204)
    }));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let batch = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines(0..600)).spawn();
    receiver.wait_for(held);
    let deadline = Instant::now() + PATIENCE;
    while rows(&connect(&sandbox), "SELECT count(*) FROM events") != ["600"] {
        assert!(Instant::now() < deadline, "the lines are not accepted while requests are under way");
    }
    // The batch holds no more than it can send soon; the rest is there for everybody.
    let other = sandbox.run(["retry", "-o", "json"]).ok().json();
    let others = other[0]["delivered"].as_u64().unwrap();
    assert!(others > 100, "{other}");
    *gate.0.lock().unwrap() += open;
    gate.1.notify_all();
    let summary = batch.wait().ok().json();
    assert_eq!((summary["delivered"].as_u64(), summary["pending"].as_u64()), (Some(600), Some(0)));
    assert_eq!(receiver.received().len(), 600);
}

#[test]
fn the_write_ahead_log_stays_small_while_a_batch_is_sent_and_is_gone_afterwards() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let log = sandbox.db_path().with_file_name("ptw-hooks.db-wal");
    let size = || std::fs::metadata(&log).map_or(0, |log| log.len());
    let mut batch = sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines(0..20_000)).spawn();
    let mut largest = 0;
    while batch.is_running() {
        largest = largest.max(size());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(batch.wait().ok().json()["delivered"], 20_000);
    assert!(largest > 0 && largest < 32 * 1024 * 1024, "it had {largest} bytes");
    assert_eq!(size(), 0);
}
