//! How a rotation ends, what is left of the secret that is given up, and that nobody who is late brings it back.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::{Known, NEW, OLD, THIRD, holds, rotate, rotation, signers, subscribed};
use crate::database::{change, value};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::rest::{Site, until};
use crate::retrying::emit;
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, each, rows};
use crate::workers::Gate;

/// Lets the overlap end now.
fn end_overlap(sandbox: &Sandbox) {
    change(sandbox, "UPDATE webhooks SET rotation_until = 1000 WHERE rotation_until IS NOT NULL");
}

/// Lets the row of the webhook change its length and its place again and again, as it does in use.
fn stir(sandbox: &Sandbox, receiver: &Receiver) {
    for (round, status) in (0..).zip([204, 503, 204, 404, 204, 500]) {
        receiver.set(Reply::status(status));
        let _ = emit(sandbox, 100 + round, &[]);
        let name = format!("other-{}", "x".repeat(usize::try_from(round).unwrap() * 30));
        sandbox.run(["update", "2", "--name", &name]).ok();
    }
    receiver.set(Reply::status(204));
}

#[test]
fn after_the_overlap_the_old_secret_counts_for_nothing_and_is_erased_by_whoever_writes_next() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    sandbox.create("other", NOBODY, &["permit_expired"]);
    stir(&sandbox, &receiver);
    rotate(&sandbox);
    stir(&sandbox, &receiver);
    assert!(holds(&sandbox, OLD) && holds(&sandbox, NEW));
    end_overlap(&sandbox);
    // Ignored at once by what only reads.
    assert_eq!(rotation(&sandbox), json!(null));
    sandbox.run(["show", "ERP"]).ok().stdout_lacks("rotation ").stderr_is("");
    sandbox.run(["list"]).ok().stdout_lacks("ROTATION");
    let dry = emit(&sandbox, 2000, &["--dry-run"]).ok().json();
    let headers = dry["requests"][0]["headers"].to_string();
    assert_eq!(headers.matches("v1,").count(), 1, "{headers}");
    assert!(holds(&sandbox, OLD), "nobody has written yet");
    receiver.take_received();
    emit(&sandbox, 2001, &[]).ok();
    assert_eq!(signers(&receiver.received()), ["new"]);
    assert!(!holds(&sandbox, OLD), "the old secret is in the file");
    assert!(holds(&sandbox, NEW));
    let left = "SELECT count(*) FROM webhooks WHERE old_secret IS NOT NULL OR rotation_id IS NOT NULL
                OR rotation_until IS NOT NULL OR rotation_leads IS NOT NULL OR rotation_started_at IS NOT NULL";
    assert_eq!(value(&sandbox, left), 0);
    let changes = sandbox.run(["show", "ERP", "-o", "json"]).ok().json()["changes"].clone();
    assert_eq!(each(&changes, "what"), ["rotated", "rotating", "created"]);
    assert_eq!((&changes[0]["by"], &changes[0]["fields"]), (&json!("ptw-hooks"), &json!(["rotation"])));
    sandbox.run(["check"]).ok();
}

#[test]
fn whatever_writes_erases() {
    for args in [
        &["create", "--name", "x", "--url", NOBODY, "--event", "*"][..],
        &["token", "create", "x"],
        &["disable", "2"],
        &["emit", "permit_created", "--permit-id", "1", "--permit-number", "P", "--queue"],
        &["retry"],
        &["test", "ERP"],
        &["rotate-secret", "ERP"],
    ] {
        let receiver = Receiver::start(Reply::status(204));
        let sandbox = subscribed(&receiver.url("/x"), &[]);
        sandbox.create("other", NOBODY, &["permit_expired"]);
        // Nothing is sent to a webhook that is paused; its secret is erased all the same.
        if args[0] == "retry" {
            sandbox.run(["pause", "ERP"]).ok();
        }
        rotate(&sandbox);
        end_overlap(&sandbox);
        sandbox.run(args).ok();
        assert!(!holds(&sandbox, OLD), "{args:?}");
    }
}

#[test]
fn a_server_that_has_nothing_else_to_do_erases_it_from_the_file_and_from_the_log_beside_it() {
    let receiver = Receiver::start(Reply::status(204));
    let site = Site::of(subscribed(&receiver.url("/x"), &[]), &[]);
    rotate(&site.sandbox);
    site.client.post("events/?wait=true", &crate::rest::event("permit_created", 1)).is(200);
    assert!(holds(&site.sandbox, OLD));
    end_overlap(&site.sandbox);
    assert_eq!(site.client.get("webhooks/1/").is(200).json()["rotation"], json!(null));
    until("it is erased", || (!holds(&site.sandbox, OLD)).then_some(()));
    // The server goes on.
    site.client.post("events/?wait=true", &crate::rest::event("permit_created", 2)).is(200);
    assert_eq!(signers(&receiver.received()), ["old", "new"]);
}

#[test]
fn finish_cancel_update_and_delete_leave_nothing_of_what_they_give_up() {
    let receiver = Receiver::start(Reply::status(204));
    let fresh = || {
        let sandbox = subscribed(&receiver.url("/x"), &[]);
        sandbox.create("other", NOBODY, &["permit_expired"]);
        stir(&sandbox, &receiver);
        sandbox
    };
    let sandbox = fresh();
    rotate(&sandbox);
    stir(&sandbox, &receiver);
    let finished = sandbox.run(["rotate-secret", "ERP", "--finish"]).ok();
    finished
        .stdout_is("ended the rotation of the secret of webhook 1 `ERP`\nsecret  ********dy0=, the new one; the old one is erased\n")
        .stderr_is("warning: the receiver had not accepted the new secret yet: without it, it refuses what is sent from now on\n");
    assert!(!holds(&sandbox, OLD) && holds(&sandbox, NEW));

    let sandbox = fresh();
    rotate(&sandbox);
    stir(&sandbox, &receiver);
    let cancelled = sandbox.run(["rotate-secret", "ERP", "--cancel"]).ok();
    cancelled
        .stdout_is("ended the rotation of the secret of webhook 1 `ERP`\nsecret  ********ZC0=, the old one; the new one is erased\n")
        .stderr_is("");
    assert!(holds(&sandbox, OLD) && !holds(&sandbox, NEW));

    sandbox.run(["update", "ERP", "--secret-file", "third.secret"]).ok();
    assert!(!holds(&sandbox, OLD) && holds(&sandbox, THIRD));
    rotate(&sandbox);
    stir(&sandbox, &receiver);
    sandbox.run(["delete", "ERP", "--yes"]).ok();
    assert!(!holds(&sandbox, THIRD) && !holds(&sandbox, NEW));
    assert_eq!(rows(&connect(&sandbox), "SELECT secret, old_secret FROM webhooks WHERE id = 1"), ["|"]);
}

#[test]
fn to_cancel_what_the_receiver_has_accepted_is_warned_of() {
    let known = Known::new(NEW);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    rotate(&sandbox);
    emit(&sandbox, 1, &[]).ok();
    sandbox
        .run(["rotate-secret", "ERP", "--cancel"])
        .ok()
        .stderr_has("warning: the receiver has accepted the new secret, at 2")
        .stderr_has(": give the old one back to it\n");
}

/// Emits an event whose first request is refused, and whose second one is accepted after `meanwhile`.
fn late(meanwhile: impl Fn(&Sandbox)) -> Sandbox {
    let (gate, turn) = (Gate::default(), AtomicUsize::new(0));
    let held = gate.clone();
    let receiver = Receiver::start(Behaviour::by(move |_| {
        if turn.fetch_add(1, Ordering::SeqCst) == 0 {
            return Reply::status(401);
        }
        held.pass();
        Reply::status(204)
    }));
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    rotate(&sandbox);
    let emit = ["emit", "permit_created", "--permit-id", "1", "--permit-number", "P"];
    let emitting = sandbox.cmd().args(emit).spawn();
    receiver.wait_for(2);
    meanwhile(&sandbox);
    gate.open();
    emitting.wait().ok();
    assert_eq!(signers(&receiver.received()), ["old", "new"]);
    sandbox
}

#[test]
fn a_late_worker_decides_nothing_about_another_rotation() {
    // As it is without anybody in between.
    let sandbox = late(|_| {});
    assert_eq!(rotation(&sandbox)["leads"], "new");
    // One that was finished stays finished.
    let sandbox = late(|sandbox| drop(sandbox.run(["rotate-secret", "ERP", "--finish"]).ok()));
    assert_eq!(rotation(&sandbox), json!(null));
    assert_eq!(rows(&connect(&sandbox), "SELECT secret, old_secret FROM webhooks"), [format!("{NEW}|")]);
    let sandbox = late(|sandbox| drop(sandbox.run(["rotate-secret", "ERP", "--cancel"]).ok()));
    assert_eq!(rows(&connect(&sandbox), "SELECT secret, old_secret FROM webhooks"), [format!("{OLD}|")]);
    // What it has seen is of the secret that was cancelled, and the next rotation begins at its beginning.
    let sandbox = late(|sandbox| {
        sandbox.run(["rotate-secret", "ERP", "--cancel"]).ok();
        sandbox.run(["rotate-secret", "ERP", "--secret-file", "third.secret"]).ok();
    });
    let now = rotation(&sandbox);
    assert_eq!((&now["leads"], &now["accepted_at"]), (&json!("old"), &json!(null)));
}
