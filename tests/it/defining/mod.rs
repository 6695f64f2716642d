//! Webhooks as a file: export, diff and apply.

mod applying;
mod exporting;
mod files;
mod moving;
mod pruning;
mod refusing;
mod together;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::sandbox::{Run, Sandbox};
use crate::steps::rows;

/// The database of another machine.
const OTHER: [&str; 2] = ["--db", "other/ptw-hooks.db"];

/// Runs a command against the database of the other machine.
#[track_caller]
fn other(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.run([&OTHER[..], args].concat())
}

/// Applies a file with these lines.
#[track_caller]
fn apply(sandbox: &Sandbox, lines: &[&str]) -> Run {
    sandbox.write("webhooks.toml", lines.join("\n"));
    sandbox.run(["apply", "webhooks.toml"])
}

/// All that is stored about webhooks, secrets included.
fn stored(db: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let mut all = rows(&connection, "SELECT * FROM webhooks ORDER BY id");
    all.extend(rows(&connection, "SELECT * FROM webhook_changes ORDER BY id"));
    all
}

/// What `diff -o json` says of `webhooks.toml`.
#[track_caller]
fn differences(sandbox: &Sandbox, code: i32) -> Value {
    sandbox.run(["diff", "webhooks.toml", "-o", "json"]).code(code).json()
}

/// The members that `diff` names, of the only webhook that differs.
#[track_caller]
fn differing(sandbox: &Sandbox) -> Vec<String> {
    let found = differences(sandbox, 3);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let changes = found[0]["changes"].as_array().unwrap();
    changes.iter().map(|change| change["member"].as_str().unwrap().to_owned()).collect()
}
