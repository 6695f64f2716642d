//! The SQLite file, read and edited by another program than ours: this is how a test moves time.
#![allow(dead_code, reason = "shared by all the tests, and not every part of it is in use at any time")]

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// One day in the unit of the file.
pub const DAY: i64 = 24 * 60 * 60 * 1000;

/// Executes one statement in a transaction of its own, which waits for those of other processes.
const PROGRAM: &str = "import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
done = db.execute(sys.argv[2])
print(json.dumps([done.rowcount, done.fetchall()]))";

fn execute(sandbox: &Sandbox, sql: &str) -> (i64, Vec<Vec<Value>>) {
    let path = sandbox.db_path();
    assert!(path.exists(), "there is no {}", path.display());
    let mut python = Command::new("python3");
    let output = python.args(["-c", PROGRAM]).arg(path).arg(sql).stdin(Stdio::null()).output();
    let output = output.expect("python3 can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {errors}");
    serde_json::from_slice(&output.stdout).expect("the program prints JSON")
}

/// The rows of a query.
pub fn rows(sandbox: &Sandbox, sql: &str) -> Vec<Vec<Value>> {
    execute(sandbox, sql).1
}

/// The only value of a query.
#[track_caller]
pub fn value(sandbox: &Sandbox, sql: &str) -> Value {
    let mut rows = rows(sandbox, sql);
    assert!(rows.len() == 1 && rows[0].len() == 1, "{sql} has more than one value: {rows:?}");
    rows.remove(0).remove(0)
}

/// Changes the file; it is a mistake of the test where that changes nothing.
#[track_caller]
pub fn change(sandbox: &Sandbox, sql: &str) {
    let (changed, _) = execute(sandbox, sql);
    assert!(changed > 0, "{sql} changed nothing");
}

/// Lets the due times and leases of everything pending end, as if enough time had passed.
pub fn let_time_pass(sandbox: &Sandbox) {
    execute(sandbox, "UPDATE deliveries SET due_at = 0 WHERE status = 'pending'");
}

/// Moves every time in the file: what it looks like after the clock jumped the other way.
pub fn move_times(sandbox: &Sandbox, by: i64) {
    for (table, columns) in [
        ("webhooks", &["created_at", "updated_at", "last_sent_at", "failing_since", "disabled_at"][..]),
        ("events", &["timestamp", "accepted_at"]),
        ("deliveries", &["created_at", "due_at", "claimed_at", "last_attempt_at"]),
        ("attempts", &["started_at"]),
        ("webhook_changes", &["at"]),
        ("incidents", &["began_at", "noticed_at", "ended_at"]),
        ("alerts", &["at", "since", "due_at", "told_at"]),
    ] {
        // What is NULL stays NULL.
        let moved: Vec<String> =
            columns.iter().map(|column| format!("{column} = {column} + ({by})")).collect();
        execute(sandbox, &format!("UPDATE {table} SET {}", moved.join(", ")));
    }
}
