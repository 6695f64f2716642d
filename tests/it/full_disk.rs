//! Disks that are full in the middle of the work: what was accepted is kept, and goes on when there is space again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::mounts;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::rows;

/// How many lines the batch has; each has a body of some kB.
const LINES: usize = 3000;

/// What every script begins with. `run NAME COMMAND…` notes the exit code and keeps what was written; `leave SPACE`
/// fills the disk but for so much; `end_leases` lets all of them end.
const BEGIN: &str = r#"
    set -eu
    run() {
        name=$1; shift
        code=0; "$PROGRAM" "$@" -o json >"$name.out" 2>"$name.err" || code=$?
        echo "$name $code" >>codes.txt
    }
    leave() {
        cat /dev/zero >disk/fill 2>/dev/null || true
        truncate -s "-$1" disk/fill
    }
    end_leases() { sqlite3 disk/x.db "UPDATE deliveries SET due_at = 0 WHERE status = 'pending'"; }
"#;

/// Runs a script that has a small disk of its own at `disk`, which nobody else sees.
fn play(sandbox: &Sandbox, receiver: &Receiver, script: &str) {
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    mounts::run(sandbox, &format!("{BEGIN}{script}"), "disk/x.db", &receiver.url("/a"));
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.dir().join(name)).unwrap()
}

fn number(sandbox: &Sandbox, name: &str, member: &str) -> usize {
    let said: Value = serde_json::from_str(&read(sandbox, name)).unwrap();
    usize::try_from(said[member].as_u64().unwrap()).unwrap()
}

/// Asserts that a copy of the file is sound, and opens it.
fn sound(copy: &Path) -> Connection {
    let connection = Connection::open(copy).unwrap();
    assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&connection, "PRAGMA foreign_key_check"), Vec::<String>::new());
    connection
}

/// How often each delivery has arrived.
fn arrivals(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for request in receiver.received() {
        *arrivals.entry(request.header("X-Athens-Delivery").unwrap().to_owned()).or_default() += 1;
    }
    arrivals
}

#[test]
fn a_batch_that_fills_the_disk_goes_on_when_there_is_space_again() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    let mut batch = String::new();
    for permit in 0..LINES {
        let notes = "x".repeat(3000);
        writeln!(
            batch,
            r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"P","timestamp":"2024-01-15T10:30:00Z","data":{{"notes":"{notes}"}}}}"#
        )
        .unwrap();
    }
    sandbox.write("batch.ndjson", batch);
    play(
        &sandbox,
        &receiver,
        r#"
        mount -t tmpfs -o size=8m tmpfs disk
        "$PROGRAM" create --name ERP --url "$URL" --event '*' -q >/dev/null
        run full emit --batch batch.ndjson
        mkdir full after
        cp disk/x.db* full/
        mount -o remount,size=64m disk
        run again emit --batch batch.ndjson
        end_leases
        run rest retry
        cp disk/x.db after/
        "#,
    );
    assert_eq!(read(&sandbox, "codes.txt"), "full 1\nagain 0\nrest 0\n");
    assert_eq!(read(&sandbox, "full.out"), "", "nothing is said to be accepted");
    let expected = "error: cannot write `disk/x.db`: the disk is full; nothing more was stored\n\
                    hint: make space, then run the command again; what was accepted before is kept\n";
    assert_eq!(read(&sandbox, "full.err"), expected);
    let kept = rows(&sound(&sandbox.dir().join("full/x.db")), "SELECT count(*) FROM events");
    let kept: usize = kept[0].parse().unwrap();
    assert!(kept > 0 && kept < LINES, "{kept} lines were accepted");
    assert_eq!(number(&sandbox, "again.out", "accepted"), LINES);
    assert_eq!(number(&sandbox, "again.out", "duplicates"), kept);
    assert_eq!(number(&sandbox, "again.out", "delivered"), LINES - kept);

    let after = sound(&sandbox.dir().join("after/x.db"));
    let owed =
        "SELECT count(*), count(DISTINCT permit_id) FROM deliveries d JOIN events e ON e.seq = d.event_seq";
    assert_eq!(rows(&after, owed), [format!("{LINES}|{LINES}")]);
    assert_eq!(rows(&after, "SELECT id FROM deliveries WHERE status <> 'success'"), Vec::<String>::new());
    let arrivals = arrivals(&receiver);
    for delivery in rows(&after, "SELECT id FROM deliveries") {
        assert!(arrivals.contains_key(&delivery), "delivery {delivery} has not arrived");
    }
}

#[test]
fn attempts_that_a_full_disk_cannot_take_are_made_again() {
    // An attempt takes far more space than the claim before it.
    let receiver = Receiver::start(Reply::status(200).body("x".repeat(5000)));
    let sandbox = Sandbox::new();
    play(
        &sandbox,
        &receiver,
        r#"
        mount -t tmpfs -o size=4m tmpfs disk
        for webhook in $(seq 40); do
            "$PROGRAM" create --name "W$webhook" --url "$URL" --event '*' -q >/dev/null
        done
        emit() { run "$1" emit permit_approved --permit-id "$2" --permit-number P; }
        leave 160K
        emit full 1
        run nothing retry
        rm disk/fill
        end_leases
        run rest retry
        run queued emit permit_approved --permit-id 2 --permit-number P --queue
        leave 160K
        run unrecorded retry
        rm disk/fill
        end_leases
        run recorded retry
        cp disk/x.db after.db
        "#,
    );
    assert_eq!(
        read(&sandbox, "codes.txt"),
        "full 1\nnothing 0\nrest 0\nqueued 0\nunrecorded 1\nrecorded 0\n"
    );
    let error = "error: cannot write `disk/x.db`: the disk is full; nothing more was stored\n";
    let hint = "hint: make space, then run the command again";
    assert_eq!(
        (read(&sandbox, "full.out"), read(&sandbox, "unrecorded.out")),
        (String::new(), String::new())
    );
    let accepted = "; the event was accepted before, and `ptw-hooks retry` sends what it owes";
    assert_eq!(read(&sandbox, "full.err"), format!("{error}{hint}{accepted}\n"));
    assert_eq!(read(&sandbox, "unrecorded.err"), format!("{error}{hint}\n"));
    assert_eq!(read(&sandbox, "nothing.err"), "nothing is due\n", "the leases are respected");

    let after = sound(&sandbox.dir().join("after.db"));
    let states = "SELECT status, attempts, count(*) FROM deliveries GROUP BY 1, 2";
    assert_eq!(rows(&after, states), ["success|1|80"], "only what is in the log counts");
    let arrivals = arrivals(&receiver);
    assert_eq!(arrivals.len(), 80);
    assert!(arrivals.values().any(|times| *times == 2), "nothing was sent that could not be recorded");
}
