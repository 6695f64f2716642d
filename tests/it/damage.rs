//! Files that cannot be used, and disks that cannot be written: a clear error, and nothing is changed.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::mounts;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, emit, schema_version};

const NOT_OURS: &str = "is not a database of ptw-hooks";
const CORRUPT: &str = "the database is corrupt";
const BACKUP: &str = "hint: put a backup in its place";

/// A database with something in it, in one file.
fn with_log() -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    for permit in ["1", "2", "3"] {
        emit(&sandbox, "permit_approved", permit).run().code(3);
    }
    let bytes = fs::read(sandbox.db_path()).unwrap();
    (sandbox, bytes)
}

/// Asserts that every verb that is given fails with the message and the hint, and leaves the file alone.
fn refuses(sandbox: &Sandbox, path: &Path, message: &str, hint: &str) {
    let (before, beside) = (fs::read(path).ok(), fs::read_dir(path.parent().unwrap()).unwrap().count());
    let db = path.to_str().unwrap();
    for args in [
        &["list"][..],
        &["deliveries"],
        &["update", "1", "--name", "x"],
        &["emit", "permit_created", "--permit-id", "7", "--permit-number", "PTW-7"],
        &["create", "--name", "x", "--url", NOBODY, "--event", "*"],
    ] {
        let refused = sandbox.cmd().args(args).args(["--db", db]).run().code(1).stdout_is("");
        let refused = refused.stderr_has(message).stderr_has(hint).stderr_has(format!("`{db}`"));
        assert!(
            refused.stderr.starts_with("error: cannot ") || refused.stderr.starts_with("error: `"),
            "{refused}"
        );
        assert_eq!(fs::read(path).ok(), before, "the file was changed by {refused}");
    }
    let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(left, beside, "files were left beside {db}");
}

#[test]
fn what_is_no_file_is_no_database_and_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.dir().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [&pipe, Path::new("/dev/zero")] {
        for args in [
            &["list"][..],
            &["deliveries", "--follow"],
            &["emit", "permit_created", "--permit-id", "7", "--permit-number", "PTW-7"],
            &["check"],
        ] {
            let refused = sandbox.cmd().args(args).arg("--db").arg(path).run().code(1).stdout_is("");
            refused.stderr_has(NOT_OURS).stderr_has("hint: nothing was changed; name the right file");
        }
        sandbox.config(&format!("ca_file = {path:?}"));
        let run = sandbox.run(["list"]).code(2).stdout_is("");
        run.stderr_has(format!("cannot read ca_file `{}`: it is not a file", path.display()));
        fs::remove_file(sandbox.config_path()).unwrap();
        let run = sandbox.cmd().args(["list", "--db", "x.db", "--config"]).arg("/dev/zero").run().code(2);
        run.stdout_is("")
            .stderr_has("error: cannot read the configuration `/dev/zero`: it is larger than 1 MiB");
    }
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let sandbox = Sandbox::new();
    let text = sandbox.write("text/notes.txt", "Permit office, opening hours\n".repeat(100));
    refuses(&sandbox, &text, NOT_OURS, "hint: nothing was changed; name the right file");
    let short = sandbox.write("short/x.db", "SQLite format 3\0");
    refuses(&sandbox, &short, NOT_OURS, "hint: nothing was changed");
    let other = sandbox.write("other/app.db", "");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE webhooks (id INTEGER)").unwrap();
    refuses(&sandbox, &other, NOT_OURS, "hint: nothing was changed");
    fs::create_dir_all(sandbox.dir().join("place/directory.db")).unwrap();
    let directory = sandbox.dir().join("place/directory.db");
    refuses(&sandbox, &directory, "Is a directory", "hint: check the path and its permissions");
}

#[test]
fn a_truncated_or_corrupt_database_is_refused_and_left_alone() {
    let (sandbox, whole) = with_log();
    assert!(whole.len() > 20_000);
    for (name, bytes) in [
        ("header", whole[..99].to_vec()),
        ("page", whole[..4096].to_vec()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("odd", whole[..5000].to_vec()),
        ("overwritten", [&whole[..4096], &vec![0xa5; whole.len() - 4096]].concat()),
        ("schema", [&whole[..100], &[0xff; 3996], &whole[4096..]].concat()),
    ] {
        let path = sandbox.write(format!("{name}/x.db"), bytes);
        refuses(&sandbox, &path, CORRUPT, BACKUP);
    }
}

#[test]
fn a_value_that_no_version_writes_is_reported_as_damage() {
    let (sandbox, _) = with_log();
    connect(&sandbox).execute_batch("UPDATE webhooks SET events = '[\"permit_lost\"]'").unwrap();
    sandbox.run(["list"]).code(1).stdout_is("").stderr_has(CORRUPT).stderr_has(BACKUP);
}

#[test]
fn a_database_of_a_newer_version_is_refused_with_both_versions() {
    let (sandbox, _) = with_log();
    connect(&sandbox).execute_batch("PRAGMA user_version = 999").unwrap();
    let message = format!("its schema has version 999, this program knows up to {}\n", schema_version());
    refuses(&sandbox, &sandbox.db_path(), &message, "hint: install a newer ptw-hooks; nothing was changed");
}

#[test]
fn a_database_that_this_user_may_not_write_is_refused_and_left_alone() {
    let (sandbox, whole) = with_log();
    // Root may write everything, so there it is somebody else who tries, with a program that they can reach.
    let root = fs::metadata(sandbox.dir()).unwrap().uid() == 0;
    let program = sandbox.dir().join("ptw-hooks");
    // By a process of its own: if this one had it open for writing, a test beside it could start a process at
    // that moment, which would inherit the open file and make it busy.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_ptw-hooks")).arg(&program).status();
    assert!(copied.is_ok_and(|status| status.success()), "the program can be copied");
    let path = sandbox.write("locked/x.db", &whole);
    let directory = path.parent().unwrap();
    if root {
        chown(&path, Some(65534), Some(65534)).unwrap();
        chown(directory, Some(65534), Some(65534)).unwrap();
    }
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(sandbox.dir(), 0o755);
    let run = |args: &[&str]| {
        let mut command = if root { Command::new("setpriv") } else { Command::new(&program) };
        if root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        }
        let output = command
            .args(args)
            .arg("--db")
            .arg(&path)
            .current_dir("/")
            .env("HOME", sandbox.dir())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{args:?}: {said}");
        assert_eq!(fs::read(&path).unwrap(), whole, "{args:?} changed the file");
        said
    };
    let emit = ["emit", "permit_created", "--permit-id", "7", "--permit-number", "PTW-7"];
    let create = ["create", "--name", "x", "--url", NOBODY, "--event", "*"];
    let read_only = ("it or its directory is read-only for this user", "hint: run as the owner of");
    let closed = ("Permission denied", "hint: check the path and its permissions");
    for (file, dir, (message, hint)) in [
        (0o400, 0o700, read_only),
        (0o400, 0o500, read_only),
        (0o600, 0o500, read_only),
        (0o000, 0o700, closed),
    ] {
        set(&path, file);
        set(directory, dir);
        for args in [&emit[..], &create] {
            let said = run(args);
            let clear = said.starts_with("error: cannot ") && said.contains(message) && said.contains(hint);
            assert!(clear, "{file:o} in {dir:o}, {args:?}: {said}");
        }
        // What SQLite made in the first case would be in the way of the next.
        set(directory, 0o700);
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(directory.join(format!("x.db{suffix}")));
        }
    }
}

#[test]
fn on_a_full_disk_nothing_is_stored_and_all_is_well_when_there_is_space_again() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    // A disk of its own, which only the processes of this script see.
    let script = r#"
        set -eu
        mount -t tmpfs -o size=512k tmpfs disk
        "$PROGRAM" create --name ERP --url http://127.0.0.1:9/ --event '*' -q >/dev/null
        emit() { "$PROGRAM" emit permit_approved --permit-id "$1" --permit-number PTW-1; }
        fill() {
            cat /dev/zero > disk/fill 2>/dev/null || true
            test "$1" = 0 || truncate -s -"$1" disk/fill
        }
        cp disk/x.db before.db
        # Without any space the index of the log cannot be made; with a little, the log itself cannot grow.
        for space in 0 36K; do
            fill "$space"
            code=0; emit 1 >>out.txt 2>"full-$space.txt" || code=$?
            echo "$space $code" >>codes.txt
            cmp before.db disk/x.db
            rm disk/fill
        done
        code=0; emit 2 >after.txt 2>&1 || code=$?
        echo "after $code" >>codes.txt
        "$PROGRAM" deliveries -o csv >log.txt
    "#;
    mounts::run(&sandbox, script, "disk/x.db", "");
    let read = |name: &str| fs::read_to_string(sandbox.dir().join(name)).unwrap();
    assert_eq!(read("codes.txt"), "0 1\n36K 1\nafter 3\n");
    assert_eq!(read("out.txt"), "");
    for full in ["full-0.txt", "full-36K.txt"] {
        let expected = "error: cannot write `disk/x.db`: the disk is full; nothing more was stored\n\
                        hint: make space, then run the command again\n";
        assert_eq!(read(full), expected, "{full}");
    }
    assert!(read("after.txt").contains("cannot connect"), "{}", read("after.txt"));
    let log = read("log.txt");
    assert!(log.lines().count() == 2 && log.contains("pending"), "only what was accepted is there: {log}");
}
