//! `backup`: a whole copy or none, while others write, and never over what it is a copy of.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::database::DAY;
use crate::mounts;
use crate::pruning::fill;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, emit, rows};

fn with_log(events: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    fill(&sandbox, events, DAY);
    sandbox
}

/// The names in a directory, in their order.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_a_database_with_everything_in_it() {
    let sandbox = with_log(100);
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    fs::create_dir(sandbox.dir().join("backup")).unwrap();
    let made = sandbox.run(["backup", "backup/x.db", "-ojson"]).ok().stderr_is("").json();
    let file = sandbox.dir().join("backup/x.db");
    assert_eq!(made, json!({"path": "backup/x.db", "bytes": fs::metadata(&file).unwrap().len()}));
    assert_eq!(names(file.parent().unwrap()), ["x.db"]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for args in [&["list"][..], &["deliveries", "--limit", "1000"], &["show", "1", "--reveal-secret"]] {
        let original = sandbox.cmd().args(args).args(["-ojson"]).run().ok();
        let copy = sandbox.cmd().args(args).args(["-ojson", "--db", "backup/x.db"]).run().ok().stderr_is("");
        assert_eq!(copy.json(), original.json(), "{args:?}");
    }
    sandbox.run(["check", "--db", "backup/x.db"]).ok();
    // It is used like the original: what is owed can be sent from it, and space can be given back.
    sandbox.run(["retry", "--db", "backup/x.db"]).code(3);
    let vacuum = Connection::open(&file).unwrap();
    assert_eq!(rows(&vacuum, "PRAGMA auto_vacuum"), ["2"]);
    let text = sandbox.run(["backup", "again.db"]).ok().stdout;
    assert!(text.starts_with("PATH      ") && text.contains("\nagain.db  "), "{text}");
}

#[test]
fn while_others_write_a_backup_is_the_database_at_one_moment() {
    let sandbox = with_log(3000);
    let writing = connect(&sandbox);
    let (mut backups, mut total) = (Vec::new(), 0);
    for number in 0..4 {
        let name = format!("{number}.db");
        let mut backup = sandbox.cmd().args(["backup", &name]).spawn();
        let before = total;
        while backup.is_running() {
            // Events come and go, each with its delivery and attempt, in one transaction.
            let (seq, old) = (3001 + total, 1 + total);
            writing
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE;
                     INSERT INTO events SELECT {seq}, 'e{seq}', event, timestamp, permit_id, permit_number, project_id,
                         'd{seq}', body, accepted_at FROM events LIMIT 1;
                     INSERT INTO deliveries (id, webhook_id, event_seq, event, dedupe_key, status, created_at, attempts)
                         VALUES ({seq}, 1, {seq}, 'permit_created', 'd{seq}', 'success', 0, 1);
                     INSERT INTO attempts (delivery_id, started_at, duration_us, outcome, phase, error, url,
                         request_headers) VALUES ({seq}, 0, 0, 'delivered', 'body', '', '', '[]');
                     DELETE FROM attempts WHERE delivery_id = {old};
                     DELETE FROM deliveries WHERE id = {old};
                     DELETE FROM events WHERE seq = {old};
                     COMMIT"
                ))
                .unwrap();
            total += 1;
        }
        backup.wait().ok().stderr_is("");
        assert!(total > before);
        backups.push((name, 3000 + before));
    }
    for (name, before) in backups {
        let copy = Connection::open(sandbox.dir().join(&name)).unwrap();
        assert_eq!(rows(&copy, "PRAGMA integrity_check"), ["ok"]);
        assert_eq!(rows(&copy, "PRAGMA foreign_key_check"), Vec::<String>::new());
        let counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries),
                             (SELECT count(*) FROM attempts)";
        assert_eq!(rows(&copy, counts), ["3000|3000|3000"], "{name}");
        let newest: i64 = rows(&copy, "SELECT max(seq) FROM events")[0].parse().unwrap();
        assert!(newest >= before, "{name} ends with {newest}, and {before} was there before it began");
        drop(copy);
        sandbox.run(["check", "-q", "--db", &name]).ok();
    }
}

#[test]
fn a_file_that_exists_is_replaced_only_when_that_is_wanted() {
    let sandbox = with_log(10);
    let file = sandbox.write("x.db", "something else");
    let refused = sandbox.run(["backup", "x.db"]).code(5).stdout_is("");
    refused.stderr_is(
        "error: cannot back up to `x.db`: it exists\n\
         hint: name another file, or replace this one with `--force`\n",
    );
    assert_eq!(fs::read(&file).unwrap(), b"something else");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    // A link to it stays one: what it stands for is replaced.
    symlink("x.db", sandbox.dir().join("link.db")).unwrap();
    sandbox.run(["backup", "link.db", "--force"]).ok().stderr_is("");
    assert!(fs::symlink_metadata(sandbox.dir().join("link.db")).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    sandbox.run(["check", "--db", "x.db"]).ok();
    fs::create_dir(sandbox.dir().join("directory")).unwrap();
    let _listening = UnixListener::bind(sandbox.dir().join("socket")).unwrap();
    for path in ["directory", "socket"] {
        let refused = sandbox.run(["backup", path, "--force"]).code(5).stdout_is("");
        refused.stderr_has(format!("cannot back up to `{path}`: it is not a regular file"));
    }
    let failed = sandbox.run(["backup", "nowhere/x.db"]).code(1).stdout_is("");
    failed.stderr_has("error: cannot write `nowhere/x.db`: ").stderr_has("hint: check that its directory");
    assert_eq!(names(sandbox.dir()), ["data", "directory", "home", "link.db", "socket", "tmp", "x.db"]);
}

#[test]
fn the_database_itself_is_never_written_over() {
    let sandbox = with_log(10);
    let db = sandbox.db_path();
    let dir = db.parent().unwrap();
    symlink(&db, sandbox.dir().join("symbolic.db")).unwrap();
    symlink(dir, sandbox.dir().join("elsewhere")).unwrap();
    fs::hard_link(&db, sandbox.dir().join("hard.db")).unwrap();
    // Somebody has it open, so that the files beside it are there.
    let other = connect(&sandbox);
    other.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    let (before, list) = (fs::read(&db).unwrap(), sandbox.run(["list", "-ojson"]).ok().stdout);
    for path in [
        db.to_str().unwrap(),
        "data/ptw-hooks/../ptw-hooks/ptw-hooks.db",
        "symbolic.db",
        "hard.db",
        "elsewhere/ptw-hooks.db",
        "elsewhere/ptw-hooks.db-wal",
        "data/ptw-hooks/ptw-hooks.db-shm",
        "data/ptw-hooks/ptw-hooks.db-journal",
    ] {
        for force in [&["--force"][..], &[]] {
            let refused = sandbox.cmd().args(["backup", path]).args(force).run().code(5).stdout_is("");
            refused.stderr_has(format!(
                "cannot back up to `{path}`: it is the database itself, or belongs to it"
            ));
        }
    }
    assert_eq!(fs::read(&db).unwrap(), before);
    assert_eq!(names(dir), ["ptw-hooks.db", "ptw-hooks.db-shm", "ptw-hooks.db-wal"]);
    sandbox.run(["list", "-ojson"]).ok().stdout_is(list);
}

#[test]
fn a_path_is_a_path_whatever_it_looks_like() {
    use std::os::unix::ffi::OsStringExt;
    let sandbox = with_log(10);
    for path in ["file:x.db?mode=memory", ":memory:", "ptw hooks' \"größe\" 許可.db", "-", "100%.db"] {
        sandbox.run(["backup", path]).ok().stderr_is("");
        let file = sandbox.dir().join(path);
        assert!(fs::read(&file).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3")), "{path}");
        sandbox.run(["check", "--db", path]).ok().stderr_is("");
    }
    // Neither directory nor name is text.
    let odd = sandbox.dir().join(std::ffi::OsString::from_vec(b"\xff".to_vec()));
    fs::create_dir(&odd).unwrap();
    sandbox.cmd().arg("backup").arg(odd.join("x.db")).run().ok().stderr_is("");
    assert!(fs::read(odd.join("x.db")).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3")));
}

#[test]
fn nothing_is_left_of_a_backup_that_somebody_ends() {
    let sandbox = with_log(30_000);
    fs::create_dir(sandbox.dir().join("backup")).unwrap();
    let dir = sandbox.dir().join("backup");
    let mut interrupted = 0;
    for (signal, code) in [("TERM", 143), ("INT", 130)].repeat(3) {
        let mut backup = sandbox.cmd().args(["backup", "backup/x.db", "--force"]).spawn();
        let deadline = Instant::now() + Duration::from_secs(20);
        // From its first byte on, nobody else can read it.
        while backup.is_running() && !names(&dir).iter().any(|name| name.starts_with(".ptw-hooks-")) {
            assert!(Instant::now() < deadline, "it does not begin");
        }
        for name in names(&dir) {
            if let Ok(found) = fs::metadata(dir.join(name)) {
                assert_eq!(found.permissions().mode() & 0o777, 0o600);
            }
        }
        backup.send(signal);
        let run = backup.wait();
        if run.code == Some(code) {
            run.stdout_is("").stderr_is("interrupted: no backup was made\n");
            interrupted += 1;
        } else {
            run.ok();
        }
        let left = names(&dir);
        assert!(left.iter().all(|name| name == "x.db"), "{left:?}");
    }
    assert!(interrupted > 0, "every backup was faster than the signal");
}

#[test]
fn on_a_full_disk_the_old_backup_stays_and_nothing_is_left_of_the_new_one() {
    let sandbox = with_log(3000);
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    // A disk of its own, which only the processes of this script see.
    let script = r#"
        set -eu
        mount -t tmpfs -o size=256k tmpfs disk
        echo old > disk/x.db
        for args in 'disk/x.db --force' disk/new.db; do
            code=0; "$PROGRAM" backup $args >>out.txt 2>>err.txt || code=$?
            echo "$code" >>codes.txt
        done
        ls -A disk >left.txt
        cat disk/x.db >>left.txt
    "#;
    mounts::run(&sandbox, script, sandbox.db_path(), "");
    let read = |name: &str| fs::read_to_string(sandbox.dir().join(name)).unwrap();
    assert_eq!((read("codes.txt").as_str(), read("out.txt").as_str()), ("1\n1\n", ""));
    assert_eq!(read("left.txt"), "x.db\nold\n");
    let full = |path| {
        format!(
            "error: cannot write `{path}`: the disk is full; nothing more was stored\n\
             hint: make space, then run the command again\n"
        )
    };
    assert_eq!(read("err.txt"), full("disk/x.db") + &full("disk/new.db"));
}
