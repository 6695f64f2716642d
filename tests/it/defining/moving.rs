//! What is exported on one machine and applied on another is the same there; every difference is found and mended.

use serde_json::Value;

use super::{OTHER, differences, differing, other, stored};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, rows};

/// Webhooks that have between them every setting, with names that are not easy.
fn plant(sandbox: &Sandbox) {
    sandbox.create("ERP", NOBODY, &["permit_approved", "permit_rejected"]);
    sandbox.create_with("ERP", NOBODY, &["*"], &["--project", "5", "--timeout", "7s", "--rate", "30/m"]);
    sandbox.create_with("Größe \"7\" \\ 工場", NOBODY, &[], &["--project", "-3", "--ordered", "--no-retry"]);
    let headers = ["--header", "X-Key: hunter2", "--header", "Authorization: Bearer \"a\\b\" c"];
    sandbox.create_with("heads", NOBODY, &["permit_created"], &headers);
    sandbox.run(["update", "heads", "--generate-secret", "--retry-schedule", "5s,90s,2h,7d"]).ok();
    sandbox.create_with("off", NOBODY, &["*"], &["--disabled"]);
    sandbox.run(["update", "off", "--secret", "a secret \"of\" somebody's own"]).ok();
}

/// What `list -o json` says, without ids and times.
fn listed(text: &str) -> Vec<Value> {
    let mut all: Vec<Value> = serde_json::from_str(text).unwrap();
    for webhook in &mut all {
        let webhook = webhook.as_object_mut().unwrap();
        for member in ["id", "created_at", "updated_at", "disabled_at"] {
            assert!(webhook.remove(member).is_some());
        }
    }
    all
}

/// What proves an event, and what `list` masks.
const SECRETS: &str = "SELECT name, project, secret, headers FROM webhooks ORDER BY id";

#[test]
fn what_is_applied_on_another_machine_is_what_was_exported() {
    for format in ["toml", "json"] {
        let sandbox = Sandbox::new();
        plant(&sandbox);
        let exported = sandbox
            .run(["export", "--secrets-dir", "keys", "--format", format])
            .ok()
            .stderr_is("7 files with secrets are in `keys`\n");
        sandbox.write("webhooks.toml", &exported.stdout);
        differences(&sandbox, 0);
        other(&sandbox, &["apply", "webhooks.toml"]).ok();
        let list = |db: &[&str]| sandbox.run([db, &["list", "-o", "json"]].concat()).ok().stdout;
        assert_eq!(listed(&list(&[])), listed(&list(&OTHER)));
        let there = rusqlite::Connection::open(sandbox.dir().join("other/ptw-hooks.db")).unwrap();
        assert_eq!(rows(&connect(&sandbox), SECRETS), rows(&there, SECRETS));
        // And it is the same file again, but for the directory of the secrets.
        let again = other(&sandbox, &["export", "--format", format, "--secrets-dir", "keys"]).ok();
        assert_eq!(again.stdout, exported.stdout);
    }
}

#[test]
fn secrets_go_from_one_machine_to_another_through_the_environment() {
    let sandbox = Sandbox::new();
    plant(&sandbox);
    let file = sandbox.run(["export"]).ok().stderr_is("").stdout;
    sandbox.write("webhooks.toml", &file);
    let mut apply = sandbox.cmd().args(OTHER).args(["apply", "webhooks.toml"]);
    let sql = "SELECT secret FROM webhooks ORDER BY id";
    let names = ["ERP", "ERP_5", "GR_E_7_3", "HEADS", "OFF"];
    for (name, secret) in names.iter().zip(rows(&connect(&sandbox), sql)) {
        assert!(
            file.contains(&format!("secret = {{ env = \"PTW_HOOKS_SECRET_{name}\" }}\n")),
            "{name}: {file}"
        );
        apply = apply.env(format!("PTW_HOOKS_SECRET_{name}"), secret);
    }
    apply = apply.env("PTW_HOOKS_HEADER_HEADS_X_KEY", "hunter2");
    apply.env("PTW_HOOKS_HEADER_HEADS_AUTHORIZATION", "Bearer \"a\\b\" c").run().ok();
    let there = rusqlite::Connection::open(sandbox.dir().join("other/ptw-hooks.db")).unwrap();
    assert_eq!(rows(&connect(&sandbox), SECRETS), rows(&there, SECRETS));
}

#[test]
fn applying_a_second_time_changes_nothing_at_all() {
    let sandbox = Sandbox::new();
    plant(&sandbox);
    sandbox.run(["pause", "off"]).ok();
    sandbox.write("webhooks.toml", sandbox.run(["export", "--secrets-dir", "keys"]).ok().stdout);
    other(&sandbox, &["apply", "webhooks.toml"]).ok().stderr_has("5 created\n");
    for db in [sandbox.db_path(), sandbox.dir().join("other/ptw-hooks.db")] {
        let before = stored(&db);
        let db = db.to_str().unwrap();
        for _ in 0..2 {
            sandbox
                .run(["--db", db, "apply", "webhooks.toml"])
                .ok()
                .stdout_is("")
                .stderr_is("5 as declared\n");
            sandbox.run(["--db", db, "diff", "webhooks.toml", "-o", "json"]).ok().stdout_is("[]\n");
            sandbox.run(["--db", db, "apply", "webhooks.toml", "--prune"]).ok().stdout_is("");
        }
        assert_eq!(stored(sandbox.dir().join(db).as_path()), before);
    }
}

#[test]
fn each_single_difference_is_found_shown_and_mended() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["permit_created"], &["--header", "X-Key: hunter2"]);
    sandbox.write("webhooks.toml", sandbox.run(["export", "--secrets-dir", "keys"]).ok().stdout);
    // Time and what is counted from it apart.
    let sql = "SELECT name, url, secret, project, enabled, events, timeout_ms, headers, retry_schedule, rate, ordered,
                      disabled_reason, paused_at FROM webhooks";
    let before = rows(&connect(&sandbox), sql);
    for (change, member, told, shown) in [
        (
            &["--url", "http://127.0.0.1:9/x"][..],
            "url",
            "url",
            "http://127.0.0.1:9/x → http://127.0.0.1:9/permits",
        ),
        (&["--event", "*"], "events", "events", "* → permit_created"),
        (
            &["--event", "permit_created,permit_expired"],
            "events",
            "events",
            "permit_created, permit_expired → permit_created",
        ),
        (&["--remove-event", "permit_created"], "events", "events", "none → permit_created"),
        (&["--timeout", "3s"], "timeout", "timeout", "3s → default"),
        (&["--retry-schedule", "5s,1h"], "retry_schedule", "retry_schedule", "5s, 1h → default"),
        (&["--no-retry"], "retry_schedule", "retry_schedule", "none → default"),
        (&["--rate", "10/s"], "rate", "rate", "10/s → default"),
        (&["--ordered"], "ordered", "ordered", "true → default"),
        (&["--generate-secret"], "secret", "secret", "changes"),
        (&["--header", "X-Key: other"], "headers.X-Key", "headers", "changes"),
        (&["--header", "x-key: hunter2"], "headers", "headers", "x-key → X-Key"),
        (&["--header", "X-Key: hunter2", "--header", "A: 1"], "headers", "headers", "X-Key, A → X-Key"),
        (&["--no-headers"], "headers", "headers", "default → X-Key"),
    ] {
        sandbox.run([&["update", "ERP"], change].concat()).ok();
        assert_eq!(differing(&sandbox), [member], "{change:?}");
        let sign = match shown {
            set if set.starts_with("default →") => '+',
            unset if unset.ends_with("→ default") => '-',
            _ => '~',
        };
        let text = format!("~ 1 `ERP`\n  {sign} {member:<15} {shown}\n");
        sandbox.run(["diff", "webhooks.toml"]).code(3).stdout_is(&text).stderr_is("1 to change\n");
        sandbox.run(["apply", "webhooks.toml", "--dry-run"]).ok().stdout_is(&text);
        let applied = sandbox.run(["apply", "webhooks.toml"]).ok().stdout_is(&text).stderr_has("1 changed\n");
        let signed =
            applied.stderr.contains("`ERP`: every attempt from now on is signed with the new secret\n");
        assert_eq!(signed, member == "secret", "{applied}");
        assert_eq!(rows(&connect(&sandbox), sql), before, "{change:?}");
        let noted = "SELECT what, fields FROM webhook_changes ORDER BY id DESC LIMIT 1";
        assert_eq!(rows(&connect(&sandbox), noted), [format!("changed|[\"{told}\"]")]);
    }
    sandbox.run(["disable", "ERP"]).ok();
    assert_eq!(differing(&sandbox), ["enabled"]);
    let applied = sandbox.run(["apply", "webhooks.toml"]).ok().stdout_has("enabled         false → true\n");
    applied.stderr_has("`ERP` is enabled again; `ptw-hooks replay --missed --webhook 1 --since TIME` sends");
    assert_eq!(rows(&connect(&sandbox), sql), before);
    // These two are what a webhook is known by.
    for change in [&["--name", "erp"][..], &["--project", "5"]] {
        sandbox.run([&["update", "1"], change].concat()).ok();
        let found = differences(&sandbox, 3);
        assert_eq!((&found[0]["action"], &found[1]["action"]), (&"create".into(), &"unmanaged".into()));
        sandbox.run(["update", "1", "--name", "ERP", "--global"]).ok();
    }
    differences(&sandbox, 0);
}
