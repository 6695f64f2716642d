//! `deliveries --follow`: what it shows while others work on the file, and what it bears.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::receiver::{Behaviour, Receiver};
use crate::retrying::{emit, queue, subscribed};
use crate::sandbox::{Child, Run, Sandbox};
use crate::steps::connect;

/// The lines of a run as objects, each as id, status and attempts.
fn states(run: &Run) -> Vec<(i64, String, i64)> {
    run.json_lines().iter().map(state).collect()
}

fn state(line: &Value) -> (i64, String, i64) {
    let number = |name: &str| line[name].as_i64().unwrap();
    (number("id"), line["status"].as_str().unwrap().to_owned(), number("attempts"))
}

fn follow(sandbox: &Sandbox, args: &[&str]) -> Child {
    sandbox.cmd().args(["deliveries", "--follow"]).args(args).spawn()
}

fn end(mut child: Child) -> Run {
    child.interrupt();
    child.wait().code(130)
}

/// Waits until a delivery was shown in a state.
#[track_caller]
fn wait_for(child: &Child, id: i64, status: &str, attempts: i64) {
    child.wait_for_stdout_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (state(&line) == (id, status.to_owned(), attempts)).then_some(())
    });
}

#[test]
fn the_newest_come_first_and_then_what_is_accepted_and_what_became_of_it() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    (1..=4).for_each(|permit| drop(emit(&sandbox, permit, &[]).ok()));
    let child = follow(&sandbox, &["-ondjson", "--limit", "2"]);
    wait_for(&child, 4, "success", 1);
    queue(&sandbox, 5);
    wait_for(&child, 5, "pending", 0);
    receiver.set(Behaviour::status(500));
    sandbox.run(["retry"]).code(3);
    wait_for(&child, 5, "pending", 1);
    receiver.set(Behaviour::status(204));
    sandbox.run(["retry", "--now"]).ok();
    wait_for(&child, 5, "success", 2);
    let run = end(child).stderr_is("");
    let expected =
        [(3, "success", 1), (4, "success", 1), (5, "pending", 0), (5, "pending", 1), (5, "success", 2)];
    assert_eq!(
        states(&run),
        expected.map(|(id, status, attempts)| (id, status.to_owned(), attempts)),
        "{run}"
    );
    let rows = run.json_lines();
    assert!(rows[3]["next_attempt_at"].is_string() && rows[3]["response_code"] == 500, "{run}");
    // The same objects as without it.
    let now = sandbox.run(["deliveries", "-ondjson", "--limit", "1"]).ok().json_lines();
    assert_eq!(rows[4], now[0]);
}

#[test]
fn what_is_given_up_is_shown_also_where_its_webhook_was_deleted() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = Sandbox::new();
    sandbox.create_with("A", &receiver.url("/a"), &["*"], &["--no-retry"]);
    sandbox.create("B", &receiver.url("/b"), &["permit_approved"]);
    let child = follow(&sandbox, &["-ondjson"]);
    emit(&sandbox, 1, &[]).code(3);
    wait_for(&child, 1, "failed", 1);
    wait_for(&child, 2, "pending", 1);
    sandbox.run(["delete", "B", "--yes"]).ok();
    wait_for(&child, 2, "failed", 1);
    let run = end(child);
    assert_eq!(run.json_lines().last().unwrap()["error"], "the webhook was deleted");
    assert_eq!(states(&run).iter().filter(|state| state.1 == "failed").count(), 2, "{run}");
}

#[test]
fn it_takes_the_filters_of_deliveries() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    sandbox.create("B", &receiver.url("/b"), &["permit_rejected"]);
    emit(&sandbox, 1, &[]).ok();
    let by = |args: &[&str]| follow(&sandbox, &[&["-ondjson"], args].concat());
    let children = [
        (by(&["A", "--status", "success"]), vec![1, 2, 3]),
        (by(&["B"]), vec![4]),
        (by(&["--permit", "PTW-2"]), vec![2]),
        (by(&["--event", "permit_rejected"]), vec![3, 4]),
        (by(&["--until", "2020-01-01"]), vec![]),
    ];
    let all = by(&["--since", "2020-01-01"]);
    wait_for(&all, 1, "success", 1);
    emit(&sandbox, 2, &[]).ok();
    sandbox.run(["emit", "permit_rejected", "--permit-id", "3", "--permit-number", "PTW-3"]).ok();
    wait_for(&all, 4, "success", 1);
    end(all);
    for (child, ids) in children {
        for id in &ids {
            wait_for(&child, *id, "success", 1);
        }
        let run = end(child);
        assert!(states(&run).iter().all(|state| ids.contains(&state.0)), "{run}");
        if run.args.iter().any(|arg| arg == "--status") {
            assert_eq!(states(&run).len(), 3, "{run}");
        }
    }
    sandbox.run(["deliveries", "-f", "C"]).code(4).stderr_has("error: webhook `C` does not exist");
}

#[test]
fn a_table_has_fixed_columns_and_csv_one_header() {
    let receiver = Receiver::start(Behaviour::status(503));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).code(3);
    let table = follow(&sandbox, &["--color", "always"]);
    let (csv, tsv) = (follow(&sandbox, &["-ocsv"]), follow(&sandbox, &["-otsv"]));
    for child in [&table, &csv, &tsv] {
        child.wait_for_stdout("PTW-1");
    }
    receiver.set(Behaviour::status(204));
    emit(&sandbox, 2, &[]).ok();
    for child in [&table, &csv, &tsv] {
        child.wait_for_stdout("success");
    }
    let run = end(table);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("     ID  TIME  ") && lines[0].ends_with("ATTEMPTS  NOTE"), "{run}");
    assert!(lines[1].chars().all(|c| c == '-'), "{run}");
    assert!(lines[2].contains("\u{1b}[33mpending\u{1b}[0m   503"), "{run}");
    assert!(lines[2].contains("503 Service Unavailable; next attempt "), "{run}");
    assert!(run.stdout.contains("\u{1b}[32msuccess\u{1b}[0m   204"), "{run}");
    let at = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
    assert_eq!(at(lines[0], "EVENT"), at(lines[2], "permit_approved"), "{run}");
    let header = sandbox.run(["deliveries", "-ocsv", "--until", "2020-01-01"]).ok().stdout;
    for (run, delimiter) in [(end(csv), ","), (end(tsv), "\t")] {
        assert!(run.stdout.starts_with(&header.replace(',', delimiter)), "{run}");
        assert_eq!(run.stdout.matches("permit_number").count(), 1, "{run}");
        assert!(run.stdout.lines().count() >= 3, "{run}");
    }
}

#[test]
fn one_document_has_an_end_and_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("A", "http://127.0.0.1:9/", &["*"]);
    sandbox
        .run(["deliveries", "-f", "-ojson"])
        .code(2)
        .stdout_is("")
        .stderr_is("error: output cannot be `json` with `--follow`: a document has an end\nhint: `-o ndjson` has an object a line\n");
}

#[test]
fn where_there_is_no_database_in_the_beginning_it_says_so_and_makes_none() {
    let sandbox = Sandbox::new();
    sandbox.run(["deliveries", "-f"]).code(4).stdout_is("").stderr_has("error: there is no database at ");
    assert!(!sandbox.db_path().exists());
    sandbox.write(sandbox.db_path(), "something else");
    sandbox.run(["deliveries", "-f"]).code(1).stdout_is("").stderr_has("is not a database of ptw-hooks");
}

#[test]
fn a_prune_takes_rows_away_and_what_gets_their_places_is_shown() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    (1..=3).for_each(|permit| drop(emit(&sandbox, permit, &[]).ok()));
    let child = follow(&sandbox, &["-ondjson"]);
    wait_for(&child, 3, "success", 1);
    // Everything is old, and the next attempts get the ids of these.
    connect(&sandbox).execute_batch("UPDATE events SET accepted_at = 0").unwrap();
    sandbox.run(["prune", "--older-than", "1d", "--vacuum"]).ok();
    emit(&sandbox, 4, &[]).ok();
    wait_for(&child, 4, "success", 1);
    let ids: Vec<i64> = connect(&sandbox)
        .prepare("SELECT id FROM attempts")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ids, [1], "the test needs an id that is given again");
    end(child).stderr_is("");
}

#[test]
fn another_file_at_the_path_is_followed_and_told() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let backup = sandbox.dir().join("backup.db");
    sandbox.run(["backup", backup.to_str().unwrap()]).ok();
    emit(&sandbox, 2, &[]).ok();
    let child = follow(&sandbox, &["-ondjson", "A"]);
    wait_for(&child, 2, "success", 1);
    // As one restores a backup: the files are moved away, and the copy takes their place.
    for suffix in ["-wal", "-shm", ""] {
        let file = sandbox.db_path().with_file_name(format!("ptw-hooks.db{suffix}"));
        if file.exists() {
            fs::rename(&file, sandbox.dir().join(format!("old.db{suffix}"))).unwrap();
        }
    }
    child.wait_for_stderr("there is no database at `");
    fs::rename(&backup, sandbox.db_path()).unwrap();
    child.wait_for_stderr("is another file now: its newest deliveries follow");
    emit(&sandbox, 3, &[]).ok();
    child.wait_for_stdout("PTW-3");
    let run = end(child);
    let ids: Vec<i64> = states(&run).iter().map(|state| state.0).collect();
    assert_eq!(ids[..3], [1, 2, 1], "{run}");
    assert!(run.stderr.lines().count() == 2 && run.stderr.contains("warning: "), "{run}");
    // Nothing of the new file was taken away when the old one was closed.
    sandbox.run(["check"]).ok();
    assert_eq!(sandbox.run(["deliveries", "-ondjson"]).ok().json_lines().len(), 2);
}

#[test]
fn a_copy_that_is_written_into_the_file_itself_is_followed_and_stays_whole() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let backup = sandbox.dir().join("backup.db");
    sandbox.run(["backup", backup.to_str().unwrap()]).ok();
    let child = follow(&sandbox, &["-ondjson"]);
    wait_for(&child, 1, "success", 1);
    // What is not yet in the file itself would go into it when the last one closes it.
    (2..=20).for_each(|permit| drop(emit(&sandbox, permit, &[]).ok()));
    wait_for(&child, 20, "success", 1);
    let log = sandbox.db_path().with_file_name("ptw-hooks.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0, "the test needs a log");
    fs::copy(&backup, sandbox.db_path()).unwrap();
    fs::remove_file(&log).unwrap();
    fs::remove_file(sandbox.db_path().with_file_name("ptw-hooks.db-shm")).unwrap();
    child.wait_for_stderr("is another file now: its newest deliveries follow");
    emit(&sandbox, 30, &[]).ok();
    child.wait_for_stdout("PTW-30");
    end(child);
    sandbox.run(["check"]).ok();
    assert_eq!(sandbox.run(["deliveries", "-ondjson"]).ok().json_lines().len(), 2);
}

#[test]
fn a_database_that_is_gone_for_a_moment_is_followed_on_as_if_nothing_had_been() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let child = follow(&sandbox, &["-ondjson"]);
    wait_for(&child, 1, "success", 1);
    let away = sandbox.data_home().join("away");
    fs::rename(sandbox.db_path().parent().unwrap(), &away).unwrap();
    child.wait_for_stderr("there is no database at `");
    fs::rename(&away, sandbox.db_path().parent().unwrap()).unwrap();
    emit(&sandbox, 2, &[]).ok();
    wait_for(&child, 2, "success", 1);
    let run = end(child);
    assert_eq!(states(&run).iter().filter(|state| state.0 == 1).count(), 1, "{run}");
}

#[test]
fn a_database_that_is_locked_is_waited_for_and_a_signal_does_not_wait() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let holder = Connection::open(sandbox.db_path()).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE chores SET done_at = 1;")
        .unwrap();
    let (child, other) = (follow(&sandbox, &["-ondjson"]), follow(&sandbox, &[]));
    for child in [&child, &other] {
        child.wait_for_stderr("another process has held it for too long; waiting");
    }
    end(other);
    holder.execute_batch("COMMIT").unwrap();
    drop(holder);
    wait_for(&child, 1, "success", 1);
    end(child);
}

#[test]
fn it_needs_no_right_to_write_whether_others_have_the_file_open_or_not() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let read_only = "mount --bind data data && mount -o remount,bind,ro data && exec \"$@\"";
    let unshare = |args: &[&str]| {
        let command = sandbox.cmd().args(["deliveries", "-f", "-ondjson"]).args(args);
        command.under("unshare", ["-rm", "sh", "-c", read_only, "sh"]).spawn()
    };
    let child = unshare(&[]);
    wait_for(&child, 1, "success", 1);
    for id in 2..=6 {
        emit(&sandbox, u64::try_from(id).unwrap(), &[]).ok();
        wait_for(&child, id, "success", 1);
    }
    let mut worker = sandbox.cmd().args(["retry", "--watch"]).spawn();
    queue(&sandbox, 7);
    wait_for(&child, 7, "success", 1);
    let other = unshare(&["--status", "success"]);
    wait_for(&other, 7, "success", 1);
    queue(&sandbox, 8);
    wait_for(&other, 8, "success", 1);
    wait_for(&child, 8, "success", 1);
    worker.terminate();
    worker.wait().code(143);
    emit(&sandbox, 9, &[]).ok();
    for child in [child, other] {
        wait_for(&child, 9, "success", 1);
        let run = end(child).stderr_is("");
        let mut delivered: Vec<_> =
            states(&run).into_iter().filter(|state| state.2 == 1).map(|state| state.0).collect();
        delivered.dedup();
        assert_eq!(delivered, (1..=9).collect::<Vec<_>>(), "{run}");
        assert_eq!(states(&run).iter().filter(|state| state.2 == 1).count(), 9, "{run}");
    }
}

#[test]
fn it_ends_with_the_signal_and_leaves_nothing_behind() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = follow(&sandbox, &[]);
        child.wait_for_stdout("PTW-1");
        child.send(signal);
        child.wait().code(code).stderr_is("");
    }
    let left: Vec<_> = fs::read_dir(sandbox.db_path().parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(left, ["ptw-hooks.db"]);
}

#[test]
fn a_pipe_that_nobody_reads_from_any_more_ends_it_also_when_nothing_comes() {
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let mut process = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"))
        .args(["deliveries", "--follow", "--db"])
        .arg(sandbox.db_path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("PTW-1") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
    }
    drop(stdout);
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it is still there");
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_burst_is_shown_whole_in_bounded_memory() {
    const BURST: i64 = 100_000;
    let receiver = Receiver::start(Behaviour::status(204));
    let sandbox = subscribed(&receiver);
    emit(&sandbox, 1, &[]).ok();
    let child = follow(&sandbox, &["-ocsv", "-q"]);
    child.wait_for_stdout("PTW-1");
    let peak = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = peak();
    // One commit: all of it comes between two looks.
    connect(&sandbox)
        .execute_batch(&format!(
            "BEGIN;
             WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= {BURST})
             INSERT INTO events (seq, id, event, timestamp, permit_id, permit_number, dedupe_key, body, accepted_at)
             SELECT i, 'evt_' || i, 'permit_approved', 0, i, 'P-' || i, i, x'7b7d', 1 FROM n;
             INSERT INTO deliveries (id, webhook_id, event_seq, event, dedupe_key, status, created_at, attempts,
                                     last_attempt_at, last_duration_us)
             SELECT seq, 1, seq, event, id, 'success', 1, 1, 1, 1 FROM events WHERE seq > 1;
             INSERT INTO attempts (delivery_id, started_at, duration_us, outcome, phase, error, url, request_headers)
             SELECT id, 1, 1, 'delivered', 'body', '', '', '[]' FROM deliveries WHERE id > 1;
             COMMIT;"
        ))
        .unwrap();
    child.wait_for_stdout(&format!(",P-{},", BURST + 1));
    let grown = peak() - before;
    let run = end(child);
    let ids: Vec<i64> =
        run.stdout.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    let burst: Vec<i64> = ids.into_iter().filter(|id| *id > 1).collect();
    assert_eq!(burst, (2..=BURST + 1).collect::<Vec<_>>());
    assert!(grown < 24 * 1024, "{grown} KiB");
}
