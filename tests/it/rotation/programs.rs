//! Receivers as people have written them, changed under load at a random moment: before the rotation and after it, and
//! not one event is lost.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};

use serde_json::json;

use super::{NEW, OLD, subscribed};
use crate::rest::{Site, until};
use crate::sandbox::Sandbox;
use crate::steps::{connect, rows};
use crate::verifiers::Program;

/// The programs of `tests/receivers/`: each knows one secret at a time.
const PROGRAMS: [&str; 4] = ["athens.py", "athens.mjs", "standard.py", "standard.mjs"];
/// How many events are emitted.
const EVENTS: u64 = 600;

/// A number of requests, after which something happens.
fn moment() -> u64 {
    1 + RandomState::new().build_hasher().finish() % (EVENTS / 2)
}

fn lines() -> String {
    (0..EVENTS).fold(String::new(), |mut lines, permit| {
        let timestamp = "2024-01-15T10:30:00Z";
        let _ = writeln!(
            lines,
            r#"{{"event":"permit_created","permit_id":{permit},"permit_number":"P-{permit}","timestamp":"{timestamp}"}}"#
        );
        lines
    })
}

fn wait_for_requests(program: &Program, count: u64) {
    until("requests have come", || (program.count()["requests"].as_u64()? >= count).then_some(()));
}

/// Deliveries by their status and the number of their attempts.
fn settled(sandbox: &Sandbox) -> Vec<String> {
    rows(&connect(sandbox), "SELECT status, attempts, count(*) FROM deliveries GROUP BY status, attempts")
}

fn refused(sandbox: &Sandbox) -> u64 {
    rows(&connect(sandbox), "SELECT count(*) FROM attempts WHERE refused_status = 401")[0].parse().unwrap()
}

/// Whether the program checks `X-Athens-Signature`; the others accept both secrets of a rotation, and refuse only what
/// was signed before it.
fn has_room_for_one(name: &str) -> bool {
    name.starts_with("athens")
}

#[test]
fn the_libraries_of_standard_webhooks_accept_either_secret_at_the_first_request() {
    for name in ["standard.py", "standard.mjs"] {
        let program = Program::start(name, OLD);
        let sandbox = subscribed(&program.url(), &[]);
        super::rotate(&sandbox);
        for (permit, secret) in (1..).zip([OLD, NEW, OLD]) {
            program.change(secret);
            crate::retrying::emit(&sandbox, permit, &[]).ok();
        }
        assert_eq!(program.count()["requests"], 3, "{name}: {}", program.count());
        assert_eq!(refused(&sandbox), 0, "{name}");
    }
}

#[test]
fn a_receiver_that_is_changed_after_the_rotation_refuses_nothing_for_good() {
    for name in PROGRAMS {
        let program = Program::start(name, OLD);
        let sandbox = subscribed(&program.url(), &[]);
        let emitting = sandbox.cmd().args(["emit", "--batch", "-", "-o", "json"]).stdin(lines()).spawn();
        let (begin, change) = (moment(), moment());
        wait_for_requests(&program, begin);
        super::rotate(&sandbox);
        wait_for_requests(&program, begin + change);
        program.change(NEW);
        let run = emitting.wait().ok();
        assert_eq!(run.json()["delivered"], EVENTS, "{name}: {run}");
        // However fast it all went, this one comes after the change.
        crate::retrying::emit(&sandbox, EVENTS + 1, &[]).ok();
        assert_eq!(settled(&sandbox), [format!("success|1|{}", EVENTS + 1)], "{name} at {begin}+{change}");
        assert_eq!(program.count()["accepted"], EVENTS + 1, "{name}: {}", program.count());
        if has_room_for_one(name) {
            assert!(refused(&sandbox) > 0, "{name}");
            assert_eq!(super::rotation(&sandbox)["leads"], "new", "{name}");
        }
        // The old secret is of no use to the receiver any more, and is not missed.
        sandbox.run(["rotate-secret", "ERP", "--finish"]).ok();
        crate::retrying::emit(&sandbox, EVENTS + 2, &[]).ok();
    }
}

#[test]
fn a_receiver_that_is_changed_before_the_rotation_gets_everything_in_the_end() {
    for name in PROGRAMS {
        let program = Program::start(name, OLD);
        let sandbox = subscribed(&program.url(), &[]);
        // Until somebody rotates, what is refused is attempted again soon.
        sandbox
            .run(["update", "ERP", "--retry-schedule", "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s"])
            .ok();
        let site = Site::of(sandbox, &[]);
        let batch = crate::rest::client::Request::new("POST", "events/batch/");
        let accepted = site.client.send(&batch.body("application/x-ndjson", lines())).is(202).json();
        assert_eq!(accepted.as_array().map(Vec::len), usize::try_from(EVENTS).ok());
        let change = moment();
        wait_for_requests(&program, change);
        program.change(NEW);
        site.client.post("events/", &crate::rest::event("permit_expired", 1)).is(202);
        let failing = "SELECT count(*) FROM attempts WHERE outcome = 'http_status'";
        until("the receiver has refused something", || {
            (rows(&connect(&site.sandbox), failing) != ["0"]).then_some(())
        });
        let rotated = site.client.post("webhooks/1/rotate-secret/", &json!({ "secret": NEW })).is(200).json();
        assert_eq!((&rotated["secret"], &rotated["rotation"]["leads"]), (&json!(NEW), &json!("old")));
        let left = "SELECT count(*) FROM deliveries WHERE status <> 'success'";
        until("everything is delivered", || (rows(&connect(&site.sandbox), left) == ["0"]).then_some(()));
        assert_eq!(program.count()["accepted"], EVENTS + 1, "{name} at {change}: {}", program.count());
        if has_room_for_one(name) {
            assert!(refused(&site.sandbox) > 0, "{name}");
            let shown = site.client.get("webhooks/1/").is(200).json();
            assert_eq!(shown["rotation"]["leads"], "new", "{name}");
        }
    }
}
