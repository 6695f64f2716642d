//! The moment in which the file comes into being, with several processes at it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::database::{rows, value};
use crate::sandbox::{Child, SECRET, Sandbox};

/// Opens a transaction, says so, and ends it when its standard input does.
const WRITER: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN IMMEDIATE')
print('writing', flush=True)
sys.stdin.read()
db.execute('COMMIT')";

fn create(sandbox: &Sandbox, name: &str) -> Child {
    let create =
        ["create", "--name", name, "--url", "http://127.0.0.1:9/", "--event", "*", "--secret-file", "-"];
    sandbox.cmd().args(create).stdin(SECRET).spawn()
}

#[test]
fn processes_that_make_the_file_at_the_same_moment_all_succeed() {
    for _ in 0..5 {
        let sandbox = Sandbox::new();
        let creating: Vec<Child> = (0..6).map(|number| create(&sandbox, &format!("W{number}"))).collect();
        for child in creating {
            child.wait().ok();
        }
        assert_eq!(value(&sandbox, "SELECT count(*) FROM webhooks"), 6);
    }
}

#[test]
fn a_file_whose_maker_was_killed_in_between_gets_its_write_ahead_log_from_the_next_process() {
    let sandbox = Sandbox::new();
    create(&sandbox, "A").wait().ok();
    assert_eq!(rows(&sandbox, "PRAGMA journal_mode = DELETE"), [[json!("delete")]]);
    let mut writer = Command::new("python3")
        .args(["-c", WRITER])
        .arg(sandbox.db_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 can be started");
    let mut stdout = BufReader::new(writer.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();

    // SQLite refuses the change while somebody writes.
    let creating = create(&sandbox, "B");
    drop(writer.stdin.take());
    stdout.read_to_end(&mut Vec::new()).unwrap();
    assert!(writer.wait().unwrap().success());
    creating.wait().ok();
    assert_eq!(value(&sandbox, "PRAGMA journal_mode"), "wal");
    assert_eq!(value(&sandbox, "SELECT count(*) FROM webhooks"), 2);
}
