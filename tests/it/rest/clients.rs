//! Clients as people write them, in Python and Node.js, over the whole way of a webhook.
//!
//! The programs are in `tests/receivers/`. Each has a receiver of its own, in which it verifies what arrives, and ends
//! with code 0 only where all of it was as it should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{BASE, Site, token};
use crate::verifiers::python;

/// Runs a program against a server and asserts that it went the whole way.
fn walk(interpreter: PathBuf, name: &str) {
    let site = Site::open();
    let token = token(&site.sandbox, "walker", &["--scope", "manage"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers").join(name);
    // It gives up by itself when something does not come.
    let output = Command::new(interpreter)
        .arg(script)
        .env("PTW_API", format!("{}{BASE}", site.server.url()))
        .env("PTW_TOKEN", token)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{name} cannot be started ({error})"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = site.server.log_text();
    assert!(output.status.success(), "{name}: {}\n{stdout}\n{stderr}\n--- the server\n{log}", output.status);
    assert_eq!(stdout, "created\nreceived\nlogged\nreceived again\ndeleted\n", "{name}\n{stderr}");
    let tokens = site.server.log();
    assert!(tokens.iter().any(|line| line["token"] == "walker"), "{log}");
}

#[test]
fn python_requests_go_the_whole_way() {
    walk(python(), "walk.py");
}

#[test]
fn the_fetch_of_node_goes_the_whole_way() {
    walk(PathBuf::from("node"), "walk.mjs");
}
