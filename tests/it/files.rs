//! The database file: where it is, who may read it, and what happens while others hold it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::pruning::fill;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Child, Sandbox};
use crate::steps::{NOBODY, connect, emit, rows};

fn mode(path: impl AsRef<Path>) -> u32 {
    let path = path.as_ref();
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

/// The names in a directory, in their order.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const CREATE: [&str; 7] = ["create", "--name", "ERP", "--url", NOBODY, "--event", "*"];

#[test]
fn the_database_and_everything_beside_it_belong_to_the_user_alone() {
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok().stderr_is("");
    let db = sandbox.db_path();
    assert_eq!((mode(&db), mode(db.parent().unwrap())), (0o600, 0o700));
    // While somebody has a transaction open, the log and its index stay beside the file.
    let other = connect(&sandbox);
    other.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    let beside = names(db.parent().unwrap());
    assert_eq!(beside, ["ptw-hooks.db", "ptw-hooks.db-shm", "ptw-hooks.db-wal"]);
    for name in &beside {
        assert_eq!(mode(db.with_file_name(name)), 0o600, "{name}");
    }
    // Nothing of it is left when the last one has closed the file.
    drop(other);
    sandbox.run(["list"]).ok();
    assert_eq!(names(db.parent().unwrap()), ["ptw-hooks.db"]);
}

#[test]
fn a_database_that_others_can_read_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok().stderr_is("");
    let db = sandbox.db_path();
    fs::set_permissions(&db, fs::Permissions::from_mode(0o640)).unwrap();
    let warning = format!(
        "warning: other users can read `{}`, which holds secrets; `chmod 600` closes it\n",
        db.display()
    );
    sandbox.run(["list"]).ok().stderr_is(&warning);
    sandbox.run(["list", "-q"]).ok().stderr_is("");
    // An empty file that somebody made beforehand is closed before a secret goes into it.
    let empty = sandbox.write("empty.db", "");
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.cmd().args(CREATE).args(["--db", "empty.db"]).run().ok().stderr_is("");
    assert_eq!(mode(&empty), 0o600);
}

#[test]
fn the_flag_names_the_database_before_the_variable_and_the_default() {
    let sandbox = Sandbox::new();
    let create = |flag: &[&str], variable: &str| {
        sandbox.cmd().args(CREATE).args(flag).env("PTW_HOOKS_DB", variable).run().ok();
    };
    create(&["--db", "flag.db"], "variable.db");
    assert!(sandbox.dir().join("flag.db").exists() && !sandbox.dir().join("variable.db").exists());
    create(&[], "variable.db");
    assert!(sandbox.dir().join("variable.db").exists() && !sandbox.db_path().exists());
    create(&[], "");
    assert!(sandbox.db_path().exists(), "in the data directory of the user");
    let home = sandbox.dir().join("home/.local/share/ptw-hooks/ptw-hooks.db");
    sandbox.cmd().args(CREATE).env_remove("XDG_DATA_HOME").run().ok();
    assert!(home.exists() && mode(home.parent().unwrap()) == 0o700, "in the home directory");
}

#[test]
fn without_a_database_nothing_but_create_makes_one() {
    let sandbox = Sandbox::new();
    let verify = ["verify", "--webhook", "1", "--signature", "sha256=00"];
    for args in [
        &["list"][..],
        &["show", "1"],
        &["update", "1", "--name", "x"],
        &["enable", "1"],
        &["disable", "1"],
        &["delete", "1", "--yes"],
        &["emit", "permit_approved", "--permit-id", "7", "--permit-number", "PTW-7"],
        &["emit", "permit_approved", "--permit-id", "7", "--permit-number", "PTW-7", "--dry-run"],
        &["test", "1"],
        &["deliveries"],
        &["inspect", "1"],
        &["prune", "--older-than", "1d"],
        &["backup", "backup.db"],
        &["check"],
        &["token", "list"],
        &["token", "revoke", "erp"],
        &verify,
    ] {
        let missing = sandbox.cmd().args(args).run().code(4).stdout_is("");
        missing
            .stderr_has(format!("error: there is no database at `{}`\n", sandbox.db_path().display()))
            .stderr_has("hint: `ptw-hooks create` makes it with the first webhook");
        sandbox.cmd().args(args).args(["--db", "deep/er.db"]).run().code(4).stdout_is("");
    }
    assert_eq!(names(sandbox.dir()), ["home", "tmp"]);
    sandbox.write("empty.db", "");
    sandbox.run(["--db", "empty.db", "list"]).code(4).stdout_is("").stderr_has("no database at `empty.db`");
    assert_eq!(names(sandbox.dir()), ["empty.db", "home", "tmp"]);
}

#[test]
fn a_path_is_a_path_whatever_it_looks_like() {
    let sandbox = Sandbox::new();
    for path in
        ["file:x.db?mode=memory", ":memory:", "with spaces/und Größe 許可/ptw hooks.db", "-", "100%.db"]
    {
        sandbox.cmd().args(CREATE).args(["--db", path]).run().ok().stderr_is("");
        let file = sandbox.dir().join(path);
        assert!(fs::read(&file).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3")), "{path}");
        sandbox.run(["show", "ERP", "--db", path]).ok().stderr_is("");
        emit(&sandbox, "permit_approved", "7").args(["--db", path]).run().code(3).stderr_is("");
        assert_eq!(sandbox.run(["deliveries", "-o", "ndjson", "--db", path]).ok().json_lines().len(), 1);
        sandbox.run(["list", "--db"].map(ToOwned::to_owned).into_iter().chain([format!("./{path}")])).ok();
    }
    let expected = ["-", "100%.db", ":memory:", "file:x.db?mode=memory", "home", "tmp", "with spaces"];
    assert_eq!(names(sandbox.dir()), expected);
}

#[test]
fn a_symbolic_link_leads_to_the_one_database() {
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok();
    symlink(sandbox.db_path(), sandbox.dir().join("link.db")).unwrap();
    let other = connect(&sandbox);
    other.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    emit(&sandbox, "permit_approved", "7").args(["--queue", "--db", "link.db"]).run().ok().stderr_is("");
    assert_eq!(sandbox.run(["deliveries", "-o", "ndjson"]).ok().json_lines().len(), 1);
    assert_eq!(names(sandbox.dir()), ["data", "home", "link.db", "tmp"], "the log is beside the file itself");
    symlink("nowhere.db", sandbox.dir().join("dangling.db")).unwrap();
    let broken = sandbox.cmd().args(CREATE).args(["--db", "dangling.db"]).run().code(1).stdout_is("");
    broken.stderr_has("error: cannot open `dangling.db`: ").stderr_has("hint: check the path");
}

#[test]
fn emit_waits_for_another_process_that_holds_the_database() {
    const HELD: Duration = Duration::from_secs(3);
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/permits"), &["*"]);
    let other = connect(&sandbox);
    other.execute_batch("BEGIN IMMEDIATE; UPDATE webhooks SET last_error = 'held'").unwrap();
    let held = Instant::now();
    let mut emitting = emit(&sandbox, "permit_approved", "7").spawn();
    // The time for which it is held is what is tested.
    std::thread::sleep(HELD);
    assert!(emitting.is_running() && receiver.connections() == 0, "it did not wait");
    // Reading needs no turn.
    sandbox.run(["list"]).ok().stdout_has("ERP").stderr_is("");
    other.execute_batch("COMMIT").unwrap();
    emitting.wait().ok().stdout_has("success").stderr_is("");
    assert!(held.elapsed() < HELD + Duration::from_secs(10), "it went on waiting");
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(rows(&other, "SELECT status FROM deliveries"), ["success"]);
}

#[test]
fn a_write_ahead_log_that_a_reader_made_grow_is_cut_back_when_it_is_gone() {
    const MIB: u64 = 1024 * 1024;
    let sandbox = Sandbox::new();
    sandbox.run(CREATE).ok();
    let log = sandbox.db_path().with_file_name("ptw-hooks.db-wal");
    let size = || fs::metadata(&log).unwrap().len();
    // As long as somebody reads an old state, nothing that is written later can leave the log.
    let reader = connect(&sandbox);
    reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    fill(&sandbox, 40_000, 0);
    let large = size();
    assert!(large > 20 * MIB, "{large}");
    reader.execute_batch("COMMIT").unwrap();
    // One writes it into the file, the next one begins it anew.
    for permit in ["1", "2"] {
        emit(&sandbox, "permit_approved", permit).arg("--queue").run().ok();
    }
    assert!(size() <= 16 * MIB, "{} bytes are left of {large}", size());
    drop(reader);
}

#[test]
fn processes_that_create_the_first_webhook_at_once_make_one_database() {
    // Several databases at once, because only a busy machine stops a process in the middle of its creation.
    for _ in 0..20 {
        let sandboxes = [0; 5].map(|_| Sandbox::new());
        let start =
            |sandbox: &Sandbox| [0; 4].map(|_| sandbox.cmd().args(CREATE).args(["-q", "-o", "json"]).spawn());
        let started: Vec<_> = sandboxes.iter().map(start).collect();
        for (sandbox, children) in sandboxes.iter().zip(started) {
            let id = |child: Child| child.wait().ok().stderr_is("").json()["id"].as_i64();
            let mut ids = children.map(id);
            ids.sort_unstable();
            assert_eq!(ids, [Some(1), Some(2), Some(3), Some(4)]);
            assert_eq!(mode(sandbox.db_path()), 0o600);
        }
    }
}
