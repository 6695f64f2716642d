//! `check`: each fault is found and nothing else is, and the file stays as it is.

use std::fs;
use std::io::Write;

use serde_json::Value;

use crate::database::{DAY, change, let_time_pass, move_times, value};
use crate::pruning::fill;
use crate::receiver::{Behaviour, Receiver};
use crate::retrying::{UNDELIVERED, emit, queue, subscribed};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect};

const CHECKS: [&str; 9] =
    ["integrity", "foreign_keys", "attempts", "lines", "leases", "due_times", "clock", "overdue", "log"];

/// What is not ok: each check with its verdict, and whether there is advice.
#[track_caller]
fn faults(sandbox: &Sandbox) -> Vec<(String, String, String)> {
    let run = sandbox.run(["check", "-ojson"]);
    let checks = run.json();
    let text = |check: &Value, member: &str| check[member].as_str().unwrap().to_owned();
    let all: Vec<String> = checks.as_array().unwrap().iter().map(|check| text(check, "check")).collect();
    assert_eq!(all, CHECKS);
    let mut found = Vec::new();
    for check in checks.as_array().unwrap() {
        assert_eq!(check["verdict"] == "ok", check["advice"] == "", "{check}");
        assert!(!text(check, "finding").is_empty(), "{check}");
        if check["verdict"] != "ok" {
            found.push((text(check, "check"), text(check, "verdict"), text(check, "finding")));
        }
    }
    let failed = found.iter().any(|(_, verdict, _)| verdict == "failed");
    run.code(i32::from(failed)).stderr_is("");
    found
}

/// Asserts that there is one fault, and what is said of it.
#[track_caller]
fn assert_fault(sandbox: &Sandbox, check: &str, verdict: &str, finding: &str) {
    let found = faults(sandbox);
    assert!(found.len() == 1 && found[0].0 == check && found[0].1 == verdict, "{found:?}");
    assert!(found[0].2.contains(finding), "{found:?}");
}

/// Asserts that `check` finds nothing.
#[track_caller]
pub fn assert_healthy(sandbox: &Sandbox) {
    assert_eq!(faults(sandbox), []);
}

/// A file in which there is something of everything, and all is as it should be.
fn healthy(receiver: &Receiver) -> Sandbox {
    let sandbox = subscribed(receiver);
    sandbox.create_with("off", NOBODY, &["*"], &["--disabled"]);
    for _ in ["first", "duplicate"] {
        emit(&sandbox, 1, &["--idempotency-key", "k"]).ok();
    }
    sandbox.create("broken", NOBODY, &["*"]);
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    queue(&sandbox, 3);
    sandbox
}

#[test]
fn a_healthy_file_is_found_healthy_and_is_not_changed() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = healthy(&receiver);
    let db = sandbox.db_path();
    let state = || (fs::read(&db).unwrap(), fs::metadata(&db).unwrap().modified().unwrap());
    let before = state();
    let table = sandbox.run(["check"]).ok().stderr_is("").stdout;
    assert!(table.starts_with("CHECK         VERDICT  FINDING"), "{table}");
    assert_eq!(table.matches("  ok       ").count(), CHECKS.len(), "{table}");
    assert_healthy(&sandbox);
    assert!(state() == before, "the file was changed");
    assert_eq!(fs::read_dir(db.parent().unwrap()).unwrap().count(), 1, "files were left beside it");
    // Also when it was used for years.
    for state in
        ["redeliver 1", "redeliver 2", "pause broken", "resume broken", "retry --now", "delete broken -y"]
    {
        let code = sandbox.run(state.split(' ')).code;
        assert!(matches!(code, Some(0 | 3)), "{state}");
        assert_healthy(&sandbox);
    }
    sandbox.run(["prune", "--older-than", "1d"]).ok();
    assert_healthy(&sandbox);
}

#[test]
fn it_reads_while_others_write_and_leaves_a_log_that_was_left() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = healthy(&receiver);
    let writing = connect(&sandbox);
    writing.execute_batch("BEGIN IMMEDIATE; UPDATE webhooks SET last_status_code = 1").unwrap();
    assert_healthy(&sandbox);
    writing.execute_batch("COMMIT").unwrap();
    drop(writing);
    // What a process leaves that is killed: the log is not yet in the file.
    let mut worker = sandbox.cmd().args(["retry", "--watch"]).spawn();
    receiver.wait_for(3);
    queue(&sandbox, 9);
    receiver.wait_for(4);
    assert!(worker.is_running());
    worker.kill();
    let (db, log) = (sandbox.db_path(), sandbox.db_path().with_file_name("ptw-hooks.db-wal"));
    let before = (fs::read(&db).unwrap(), fs::read(&log).unwrap());
    assert!(!before.1.is_empty());
    sandbox.run(["check"]).ok();
    assert!((fs::read(&db).unwrap(), fs::read(&log).unwrap()) == before, "it wrote the log into the file");
    assert_eq!(value(&sandbox, "SELECT count(*) FROM events"), 5);
}

#[test]
fn damaged_pages_are_found() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    fill(&sandbox, 2000, 0);
    let whole = fs::read(sandbox.db_path()).unwrap();
    assert_healthy(&sandbox);
    // An index that does not agree with its table is no damage that any command would run into.
    let mut bytes = whole.clone();
    let at = whole.windows(8).rposition(|window| window == b"evt_1999").unwrap();
    bytes[at + 7] = b'x';
    fs::write(sandbox.db_path(), &bytes).unwrap();
    let found = faults(&sandbox);
    assert!(found.len() == 1 && found[0].0 == "integrity", "{found:?}");
    // Pages of noise.
    let mut bytes = whole;
    let pages = bytes.len() / 4096;
    bytes[(pages / 4) * 4096..(pages / 4 * 3) * 4096].fill(0xa5);
    fs::write(sandbox.db_path(), &bytes).unwrap();
    let found = faults(&sandbox);
    assert!(found.len() > 1 && found[0].0 == "integrity" && found[0].1 == "failed", "{found:?}");
    assert!(found.iter().any(|(_, _, finding)| finding.contains("cannot tell")), "{found:?}");
    sandbox.run(["check"]).code(1).stdout_has("put a backup in its place");
}

#[test]
fn rows_that_refer_to_nothing_are_found() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = healthy(&receiver);
    connect(&sandbox)
        .execute_batch("PRAGMA foreign_keys = OFF; UPDATE suppressions SET delivery_id = 99 WHERE id <= 2")
        .unwrap();
    assert_fault(&sandbox, "foreign_keys", "failed", "2 in suppressions");
}

#[test]
fn counts_that_do_not_agree_with_the_log_are_found() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = healthy(&receiver);
    change(&sandbox, "UPDATE deliveries SET attempts = attempts + 1 WHERE id = 1");
    assert_fault(
        &sandbox,
        "attempts",
        "failed",
        "the count is not that of the attempts that are logged: delivery 1",
    );
    change(&sandbox, "UPDATE deliveries SET attempts = 0 WHERE id = 1");
    assert_fault(&sandbox, "attempts", "failed", "attempts that are logged: delivery 1");
}

#[test]
fn a_line_in_which_not_one_delivery_alone_is_next_is_found() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    for permit in 1..=4 {
        queue(&sandbox, permit);
    }
    let line = |waits: &str| {
        change(&sandbox, &format!("UPDATE deliveries SET line = 7, waits = {waits} WHERE id < 4"));
    };
    line("id > 1");
    assert_healthy(&sandbox);
    for wrong in ["id > 2", "1"] {
        line(wrong);
        assert_fault(&sandbox, "lines", "failed", "in 1 of the lines; the first is that of 1");
    }
    // It need not be the oldest: one that is sent again finds the others at it.
    line("id <> 2");
    assert_healthy(&sandbox);
    // While one of them is being sent, it may be any.
    line("id <> 2");
    let held = "strftime('%s', 'now') * 1000";
    change(
        &sandbox,
        &format!("UPDATE deliveries SET claimed_at = {held}, due_at = {held} + 20000 WHERE id = 2"),
    );
    assert_healthy(&sandbox);
    // One that waits in no line waits for ever.
    change(
        &sandbox,
        "UPDATE deliveries SET line = NULL, waits = id = 4, claimed_at = NULL, due_at = created_at",
    );
    assert_fault(&sandbox, "lines", "failed", "the first is that of 4");
}

#[test]
fn what_is_held_by_nobody_is_found() {
    let receiver = Receiver::start(Behaviour::AcceptAndStall);
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    let worker = sandbox.cmd().arg("retry").spawn();
    receiver.wait_for_connections(1);
    assert_healthy(&sandbox);
    worker.kill();
    assert_healthy(&sandbox);
    let_time_pass(&sandbox);
    assert_fault(&sandbox, "leases", "warning", "held for sending by a process that has ended");
    // What is not to be sent is missed by nobody.
    sandbox.run(["pause", "A"]).ok();
    assert_healthy(&sandbox);
}

#[test]
fn times_of_a_clock_that_was_ahead_are_found() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    queue(&sandbox, 1);
    let now = "strftime('%s', 'now') * 1000";
    let set = |columns: &str| {
        change(&sandbox, &format!("UPDATE deliveries SET {}", columns.replace("NOW", now)));
    };
    // As far as the longest wait, or what a receiver may ask for, is as it should be.
    set("due_at = NOW + 26 * 3600000");
    assert_healthy(&sandbox);
    set("due_at = NOW + 28 * 3600000");
    assert_fault(&sandbox, "due_times", "failed", "waiting longer than the longest wait: delivery 1");
    sandbox.run(["update", "A", "--retry-schedule", "5d"]).ok();
    assert_healthy(&sandbox);
    set("due_at = NOW + 600000, created_at = NOW + 600000");
    assert_fault(&sandbox, "due_times", "failed", "delivery 1");
    set("created_at = NOW, claimed_at = NOW, due_at = NOW + 7200000");
    assert_fault(&sandbox, "leases", "failed", "longer than that takes: delivery 1");
    set("claimed_at = NOW + 600000, due_at = NOW + 620000");
    assert_fault(&sandbox, "leases", "failed", "longer than that takes: delivery 1");
    set("claimed_at = NOW, due_at = NOW + 20000");
    assert_healthy(&sandbox);
    change(&sandbox, &format!("UPDATE events SET accepted_at = {now} + 60000"));
    let found = faults(&sandbox);
    assert!(
        found.len() == 1 && (found[0].0.as_str(), found[0].1.as_str()) == ("clock", "warning"),
        "{found:?}"
    );
}

#[test]
fn what_nobody_sends_is_found() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    queue(&sandbox, 1);
    queue(&sandbox, 2);
    move_times(&sandbox, -4 * 60_000);
    assert_healthy(&sandbox);
    move_times(&sandbox, -2 * 60_000);
    assert_fault(
        &sandbox,
        "overdue",
        "warning",
        "due for more than 5 minutes: 2 deliveries, the oldest is delivery 1",
    );
    for (state, back) in [("pause", "resume"), ("disable", "enable")] {
        sandbox.run([state, "A"]).ok();
        assert_healthy(&sandbox);
        sandbox.run([back, "A"]).ok();
        change(&sandbox, "UPDATE deliveries SET due_at = created_at");
    }
    // With a rate, what is due waits for its turn.
    sandbox.run(["update", "A", "--rate", "1/h"]).ok();
    assert_eq!(faults(&sandbox).len(), 1);
    change(&sandbox, "UPDATE webhooks SET next_turn_us = (strftime('%s', 'now') + 1800) * 1000000");
    assert_healthy(&sandbox);
    move_times(&sandbox, -DAY);
    change(&sandbox, "UPDATE webhooks SET next_turn_us = (strftime('%s', 'now') - 1800) * 1000000");
    assert_eq!(faults(&sandbox).len(), 1);
}

#[test]
fn a_large_log_is_found() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    let log = sandbox.db_path().with_file_name("ptw-hooks.db-wal");
    fs::write(&log, "").unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();
    file.flush().unwrap();
    assert_fault(&sandbox, "log", "warning", "the write-ahead log has 65 MiB");
    file.set_len(64 * 1024 * 1024).unwrap();
    assert_healthy(&sandbox);
}

#[test]
fn what_cannot_be_looked_at_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(["check"]).code(4).stdout_is("").stderr_has("there is no database at `");
    sandbox.create("A", NOBODY, &["*"]);
    connect(&sandbox).execute_batch("PRAGMA user_version = 1").unwrap();
    let before = fs::read(sandbox.db_path()).unwrap();
    let refused = sandbox.run(["check"]).code(1).stdout_is("");
    refused
        .stderr_has("its schema has version 1, this program works with 5\n")
        .stderr_has("hint: any other command brings it up to date");
    assert_eq!(fs::read(sandbox.db_path()).unwrap(), before, "it was changed");
    connect(&sandbox).execute_batch("PRAGMA user_version = 999").unwrap();
    sandbox.run(["check"]).code(1).stderr_has("its schema has version 999, this program knows up to 5\n");
}
