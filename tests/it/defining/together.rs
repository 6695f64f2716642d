//! All of a file is applied or nothing: with faults, kills, full disks, and others who change something meanwhile.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::stored;
use crate::mounts;
use crate::numbers::Numbers;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, rows};

fn file(names: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for name in names {
        writeln!(text, "[[webhook]]\nname = '{name}'\nurl = '{NOBODY}'\nevents = ['*']").unwrap();
    }
    text
}

#[test]
fn a_fault_in_the_middle_leaves_nothing_changed() {
    let sandbox = Sandbox::new();
    sandbox.create("a", NOBODY, &["permit_created"]);
    sandbox.create("old", NOBODY, &["*"]);
    for (fault, message) in [
        ("BEFORE INSERT ON webhooks WHEN NEW.name = 'c'", "cannot use"),
        ("BEFORE UPDATE ON webhooks WHEN NEW.deleted_at IS NOT NULL", "cannot use"),
        ("BEFORE INSERT ON webhook_changes WHEN NEW.what = 'deleted'", "cannot use"),
    ] {
        connect(&sandbox)
            .execute_batch(&format!("CREATE TRIGGER fault {fault} BEGIN SELECT RAISE(ABORT, 'fault'); END"))
            .unwrap();
        let before = stored(&sandbox.db_path());
        sandbox.write("webhooks.toml", file(["a", "b", "c", "d"].map(str::to_owned)));
        let run = sandbox.run(["apply", "webhooks.toml", "--prune", "--yes"]).code(1).stdout_is("");
        run.stderr_has(message).stderr_lacks("whsec_");
        assert_eq!(stored(&sandbox.db_path()), before, "{fault}");
        connect(&sandbox).execute_batch("DROP TRIGGER fault").unwrap();
    }
    sandbox
        .run(["apply", "webhooks.toml", "--prune", "--yes"])
        .ok()
        .stderr_is("3 created, 1 changed, 1 deleted\n");
}

#[test]
fn a_process_that_is_killed_has_applied_all_or_nothing() {
    let sandbox = Sandbox::new();
    let names = || (0..1500).map(|number| format!("w{number}"));
    sandbox.write("webhooks.toml", file(names()));
    let usual = Instant::now();
    sandbox.run(["--db", "usual.db", "apply", "webhooks.toml"]).ok();
    let usual = usual.elapsed();
    let mut numbers = Numbers(7);
    let count = "SELECT count(*), (SELECT count(*) FROM webhook_changes) FROM webhooks";
    let (mut round, mut early) = (0, 0);
    // Until enough were killed, and one of them before its end.
    while round < 8 || (early == 0 && round < 40) {
        round += 1;
        let db = format!("round{round}.db");
        sandbox.run(["--db", &db, "create", "--name", "first", "--url", NOBODY, "-q"]).ok();
        let child = sandbox.cmd().args(["--db", &db, "apply", "webhooks.toml"]).spawn();
        std::thread::sleep(numbers.within(usual));
        let run = child.kill();
        let connection = rusqlite::Connection::open(sandbox.dir().join(&db)).unwrap();
        assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
        let found = rows(&connection, count);
        assert!(found == ["1|1"] || found == ["1501|1501"], "{found:?} after {run}");
        early += usize::from(found == ["1|1"]);
        sandbox.run(["--db", &db, "apply", "webhooks.toml"]).ok();
        assert_eq!(rows(&connection, count), ["1501|1501"]);
    }
    assert!(early > 0, "none was killed before its end");
}

#[test]
fn a_full_disk_leaves_nothing_changed() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    sandbox.write("webhooks.toml", file((0..9000).map(|number| format!("w{number}"))));
    let script = r#"
        set -eu
        mount -t tmpfs -o size=1m tmpfs disk
        "$PROGRAM" create --name first --url "$URL" --event '*' -q >/dev/null
        code=0; "$PROGRAM" apply webhooks.toml >out 2>err || code=$?
        echo "$code" >code
        mount -o remount,size=64m disk
        "$PROGRAM" list -o json >list
        "$PROGRAM" apply webhooks.toml >/dev/null 2>again
    "#;
    mounts::run(&sandbox, script, "disk/x.db", NOBODY);
    let read = |name: &str| fs::read_to_string(sandbox.dir().join(name)).unwrap();
    assert!(read("code") == "1\n" && read("out").is_empty(), "{} {}", read("code"), read("err"));
    assert!(read("err").starts_with("error: cannot write `disk/x.db`: the disk is full"), "{}", read("err"));
    let list: serde_json::Value = serde_json::from_str(&read("list")).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(read("again"), "9000 created, 1 not in the file\n");
}

/// Runs `apply --prune` at a terminal, does something while it asks, and then says yes. Returns what was seen, and the
/// exit code.
fn agreeing_after(sandbox: &Sandbox, meanwhile: impl FnOnce()) -> (String, i32) {
    let line = format!("exec '{}' apply webhooks.toml --prune", env!("CARGO_BIN_EXE_ptw-hooks"));
    let mut script = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("HOME", sandbox.dir().join("home"))
        .env("XDG_DATA_HOME", sandbox.data_home())
        .env("XDG_CONFIG_HOME", sandbox.config_home())
        .current_dir(sandbox.dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux can be started");
    let mut seen = Vec::new();
    let mut stdout = script.stdout.take().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut byte = [0];
    while !seen.ends_with(b"[y/N] ") && Instant::now() < deadline && stdout.read(&mut byte).unwrap() == 1 {
        seen.push(byte[0]);
    }
    meanwhile();
    script.stdin.take().unwrap().write_all(b"y\n").unwrap();
    stdout.read_to_end(&mut seen).unwrap();
    let code = script.wait().unwrap().code().unwrap();
    (String::from_utf8(seen).unwrap().replace("\r\n", "\n"), code)
}

#[test]
fn what_somebody_else_changed_in_the_meantime_is_noticed() {
    for (meanwhile, applied) in [
        // Another change of what would be changed, deleted or created, and of what would be taken for unchanged.
        (&["update", "a", "--timeout", "5s"][..], false),
        (&["update", "old", "--url", "http://127.0.0.1:9/new"], false),
        (&["delete", "old", "--yes"], false),
        (&["create", "--name", "b", "--url", NOBODY], false),
        (&["create", "--name", "another", "--url", NOBODY], false),
        (&["update", "same", "--ordered"], false),
        // What is no part of a definition, and what the file does not name.
        (&["pause", "a"], true),
        (&["create", "--name", "elsewhere", "--url", NOBODY, "--project", "9"], true),
    ] {
        let sandbox = Sandbox::new();
        for (name, event) in [("a", "permit_created"), ("old", "*"), ("same", "*")] {
            sandbox.create(name, NOBODY, &[event]);
        }
        sandbox.write("webhooks.toml", file(["a", "b", "same"].map(str::to_owned)));
        let mut before = Vec::new();
        let (seen, code) = agreeing_after(&sandbox, || {
            sandbox.run(meanwhile).ok();
            before = stored(&sandbox.db_path());
        });
        if applied {
            assert!(code == 0 && seen.contains("1 created, 1 changed, 1 deleted"), "{meanwhile:?}: {seen}");
        } else {
            assert_eq!(code, 5, "{meanwhile:?}: {seen}");
            assert!(
                seen.contains("the webhooks were changed by somebody else in the meantime; nothing was done"),
                "{seen}"
            );
            assert_eq!(stored(&sandbox.db_path()), before, "{meanwhile:?}");
        }
    }
}
