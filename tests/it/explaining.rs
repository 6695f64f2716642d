//! Why an event was sent to each webhook or was not: what is recorded, what follows, and what cannot be told.

use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, each, emit};

/// The id of the event that is emitted.
fn event_id(sandbox: &Sandbox, extra: &[&str]) -> String {
    let run = emit(sandbox, "permit_approved", "7").args(["-o", "json"]).args(extra).run();
    run.json()["id"].as_str().expect("an id").to_owned()
}

fn explained(sandbox: &Sandbox, event: &str) -> Value {
    sandbox.run(["explain", event, "-o", "json"]).ok().stderr_is("").json()
}

/// What was found of the webhook of this name.
fn found<'a>(explained: &'a Value, name: &str) -> &'a Value {
    let all = explained["webhooks"].as_array().expect("findings");
    all.iter()
        .find(|finding| finding["webhook_name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {explained}"))
}

#[track_caller]
fn assert_found(explained: &Value, name: &str, outcome: &str, delivery: &Value, reason: &str) {
    let finding = found(explained, name);
    let said = finding["reason"].as_str().expect("a reason");
    assert_eq!((&finding["outcome"], &finding["delivery"]), (&json!(outcome), delivery), "{finding}");
    assert!(said.contains(reason), "no {reason:?} in {said:?}");
    for member in ["since", "changed_at"] {
        assert!(finding[member].is_null() || finding[member].as_str().unwrap().ends_with('Z'), "{finding}");
    }
}

fn ok(sandbox: &Sandbox, args: &[&str]) {
    sandbox.run(args).ok();
}

#[test]
fn every_reason_is_given_to_the_webhook_that_it_is_of() {
    let sandbox = Sandbox::new();
    sandbox.config("deny = [\"127.0.0.2/32\"]\nretry_schedule = [\"1h\"]");
    let receivers = [Reply::status(200), Reply::status(410)].map(Receiver::start);
    let (good, gone) = (receivers[0].url("/x"), receivers[1].url("/x"));
    sandbox.create("good", &good, &["*"]);
    sandbox.create("nobody", NOBODY, &["permit_approved"]);
    sandbox.create("other event", &good, &["permit_rejected", "permit_expired"]);
    sandbox.create("no event", &good, &[]);
    sandbox.create_with("other project", &good, &["*"], &["--project", "6"]);
    sandbox.create("disabled", &good, &["*"]);
    sandbox.create_with("created disabled", &good, &["*"], &["--disabled"]);
    sandbox.create("gone", &gone, &["permit_created"]);
    sandbox.create("paused", &good, &["*"]);
    sandbox.create("blocked", "http://127.0.0.2:9/x", &["*"]);
    sandbox.create("deleted before", &good, &["*"]);
    sandbox.create("deleted before, of no interest", &good, &["permit_rejected"]);
    sandbox.create("deleted meanwhile", NOBODY, &["permit_approved"]);
    sandbox.create("deleted since", &good, &["permit_rejected"]);
    // Gone is disabled by the program.
    emit(&sandbox, "permit_created", "1").run().code(3);
    ok(&sandbox, &["update", "gone", "--event", "*"]);
    ok(&sandbox, &["disable", "disabled"]);
    ok(&sandbox, &["pause", "paused"]);
    ok(&sandbox, &["delete", "deleted before", "--yes"]);
    ok(&sandbox, &["delete", "deleted before, of no interest", "--yes"]);

    let event = event_id(&sandbox, &["--project", "5"]);
    ok(&sandbox, &["delete", "deleted meanwhile", "--yes"]);
    ok(&sandbox, &["delete", "deleted since", "--yes"]);
    sandbox.create("created later", &good, &["*"]);
    sandbox.create("created and deleted later", &good, &["*"]);
    ok(&sandbox, &["delete", "created and deleted later", "--yes"]);
    // What was done later to what was disabled then does not count.
    ok(&sandbox, &["enable", "disabled"]);
    ok(&sandbox, &["disable", "disabled"]);

    let said = explained(&sandbox, &event);
    assert_eq!((&said["id"], &said["project_id"]), (&json!(event), &json!(5)));
    let by = found(&said, "disabled")["by"].as_str().unwrap().to_owned();
    assert!(by.starts_with("user "), "{by}");
    let id_of = |name: &str| found(&said, name)["delivery"].clone();
    assert_found(&said, "good", "fired", &id_of("good"), "the receiver answered 200 to attempt 1, at ");
    assert_eq!(found(&said, "good")["status"], "success");
    assert_found(&said, "nobody", "fired", &id_of("nobody"), "; next attempt ");
    assert_eq!(found(&said, "nobody")["status"], "pending");
    let reason = "it does not subscribe to permit_approved, but to permit_rejected, permit_expired";
    assert_found(&said, "other event", "not_subscribed", &json!(null), reason);
    let reason = "it does not subscribe to permit_approved, but to nothing";
    assert_found(&said, "no event", "not_subscribed", &json!(null), reason);
    let reason = "it belongs to project 6, and the event to project 5";
    assert_found(&said, "other project", "other_project", &json!(null), reason);
    assert_found(&said, "disabled", "disabled", &json!(null), &format!(" by {by}"));
    assert_found(&said, "created disabled", "disabled", &json!(null), &format!(" by {by}"));
    let reason = " by ptw-hooks: the receiver answered 410 Gone";
    assert_found(&said, "gone", "disabled", &json!(null), reason);
    assert_found(&said, "paused", "paused", &id_of("paused"), &format!(" by {by}, and it waits"));
    assert_eq!(
        (&found(&said, "paused")["status"], &found(&said, "paused")["by"]),
        (&json!("pending"), &json!(by))
    );
    assert_found(&said, "blocked", "blocked", &id_of("blocked"), "given up: ");
    assert_eq!(found(&said, "blocked")["status"], "failed");
    let reason = "the webhook was deleted before the event came, ";
    assert_found(&said, "deleted before", "deleted", &json!(null), reason);
    let reason = "the webhook was deleted before it was delivered, ";
    assert_found(&said, "deleted meanwhile", "deleted", &id_of("deleted meanwhile"), reason);
    let reason = "but to permit_rejected; the webhook was deleted since, ";
    assert_found(&said, "deleted since", "not_subscribed", &json!(null), reason);
    assert_found(
        &said,
        "created later",
        "created_later",
        &json!(null),
        "the webhook was created only later, ",
    );
    let names = each(&said["webhooks"], "webhook_name");
    assert_eq!(names.len(), 14, "{names:?}");
    assert!(each(&said["webhooks"], "changed_at").iter().all(Value::is_null), "nothing was changed: {said}");
    // Since when is as the history has it: the first disabling, not the one after the event.
    let history = sandbox.run(["show", "disabled", "-o", "json"]).ok().json()["changes"].clone();
    assert_eq!(each(&history, "what"), ["disabled", "enabled", "disabled", "created"]);
    assert_eq!(found(&said, "disabled")["since"], history[2]["at"]);

    // The same event once more.
    let again = event_id(&sandbox, &["--project", "5"]);
    assert_ne!(again, event);
    let said_again = explained(&sandbox, &again);
    for name in ["good", "nobody", "paused", "blocked"] {
        let first = id_of(name);
        let reason = format!("the same event was accepted before, as delivery {first}");
        assert_found(&said_again, name, "duplicate", &first, &reason);
        assert_eq!(found(&said_again, name)["status"], found(&said, name)["status"]);
    }
    assert_eq!(each(&said_again["webhooks"], "webhook_name").len(), 13 + 1, "{said_again}");
}

#[test]
fn what_was_changed_after_the_event_is_said_and_nothing_is_guessed() {
    let sandbox = Sandbox::new();
    let of = |name: &str, events: &[&str], project: &str| {
        sandbox.create_with(name, NOBODY, events, &["--project", project]);
    };
    of("subscribes now", &["permit_rejected"], "5");
    of("subscribes to another now", &["permit_rejected"], "5");
    of("of the project now", &["*"], "6");
    of("of another project still", &["permit_approved"], "6");
    of("both, not subscribed now", &["permit_rejected"], "6");
    of("both, of another now", &["permit_rejected"], "6");
    of("both, owed now", &["permit_rejected"], "6");
    of("changed before", &["*"], "6");
    of("changed otherwise", &["permit_rejected"], "5");
    ok(&sandbox, &["update", "changed before", "--event", "permit_expired"]);
    let event = event_id(&sandbox, &["--project", "5", "--queue"]);
    for args in [
        &["update", "subscribes now", "--event", "permit_approved"][..],
        &["update", "subscribes to another now", "--event", "permit_expired"],
        &["update", "of the project now", "--project", "5"],
        &["update", "of another project still", "--event", "permit_expired"],
        &["update", "both, not subscribed now", "--event", "permit_expired", "--project", "5"],
        &["update", "both, of another now", "--event", "*", "--project", "7"],
        &["update", "both, owed now", "--event", "*", "--global"],
        &["update", "changed otherwise", "--url", "http://127.0.0.1:9/other"],
    ] {
        ok(&sandbox, args);
    }
    let said = explained(&sandbox, &event);
    let changed = |name: &str| !found(&said, name)["changed_at"].is_null();
    let none = || json!(null);
    let reason = "it did not subscribe to permit_approved; as it is now, it subscribes to permit_approved; its events \
                  were changed after the event, ";
    assert_found(&said, "subscribes now", "not_subscribed", &none(), reason);
    let reason = "it did not subscribe to permit_approved; as it is now, it subscribes to permit_expired; its events \
                  were changed after the event, ";
    assert_found(&said, "subscribes to another now", "not_subscribed", &none(), reason);
    let reason = "it belonged to another project than the event, which belongs to project 5; as it is now, it belongs \
                  to project 5; its project was changed after the event, ";
    assert_found(&said, "of the project now", "other_project", &none(), reason);
    assert_found(&said, "of another project still", "other_project", &none(), "it belongs to project 6");
    let reason = "; that is as it is now: its events and its project were changed after the event, ";
    assert_found(&said, "both, not subscribed now", "not_subscribed", &none(), reason);
    assert_found(&said, "both, of another now", "other_project", &none(), reason);
    assert_found(
        &said,
        "both, owed now",
        "unknown",
        &none(),
        "as it is now, it would be owed the event; that is as",
    );
    assert_found(&said, "changed before", "not_subscribed", &none(), "but to permit_expired");
    assert_found(&said, "changed otherwise", "not_subscribed", &none(), "but to permit_rejected");
    for name in ["of another project still", "changed before", "changed otherwise"] {
        assert!(!changed(name), "{said}");
    }
    for name in ["subscribes now", "of the project now", "both, owed now", "both, of another now"] {
        assert!(changed(name) && found(&said, name)["changed_by"].is_string(), "{said}");
    }

    // A file from before changes were noted knows only when a webhook was changed last.
    connect(&sandbox).execute_batch("DELETE FROM webhook_changes").unwrap();
    let said = explained(&sandbox, &event);
    let reason = "an early version did not note what was changed after the event";
    assert_found(&said, "subscribes now", "unknown", &none(), reason);
    assert_found(&said, "subscribes to another now", "not_subscribed", &none(), reason);
    // That of the last change was before the event, whatever it was.
    assert_found(&said, "changed before", "not_subscribed", &none(), "but to permit_expired");
    assert!(found(&said, "changed before")["changed_at"].is_null());
}

#[test]
fn what_was_missed_and_replayed_is_told_with_both() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/x"), &["*"]);
    ok(&sandbox, &["disable", "ERP"]);
    let events = [event_id(&sandbox, &[]), event_id(&sandbox, &[])];
    assert_found(
        &explained(&sandbox, &events[0]),
        "ERP",
        "disabled",
        &json!(null),
        "the webhook was disabled since ",
    );
    ok(&sandbox, &["enable", "ERP"]);
    ok(&sandbox, &["replay", "--missed", "--since", "1h"]);
    let said = explained(&sandbox, &events[0]);
    assert_found(&said, "ERP", "fired", &json!(1), "the receiver answered 200 to attempt 1, at ");
    assert_found(&said, "ERP", "fired", &json!(1), "; the webhook was disabled since ");
    assert_found(&said, "ERP", "fired", &json!(1), "; replayed ");
    let said = explained(&sandbox, &events[1]);
    assert_found(&said, "ERP", "disabled", &json!(1), "when delivery 1 of the same event stood for it");
}

#[test]
fn a_test_goes_to_one_webhook_and_the_others_say_so() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(200));
    sandbox.create("ERP", &receiver.url("/x"), &["permit_created"]);
    sandbox.create("gate", &receiver.url("/x"), &["*"]);
    ok(&sandbox, &["test", "ERP"]);
    let event = sandbox.run(["inspect", "1", "-o", "json"]).ok().json()["event_id"].clone();
    let said = explained(&sandbox, event.as_str().unwrap());
    assert_found(&said, "ERP", "fired", &json!(1), "answered 200");
    assert_found(&said, "gate", "not_subscribed", &json!(null), "a test goes to one webhook alone");
}

#[test]
fn an_event_is_found_by_its_permit_and_one_that_is_not_there_is_answered_with_a_hint() {
    let sandbox = Sandbox::new();
    sandbox.run(["explain", "evt_1"]).code(4).stdout_is("");
    sandbox.create("ERP", NOBODY, &["permit_approved"]);
    let event = event_id(&sandbox, &["--queue"]);
    // One that nobody is owed.
    emit(&sandbox, "permit_expired", "7").run().ok();
    for permit in ["7", "PTW-7"] {
        let said = sandbox.run(["explain", "--permit", permit, "-o", "json"]).ok().stderr_is("").json();
        assert_eq!(each(&said, "event"), ["permit_expired", "permit_approved"]);
        assert_eq!(said[0]["webhooks"][0]["outcome"], "not_subscribed");
        assert_eq!(said[1], explained(&sandbox, &event));
    }
    let newest = sandbox.run(["explain", "--permit", "7", "--limit", "1", "-o", "json"]).ok();
    assert_eq!(each(&newest.json(), "event"), ["permit_expired"]);
    newest.stderr_is("the newest 1 are explained; `--limit` shows more\n");

    let hint = |args: &[&str], code: i32, error: &str, hint: &str| {
        sandbox.run(args).code(code).stdout_is("").stderr_has(error).stderr_has(hint);
    };
    hint(
        &["explain", "1"],
        4,
        "event `1` does not exist",
        &format!("1 is a delivery, of the event `{event}`"),
    );
    hint(&["explain", "PTW-7"], 4, "event `PTW-7` does not exist", "`ptw-hooks explain --permit PTW-7`");
    hint(&["explain", "evt_nothing"], 4, "event `evt_nothing` does not exist", "hint: ");
    hint(&["explain", "--permit", "8"], 4, "no event about permit `8` was accepted", "hint: ");
    hint(&["explain"], 2, "required", "--permit");
    hint(&["explain", &event, "--permit", "7"], 2, "cannot be used with", "--permit");
    hint(&["explain", &event, "--limit", "7"], 2, "", "--limit");
}

#[test]
fn every_format_says_the_same() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP, \"x\"", NOBODY, &["permit_approved"]);
    sandbox.create("gate", NOBODY, &["permit_expired"]);
    let event = event_id(&sandbox, &["--queue"]);
    let run = |format: &str| sandbox.run(["explain", &event, "-o", format]).ok().stderr_is("");
    assert_eq!(json!(run("ndjson").json_lines()), json!([run("json").json()]));
    let csv = run("csv").stdout;
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("event_id,event,accepted_at,webhook_id,webhook,outcome,delivery,status,reason")
    );
    let first = lines.next().unwrap();
    assert!(first.starts_with(&format!("{event},permit_approved,")), "{first}");
    assert!(first.contains(",1,\"ERP, \"\"x\"\"\",waiting,1,pending,"), "{first}");
    assert!(lines.next().unwrap().contains(",2,gate,not_subscribed,,,"), "{csv}");
    assert_eq!(run("tsv").stdout.lines().count(), 3);
    run("table")
        .stdout_has(format!(
            "event     permit_approved ({event})\npermit    PTW-7 (id 7)\nproject   none\naccepted  "
        ))
        .stdout_has("\nWEBHOOK   OUTCOME         DELIVERY  STATUS   REASON\n");
}
