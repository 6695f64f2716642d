//! Who created, changed and deleted a webhook, and when: noted with the change itself, never with a value.

use std::process::Command;

use serde_json::{Value, json};

use crate::database::{change, value};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, each, emit, rows};

/// Who runs the tests, by the name that the system has for them.
fn me() -> String {
    let id = |flag: &str| {
        let output = Command::new("id").arg(flag).output().expect("`id` can be started");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let uid = id("-u");
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = users.lines().any(|line| line.split(':').nth(2) == Some(&uid));
    if known { format!("user {}", id("-un")) } else { format!("user uid {uid}") }
}

/// The changes that `show` prints of a webhook, each with what and its fields.
fn changes(sandbox: &Sandbox, named: &str) -> Vec<(String, Vec<String>)> {
    let shown = sandbox.run(["show", named, "-o", "json"]).ok().json();
    let one = |change: &Value| {
        let fields = change["fields"].as_array().unwrap();
        let fields = fields.iter().map(|field| field.as_str().unwrap().to_owned()).collect();
        (change["what"].as_str().unwrap().to_owned(), fields)
    };
    shown["changes"].as_array().unwrap().iter().map(one).collect()
}

fn told(what: &str, fields: &[&str]) -> (String, Vec<String>) {
    (what.to_owned(), fields.iter().map(|field| (*field).to_owned()).collect())
}

#[test]
fn every_change_is_noted_with_the_names_of_what_changed() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    for args in [
        &["update", "ERP", "--url", "http://127.0.0.1:9/v2", "--event", "permit_created"][..],
        &["update", "ERP", "--generate-secret", "--header", "X-Key: hunter2"],
        &["update", "ERP", "--rate", "10/s", "--ordered", "--retry-schedule", "5s", "--timeout", "5s"],
        // What changes nothing is no change.
        &["update", "ERP", "--name", "ERP", "--ordered"],
        &["enable", "ERP"],
        &["resume", "ERP"],
        &["disable", "ERP"],
        &["disable", "ERP"],
        &["enable", "ERP"],
        &["pause", "ERP"],
        &["resume", "ERP"],
        &["update", "ERP", "--name", "erp", "--project", "5"],
    ] {
        sandbox.run(args).ok().stdout_lacks("changed by");
    }
    // What is refused is no change either.
    sandbox.run(["update", "erp", "--name", " "]).code(2);
    assert_eq!(
        changes(&sandbox, "erp"),
        [
            told("changed", &["name", "project"]),
            told("resumed", &["paused_at"]),
            told("paused", &["paused_at"]),
            told("enabled", &["enabled"]),
            told("disabled", &["enabled"]),
            told("changed", &["timeout", "retry_schedule", "rate", "ordered"]),
            told("changed", &["secret", "headers"]),
            told("changed", &["url", "events"]),
            told("created", &[]),
        ]
    );
    let kept = rows(&connect(&sandbox), "SELECT by, token_id, what, fields FROM webhook_changes").join("\n");
    assert!(!kept.contains("whsec_") && !kept.contains("hunter2") && !kept.contains("v2"), "{kept}");
    assert!(kept.lines().all(|line| line.starts_with(&format!("{}||", me()))), "{kept}");
}

#[test]
fn show_says_who_created_a_webhook_and_who_changed_it_last() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let me = me();
    let fresh = sandbox.run(["show", "ERP"]).ok().stdout_has(format!("\ncreated by   {me}\n"));
    fresh.stdout_lacks("changed by").stdout_lacks("\nchanges\n");
    sandbox.run(["update", "ERP", "--project", "5", "--timeout", "5s"]).ok();
    let shown =
        sandbox.run(["show", "ERP"]).ok().stdout_has(format!("\ncreated by   {me}\nchanged by   {me}, 20"));
    shown
        .stdout_has(": project, timeout\n\nchanges\n  20")
        .stdout_has(format!("{me}  changed   project timeout\n"));

    let json = sandbox.run(["show", "ERP", "-o", "json"]).ok().json();
    let members: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!((members.first().unwrap().as_str(), members.last().unwrap().as_str()), ("id", "changes"));
    let newest = &json["changes"][0];
    assert_eq!(newest.as_object().unwrap().keys().collect::<Vec<_>>(), ["at", "by", "what", "fields"]);
    assert_eq!((&newest["at"], &newest["by"]), (&json["updated_at"], &json!(me)));
    assert_eq!(json["changes"][1]["at"], json["created_at"]);
    // What else prints a webhook prints it as before.
    let listed = sandbox.run(["list", "-o", "json"]).ok().json()[0].clone();
    assert!(listed.get("changes").is_none(), "{listed}");
    let updated = sandbox.run(["disable", "ERP", "-o", "json"]).ok().json();
    assert_eq!(
        updated.as_object().unwrap().keys().cloned().collect::<Vec<_>>(),
        members[..members.len() - 1]
    );
    sandbox.run(["show", "ERP", "-o", "csv"]).ok().stdout_has("id,name,enabled,").stdout_lacks("changed");
}

#[test]
fn a_user_is_who_the_system_says_and_under_sudo_also_who_it_was_before() {
    let sandbox = Sandbox::new();
    let create = |variables: &[(&str, &str)]| {
        let cmd =
            sandbox.cmd().args(["create", "--name", "x", "--url", NOBODY, "--event", "*", "-o", "json"]);
        let cmd = variables.iter().fold(cmd, |cmd, (name, value)| cmd.env(name, value));
        let id = cmd.run().ok().json()["id"].to_string();
        sandbox.run(["show", &id, "-o", "json"]).ok().json()["changes"][0]["by"].clone()
    };
    let me = me();
    assert_eq!(create(&[("USER", "mallory"), ("LOGNAME", "mallory")]), me);
    assert_eq!(
        create(&[("SUDO_USER", "anna-of-the-night-shift")]),
        format!("{me} (sudo by anna-of-the-night-shift)")
    );
    assert_eq!(create(&[("SUDO_USER", "x) and token erp")]), me, "nobody writes a sentence there");
    assert_eq!(create(&[("SUDO_USER", me.strip_prefix("user ").unwrap())]), me);
}

#[test]
fn who_deleted_a_webhook_is_told_to_whoever_asks_for_it() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    sandbox.run(["delete", "ERP", "--yes"]).ok();
    let hint = format!("hint: webhook 1 `ERP` was deleted by {} at 20", me());
    for named in ["ERP", "1"] {
        let gone = sandbox.run(["show", named]).code(4).stdout_is("");
        gone.stderr_has(format!("error: webhook `{named}` does not exist\n{hint}"))
            .stderr_has("`ptw-hooks deliveries 1` shows what is left of its log\n");
    }
    let noted = rows(&connect(&sandbox), "SELECT webhook_id, what, fields FROM webhook_changes ORDER BY id");
    assert_eq!(noted, ["1|created|[]", "1|deleted|[]"]);
    // One that was deleted before anybody noted who did it.
    change(&sandbox, "DELETE FROM webhook_changes");
    sandbox.run(["show", "1"]).code(4).stderr_has("hint: webhook 1 `ERP` was deleted at 20");
    sandbox.run(["show", "2"]).code(4).stderr_has("hint: `ptw-hooks list` shows the names");
}

#[test]
fn a_webhook_that_is_disabled_by_the_program_says_so() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Reply::status(410));
    sandbox.create("ERP", &receiver.url("/"), &["*"]);
    emit(&sandbox, "permit_approved", "7").run().code(3);
    emit(&sandbox, "permit_approved", "8").run().ok();
    let shown = sandbox.run(["show", "ERP", "-o", "json"]).ok().json();
    assert_eq!(each(&shown["changes"], "what"), ["disabled", "created"]);
    assert_eq!(shown["changes"][0]["by"], "ptw-hooks");
    sandbox.run(["show", "ERP"]).ok().stdout_has("\nchanged by   ptw-hooks, 20").stdout_has(": disabled\n");
}

#[test]
fn of_many_changes_the_newest_and_the_creation_are_shown() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let row = "SELECT 1, 2000000000000 + value, 'token erp', 'changed', '[\"url\"]' FROM generate_series";
    let series = "WITH RECURSIVE generate_series (value) AS
                  (SELECT 1 UNION ALL SELECT value + 1 FROM generate_series WHERE value < 30)";
    let insert = format!("{series} INSERT INTO webhook_changes (webhook_id, at, by, what, fields) {row}");
    connect(&sandbox).execute_batch(&insert).unwrap();
    let all = sandbox.run(["show", "ERP", "-o", "json"]).ok().json()["changes"].clone();
    let whats = each(&all, "what");
    assert_eq!((whats.len(), &whats[18], &whats[19]), (20, &json!("changed"), &json!("created")));
    assert!(all[0]["at"].as_str().unwrap().ends_with(".030000Z"), "{all}");
    let shown = sandbox.run(["show", "ERP"]).ok().stdout_has(format!("\ncreated by   {}\n", me()));
    assert_eq!(shown.stdout.matches("  token erp  changed   url\n").count(), 10, "{shown}");
    shown.stdout_has("\n  and older ones; `-o json` has more\n");
}

#[test]
fn what_is_known_of_a_webhook_that_is_pruned_goes_with_it() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    sandbox.create("gate", NOBODY, &["*"]);
    sandbox.run(["delete", "ERP", "--yes"]).ok();
    let pruned = sandbox.run(["prune", "--older-than", "1d", "-o", "json"]).ok().json();
    assert_eq!(pruned["webhooks"], 1);
    assert_eq!(value(&sandbox, "SELECT count(*) FROM webhook_changes WHERE webhook_id = 1"), 0);
    assert_eq!(changes(&sandbox, "gate"), [told("created", &[])]);
    sandbox.run(["check"]).ok();
}

#[test]
fn of_a_webhook_from_before_it_is_said_that_nobody_knows() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    change(&sandbox, "DELETE FROM webhook_changes");
    sandbox
        .run(["show", "ERP"])
        .ok()
        .stdout_has("\ncreated by   unknown: an earlier version did not keep it\n");
    sandbox.run(["pause", "ERP"]).ok();
    assert_eq!(changes(&sandbox, "ERP"), [told("paused", &["paused_at"])]);
    sandbox.run(["show", "ERP"]).ok().stdout_has(": paused\n\nchanges\n");
}
