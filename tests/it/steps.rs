//! Steps that tests of several areas take: emitting, looking into the file beside the binary, and a terminal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::sandbox::{Cmd, Sandbox};

/// An address where nothing listens; what is sent there fails at once.
pub const NOBODY: &str = "http://127.0.0.1:9/permits";

/// `emit` of an event of one permit at a fixed hour, so that no test depends on the time of day.
pub fn emit(sandbox: &Sandbox, event: &str, permit_id: &str) -> Cmd {
    let number = format!("PTW-{permit_id}");
    sandbox
        .cmd()
        .args(["emit", event, "--permit-id", permit_id, "--permit-number", &number])
        .args(["--timestamp", "2024-01-15T10:30:00Z"])
}

/// The version of the schema that the program knows: one for each migration.
pub fn schema_version() -> usize {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = std::fs::read_dir(migrations).expect("the migrations can be listed");
    files
        .filter(|file| file.as_ref().is_ok_and(|file| file.path().extension() == Some("sql".as_ref())))
        .count()
}

/// The members of an array by one of their own members.
pub fn each(array: &Value, member: &str) -> Vec<Value> {
    array.as_array().expect("an array").iter().map(|one| one[member].clone()).collect()
}

/// A second process's view of the database: the test's own connection.
pub fn connect(sandbox: &Sandbox) -> Connection {
    // Without URI handling and without creating: it is the binary's file or none.
    Connection::open_with_flags(sandbox.db_path(), OpenFlags::SQLITE_OPEN_READ_WRITE)
        .expect("the database can be opened")
}

/// What a query gives, each row as its values joined by `|`.
pub fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("the query can be prepared");
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row| -> rusqlite::Result<String> {
        let text = |cell| match cell {
            Cell::Null => String::new(),
            Cell::Integer(number) => number.to_string(),
            Cell::Real(number) => number.to_string(),
            Cell::Text(text) => text,
            Cell::Blob(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let cells: Vec<String> =
            (0..columns).map(|index| row.get(index).map(text)).collect::<rusqlite::Result<_>>()?;
        Ok(cells.join("|"))
    };
    statement.query_map([], row).expect("the query can run").map(|row| row.expect("a row")).collect()
}

/// What somebody sees at a terminal of 24 rows and 60 columns, and the exit code. What they type is there
/// from the beginning, as the terminal keeps it until it is read.
pub fn at_terminal(sandbox: &Sandbox, env: &[(&str, &str)], args: &[&str], typed: &str) -> (String, i32) {
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{}'", arg.replace('\'', r"'\''"))).collect();
    let line =
        format!("stty rows 24 cols 60; exec '{}' {}", env!("CARGO_BIN_EXE_ptw-hooks"), quoted.join(" "));
    let mut script = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("TZ", "UTC")
        .env("HOME", sandbox.dir().join("home"))
        .env("XDG_DATA_HOME", sandbox.data_home())
        .env("XDG_CONFIG_HOME", sandbox.config_home())
        .envs(env.iter().copied())
        .current_dir(sandbox.dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux can be started");
    script.stdin.take().expect("a pipe").write_all(typed.as_bytes()).expect("it can be typed");
    let output = script.wait_with_output().expect("it ends");
    assert!(output.stderr.is_empty(), "script: {}", String::from_utf8_lossy(&output.stderr));
    let seen = String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n");
    assert!(!seen.contains("panicked at"), "{seen}");
    (seen, output.status.code().expect("an exit code"))
}
