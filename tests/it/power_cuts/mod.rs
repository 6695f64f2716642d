//! The process is killed at each of its syncs to the disk, or the disk fails there: nothing is lost that was accepted.

mod cut;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::cut::at_each_sync;
use crate::checking::assert_healthy;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};
use crate::steps::{NOBODY, connect, emit, rows};

/// How many lines a batch has: more than are accepted together.
const LINES: usize = 270;

/// Asserts that the binary can use the file, and that the file is sound.
fn assert_sound(sandbox: &Sandbox) {
    sandbox.run(["list"]).ok();
    let connection = connect(sandbox);
    assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&connection, "PRAGMA foreign_key_check"), Vec::<String>::new());
}

/// Lets the leases of the dead end, and finishes their work: everything that is owed has arrived then.
fn finish(sandbox: &Sandbox, receiver: &Receiver) {
    connect(sandbox).execute_batch("UPDATE deliveries SET due_at = 0 WHERE status = 'pending'").unwrap();
    sandbox.run(["retry"]).ok();
    assert_healthy(sandbox);
    let owed = rows(&connect(sandbox), "SELECT id, status FROM deliveries");
    let arrived: BTreeSet<String> = receiver
        .received()
        .iter()
        .map(|request| format!("{}|success", request.header("X-Athens-Delivery").unwrap()))
        .collect();
    for delivery in owed {
        assert!(arrived.contains(&delivery), "delivery {delivery} has not arrived, or nobody knows");
    }
}

/// A receiver that takes everything, and a sandbox with one webhook for everything.
fn subscribed() -> (Receiver, Sandbox) {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("A", &receiver.url("/a"), &["*"]);
    (receiver, sandbox)
}

/// How many deliveries there are for this permit.
fn owed(sandbox: &Sandbox, permit: usize) -> Vec<String> {
    let sql = format!(
        "SELECT count(*) FROM deliveries d JOIN events e ON e.seq = d.event_seq WHERE e.permit_id = {permit}"
    );
    rows(&connect(sandbox), &sql)
}

fn number(run: &Run, name: &str) -> usize {
    usize::try_from(run.json()[name].as_u64().unwrap()).unwrap()
}

#[test]
fn create_on_a_fresh_path_makes_a_webhook_or_can_be_run_again() {
    let receiver = Receiver::start(Reply::status(204));
    let (url, none) = (receiver.url("/a"), Vec::<String>::new());
    let create = ["create", "--name", "A", "--url", &url, "--event", "*", "-ojson"];
    at_each_sync(5, |cut| {
        let sandbox = Sandbox::new();
        let run = cut.run(sandbox.cmd().args(create));
        let list = ["list", "-ojson"];
        let first = sandbox.run(list);
        assert!(matches!(first.code, Some(0 | 4)), "{first} after {run}");
        assert!(first.code == Some(0) || run.code != Some(0), "{first} after {run}");
        // Whoever looks does not change what is there.
        assert_eq!(sandbox.run(list).code, first.code, "after {run}");
        if first.code == Some(4) || first.json() == serde_json::json!([]) {
            assert_ne!(run.code, Some(0), "{run}");
            sandbox.run(create).ok();
        }
        assert_sound(&sandbox);
        assert_eq!(rows(&connect(&sandbox), "SELECT id, name FROM webhooks"), ["1|A"]);
        let fresh = "SELECT (SELECT * FROM pragma_auto_vacuum), (SELECT * FROM pragma_journal_mode)";
        assert_eq!(rows(&connect(&sandbox), fresh), ["2|wal"], "after {run}");
        emit(&sandbox, "permit_approved", "1").run().ok();
        assert_eq!(rows(&connect(&sandbox), "SELECT id FROM deliveries WHERE status <> 'success'"), none);
    });
}

#[test]
fn an_event_that_emit_accepted_arrives() {
    let (receiver, sandbox) = subscribed();
    at_each_sync(3, |cut| {
        let permit = cut.turn;
        let command = || emit(&sandbox, "permit_approved", &permit.to_string()).arg("-ojson");
        let run = cut.run(command());
        assert_sound(&sandbox);
        if run.code == Some(0) {
            assert_eq!(run.json()["deliveries"][0]["status"], "success");
            assert_eq!(owed(&sandbox, permit), ["1"]);
        }
        // Whoever was told nothing simply runs it again.
        command().run().ok();
        assert_eq!(owed(&sandbox, permit), ["1"]);
        finish(&sandbox, &receiver);
    });
}

#[test]
fn a_batch_goes_on_where_it_was_cut_off() {
    let (receiver, sandbox) = subscribed();
    at_each_sync(4, |cut| {
        let mut lines = String::new();
        for permit in cut.turn * LINES..(cut.turn + 1) * LINES {
            writeln!(
                lines,
                r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"P","timestamp":"2024-01-15T10:30:00Z"}}"#
            )
            .unwrap();
        }
        let command = || sandbox.cmd().args(["emit", "--batch", "-", "-ojson"]).stdin(lines.as_str());
        let run = cut.run(command());
        assert_sound(&sandbox);
        if run.code == Some(0) {
            assert_eq!((number(&run, "accepted"), number(&run, "delivered")), (LINES, LINES));
        }
        let again = command().run().ok();
        assert_eq!(number(&again, "accepted"), LINES);
        assert_eq!(number(&again, "owed") + number(&again, "duplicates"), LINES);
        let each = format!(
            "SELECT count(DISTINCT permit_id), count(*) FROM deliveries d JOIN events e ON e.seq = d.event_seq
             WHERE permit_id / {LINES} = {}",
            cut.turn
        );
        assert_eq!(rows(&connect(&sandbox), &each), [format!("{LINES}|{LINES}")]);
        finish(&sandbox, &receiver);
    });
}

#[test]
fn what_retry_was_sending_is_sent_by_the_next_one() {
    let (receiver, sandbox) = subscribed();
    let mut permits = 0;
    at_each_sync(3, |cut| {
        for _ in 0..3 {
            permits += 1;
            emit(&sandbox, "permit_approved", &permits.to_string()).arg("--queue").run().ok();
        }
        cut.run(sandbox.cmd().arg("retry"));
        assert_sound(&sandbox);
        finish(&sandbox, &receiver);
    });
}

#[test]
fn what_redeliver_was_sending_is_sent_by_the_next_retry() {
    let (receiver, sandbox) = subscribed();
    for permit in ["1", "2"] {
        emit(&sandbox, "permit_approved", permit).run().ok();
    }
    at_each_sync(3, |cut| {
        let run = cut.run(sandbox.cmd().args(["redeliver", "1", "2"]));
        assert_sound(&sandbox);
        let before = receiver.received().len();
        let pending = rows(&connect(&sandbox), "SELECT id FROM deliveries WHERE status = 'pending'");
        assert!(pending.is_empty() || run.code != Some(0), "{run}");
        finish(&sandbox, &receiver);
        assert_eq!(receiver.received().len(), before + pending.len());
    });
}

#[test]
fn update_is_done_or_not_begun() {
    let (receiver, sandbox) = subscribed();
    let mut before = String::from("A|/a");
    at_each_sync(2, |cut| {
        let (name, path) = (format!("A{}", cut.turn), format!("/{}", cut.turn));
        let command = || sandbox.cmd().args(["update", "1", "--name", &name, "--url", &receiver.url(&path)]);
        let run = cut.run(command());
        assert_sound(&sandbox);
        let sql = format!("SELECT name, replace(url, '{}', '') FROM webhooks", receiver.url(""));
        let found = rows(&connect(&sandbox), &sql).join("\n");
        let after = format!("{name}|{path}");
        assert!(found == after || (found == before && run.code != Some(0)), "{found} after {run}");
        command().run().ok();
        before = after;
    });
}

#[test]
fn delete_is_done_or_not_begun() {
    let sandbox = Sandbox::new();
    at_each_sync(2, |cut| {
        let id = sandbox.create("A", NOBODY, &["*"]).to_string();
        emit(&sandbox, "permit_approved", &cut.turn.to_string()).arg("--queue").run().ok();
        let delete = ["delete", &id, "--yes"];
        let run = cut.run(sandbox.cmd().args(delete));
        assert_sound(&sandbox);
        let sql = format!(
            "SELECT deleted_at IS NULL, secret <> '',
                    (SELECT count(*) FROM deliveries WHERE webhook_id = w.id AND status = 'pending')
             FROM webhooks w WHERE id = {id}"
        );
        let found = rows(&connect(&sandbox), &sql).join("\n");
        assert!(found == "0|0|0" || (found == "1|1|1" && run.code != Some(0)), "{found} after {run}");
        if found == "1|1|1" {
            sandbox.run(delete).ok();
        }
    });
}
