//! Defining webhooks: create, list, show, update, enable, disable and delete.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sandbox::{SECRET, Sandbox};
use crate::steps::{NOBODY, at_terminal, connect, each, emit, rows};

const URL: &str = "https://erp.example/permits";

#[test]
fn a_generated_secret_has_32_random_bytes_and_is_shown_only_when_it_is_made() {
    let sandbox = Sandbox::new();
    let create = ["create", "--name", "ERP", "--url", URL, "--event", "permit_approved"];
    let created = sandbox.run(create).ok().stderr_is("").stdout_has("created webhook 1 `ERP`\n");
    let secret = created.stdout.split_whitespace().find(|word| word.starts_with("whsec_")).unwrap();
    assert_eq!(STANDARD.decode(&secret["whsec_".len()..]).unwrap().len(), 32);
    created.clone().stdout_has("shown this once");
    let masked = format!("********{}", &secret[secret.len() - 4..]);
    for args in [&["show", "ERP"][..], &["list"], &["show", "ERP", "-o", "json"], &["list", "-o", "csv"]] {
        sandbox.run(args).ok().stderr_is("").stdout_lacks(secret).stdout_has(&masked);
    }
    sandbox.run(["show", "ERP", "--reveal-secret"]).ok().stdout_has(secret);
    let revealed = sandbox.run(["show", "ERP", "--reveal-secret", "-o", "json"]).ok().json();
    assert_eq!(revealed["secret"], secret);
    let other = sandbox.run(create).ok().stderr_has("2 webhooks are named `ERP`");
    assert!(!other.stdout.contains(secret), "the same secret twice: {other}");
}

#[test]
fn create_prints_exactly_the_promised_members() {
    let sandbox = Sandbox::new();
    let create = ["create", "--name", "ERP", "--url", URL, "--event", "permit_approved,permit_rejected"];
    let created = sandbox.cmd().args(create).args(["--project", "5", "-o", "json"]);
    let created = created.args(["--secret-file", "-"]).stdin(SECRET).run().ok().stderr_is("").json();
    let members: Vec<_> = created.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "name", "project", "url", "secret", "enabled", "events"]);
    let expected = json!({"id": 1, "name": "ERP", "project": 5, "url": URL, "secret": SECRET, "enabled": true,
                          "events": ["permit_approved", "permit_rejected"]});
    assert_eq!(created, expected);
    let args = ["create", "--name", "x", "--url", URL, "--event", "*", "--disabled", "-o", "json"];
    let created = sandbox.run(args).ok().json();
    assert_eq!((&created["project"], &created["enabled"]), (&Value::Null, &json!(false)));
}

#[test]
fn a_chosen_secret_comes_from_a_flag_a_file_standard_input_or_last_the_variable() {
    let sandbox = Sandbox::new();
    sandbox.write("erp.secret", "of-the-file\n");
    sandbox.write("windows.secret", "of-windows\r\n");
    let create = |extra: &[&str], variable: &str| {
        let cmd = sandbox.cmd().args(["create", "--name", "ERP", "--url", URL, "--event", "*", "-o", "json"]);
        let cmd = cmd.args(extra).env("PTW_HOOKS_SECRET", variable).stdin("of-stdin\n");
        cmd.run().ok().json()["secret"].as_str().unwrap().to_owned()
    };
    assert_eq!(create(&["--secret", "of-the-flag"], "of-the-variable"), "of-the-flag");
    assert_eq!(create(&["--secret-file", "erp.secret"], "of-the-variable"), "of-the-file");
    assert_eq!(create(&["--secret-file", "windows.secret"], ""), "of-windows");
    assert_eq!(create(&["--secret-file", "-"], "of-the-variable"), "of-stdin");
    assert_eq!(create(&[], "of-the-variable"), "of-the-variable");
    assert!(create(&[], "").starts_with("whsec_"));

    let both = ["create", "--name", "x", "--url", URL, "--secret", "a", "--secret-file", "b"];
    sandbox.run(both).code(2).stdout_is("").stderr_has("cannot be used with");
    let missing = ["create", "--name", "x", "--url", URL, "--secret-file", "missing.secret"];
    sandbox.run(missing).code(2).stdout_is("").stderr_has("cannot read the secret from `missing.secret`");
    let given = ["create", "--name", "x", "--url", URL, "--event", "*", "--secret", "my-own-secret"];
    sandbox.run(given).ok().stdout_has("secret  ********cret").stdout_lacks("my-own").stdout_lacks("once");
}

#[test]
fn a_webhook_is_named_by_its_id_or_its_name() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", URL, &["*"]);
    sandbox.create("gate", URL, &["*"]);
    for (named, id) in [("ERP", 1), ("1", 1), ("gate", 2), ("2", 2)] {
        assert_eq!(sandbox.run(["show", named, "-o", "json"]).ok().json()["id"], id);
    }
    let hint = "hint: did you mean `gate`?\n";
    sandbox
        .run(["show", "gaet"])
        .code(4)
        .stdout_is("")
        .stderr_is(format!("error: webhook `gaet` does not exist\n{hint}"));
    sandbox.run(["test", "zzz"]).code(4).stdout_is("").stderr_has("hint: `ptw-hooks list` shows the names");
}

#[test]
fn an_ambiguous_name_is_refused_with_the_ids() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    sandbox.create("ERP", NOBODY, &["*"]);
    for args in [
        &["show", "ERP"][..],
        &["update", "ERP", "--name", "x"],
        &["enable", "ERP"],
        &["disable", "ERP"],
        &["delete", "ERP", "--yes"],
        &["test", "ERP"],
        &["deliveries", "ERP"],
    ] {
        let refused = sandbox.run(args).code(5).stdout_is("");
        refused.stderr_has("error: `ERP` names 2 webhooks: 1, 2\nhint: use the id");
    }
    // A name that looks like the id of another one.
    sandbox.create("1", NOBODY, &["*"]);
    sandbox.run(["show", "1"]).code(5).stderr_has("`1` names 2 webhooks: 1, 3");
    let all = sandbox.run(["list", "-o", "json"]).ok().json();
    assert_eq!(each(&all, "name"), ["1", "ERP", "ERP"]);
}

#[test]
fn list_shows_the_newest_first_and_filters() {
    let sandbox = Sandbox::new();
    sandbox.create_with("five", URL, &["permit_approved"], &["--project", "5"]);
    sandbox.create("all", URL, &["*"]);
    sandbox.create_with("off", URL, &["permit_created"], &["--disabled", "--project", "5"]);
    let names = |extra: &[&str]| {
        each(&sandbox.cmd().args(["list", "-o", "json"]).args(extra).run().ok().json(), "name")
    };
    assert_eq!(names(&[]), ["off", "all", "five"]);
    assert_eq!(names(&["--project", "5"]), ["off", "five"]);
    assert_eq!(names(&["--event", "permit_approved"]), ["all", "five"]);
    assert_eq!(names(&["--enabled"]), ["all", "five"]);
    assert_eq!(names(&["--disabled"]), ["off"]);
    assert_eq!(names(&["--project", "5", "--event", "permit_created", "--disabled"]), ["off"]);
    sandbox.run(["list", "--project", "6"]).ok().stderr_is("no webhooks\n");
    sandbox.run(["list", "--project", "6", "-o", "json"]).ok().stdout_is("[]\n");
    sandbox.run(["list", "--enabled", "--disabled"]).code(2).stdout_is("").stderr_has("cannot be used with");
    let wrong = sandbox.run(["list", "--event", "permit_aproved"]).code(2).stdout_is("");
    wrong.stderr_is("error: `permit_aproved` is not an event\nhint: did you mean `permit_approved`?\n");
}

#[test]
fn headers_come_from_a_file_so_that_no_list_of_processes_shows_them() {
    let sandbox = Sandbox::new();
    sandbox.write("first", "Authorization: Bearer x");
    sandbox.create_with("ERP", URL, &["permit_created"], &["--header-file", "first"]);
    let stored = || rows(&connect(&sandbox), "SELECT headers FROM webhooks");
    assert_eq!(stored(), [r#"[["Authorization","Bearer x"]]"#]);
    let update = |extra: &[&str]| {
        sandbox.cmd().args(["update", "1", "-o", "json"]).args(extra).run().ok().stderr_is("").json()
    };
    sandbox.write("headers", "X-A: 1\r\n\n  \nX-B: 2:3 \n");
    let masked = |names: &[&str]| json!(names.iter().map(|name| [*name, "********"]).collect::<Vec<_>>());
    assert_eq!(update(&["--header-file", "headers"])["headers"], masked(&["X-A", "X-B"]));
    assert_eq!(
        update(&["--header", "X-C: 3", "--header-file", "headers"])["headers"],
        masked(&["X-C", "X-A", "X-B"])
    );
    assert_eq!(stored(), [r#"[["X-C","3"],["X-A","1"],["X-B","2:3"]]"#]);
    sandbox
        .run(["update", "1", "--header-file", "nowhere"])
        .code(2)
        .stderr_has("cannot read the headers from `nowhere`");
    sandbox.run(["update", "1", "--header-file", "headers", "--no-headers"]).code(2);
    sandbox
        .run(["update", "1", "--header-file", "/dev/zero"])
        .code(2)
        .stderr_has("it has more than 65536 bytes");
    sandbox.write("empty", "");
    assert_eq!(update(&["--header-file", "empty"])["headers"], json!([]));
    let both = ["--secret-file", "-", "--header-file", "-"];
    let run = sandbox.cmd().args(["update", "1"]).args(both).stdin("a secret of both").run();
    run.code(2).stderr_has("cannot both read standard input");
}

#[test]
fn update_changes_what_it_names_and_keeps_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", URL, &["permit_created"], &["--project", "5", "--header", "X-Site: north"]);
    let update = |extra: &[&str]| {
        sandbox.cmd().args(["update", "1", "-o", "json"]).args(extra).run().ok().stderr_is("").json()
    };
    let events = |extra: &[&str]| update(extra)["events"].clone();
    assert_eq!(events(&["--add-event", "permit_approved"]), json!(["permit_created", "permit_approved"]));
    assert_eq!(events(&["--remove-event", "permit_created"]), json!(["permit_approved"]));
    assert_eq!(events(&["--event", "permit_expired,*"]), json!(["permit_expired", "*"]));
    assert_eq!(events(&["--remove-event", "*"]), json!(["permit_expired"]));

    assert_eq!(update(&["--global"])["project"], Value::Null);
    assert_eq!(update(&["--project", "-7"])["project"], -7);
    assert_eq!(update(&["--timeout", "30s"])["timeout"], 30);
    assert_eq!(update(&["--default-timeout"])["timeout"], Value::Null);
    assert_eq!(update(&["--header", "X-A: 1"])["headers"], json!([["X-A", "********"]]));
    assert_eq!(update(&["--no-headers"])["headers"], json!([]));
    let changed = update(&["--name", "erp-2", "--url", "https://erp.example/v2"]);
    assert_eq!(
        [&changed["id"], &changed["name"], &changed["url"], &changed["project"], &changed["events"]],
        [
            &json!(1),
            &json!("erp-2"),
            &json!("https://erp.example/v2"),
            &json!(-7),
            &json!(["permit_expired"])
        ]
    );
    assert_eq!(changed["secret_masked"], "********Hh8=");

    sandbox.run(["update", "1"]).code(2).stdout_is("").stderr_has("required arguments");
    sandbox.run(["update", "1", "--project", "5", "--global"]).code(2).stderr_has("cannot be used with");
    sandbox.run(["update", "1", "--event", "*"]).ok();
    let refused = sandbox.run(["update", "1", "--remove-event", "permit_created"]).code(2).stdout_is("");
    refused.stderr_has("the webhook subscribes to `*`").stderr_has("hint: name those that it keeps");
}

#[test]
fn a_replaced_secret_is_shown_only_where_it_was_generated() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", URL, &["*"]);
    let note = "every attempt from now on is signed with the new secret: give it to the receiver now\n";
    let generated = sandbox.run(["update", "ERP", "--generate-secret", "-o", "json"]).ok().stderr_is(note);
    let secret = generated.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret != SECRET);
    sandbox.run(["show", "ERP", "--reveal-secret"]).ok().stdout_has(&secret);
    sandbox.run(["update", "ERP", "--name", "erp"]).ok().stdout_lacks(&secret).stderr_is("");
    let chosen = sandbox.cmd().args(["update", "erp", "--secret-file", "-"]).stdin("chosen-secret\n").run();
    chosen.ok().stdout_lacks("chosen-secret").stdout_has("********cret").stderr_is(note);
    let both = sandbox.run(["update", "erp", "--generate-secret", "--secret", "x"]);
    both.code(2).stdout_is("").stderr_has("cannot be used with");
}

#[test]
fn timeouts_outside_their_bounds_are_refused() {
    let sandbox = Sandbox::new();
    for (timeout, code) in [("1s", 0), ("30s", 0), ("0s", 2), ("31s", 2), ("1500ms", 2), ("10", 2)] {
        let args = ["create", "--name", timeout, "--url", URL, "--event", "*", "--timeout", timeout];
        let run = sandbox.run(args).code(code);
        if code == 2 {
            run.stdout_is("").stderr_has("timeout");
        }
    }
    let all = sandbox.run(["list", "-o", "json"]).ok().json();
    assert_eq!(each(&all, "timeout"), [30, 1]);
}

#[test]
fn several_problems_are_reported_at_once_and_nothing_is_stored() {
    let sandbox = Sandbox::new();
    let args = ["create", "--name", " ", "--url", "ftp://erp.example", "--event", "permit_aproved"];
    let extra = ["--event", "zzz,permit_aproved", "--timeout", "31s", "--header", "Host: x"];
    let refused = sandbox.cmd().args(args).args(extra).run().code(2).stdout_is("");
    refused.stderr_is(
        "error: 7 problems, nothing was done\n  `permit_aproved` is not an event\n  `zzz` is not an event\n  \
         `permit_aproved` is not an event\n  name cannot be blank\n  \
         url cannot be used: its scheme is `ftp`, and only http and https are sent to\n  \
         header `Host` cannot be set: every request has its own\n  \
         timeout cannot be used: it is from 1s to 30s, in whole seconds\n\
         hint: did you mean `permit_approved`?\nhint: `ptw-hooks events` lists the events\n\
         hint: give an address such as `https://erp.example/hooks/permits`\n",
    );
    assert!(!sandbox.data_home().exists(), "a refused webhook left a database behind");
}

#[test]
fn a_disabled_webhook_says_why_until_it_is_enabled_again() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", URL, &["*"]);
    let off = sandbox.run(["disable", "ERP", "-o", "json"]).ok().json();
    assert_eq!((&off["enabled"], &off["disabled_reason"]), (&json!(false), &json!("disabled by hand")));
    sandbox.run(["show", "ERP"]).ok().stdout_has("enabled      no: disabled by hand, since 20");
    let on = sandbox.run(["enable", "ERP", "-o", "json"]).ok().json();
    assert_eq!((&on["enabled"], &on["disabled_reason"]), (&json!(true), &Value::Null));
}

#[test]
fn delete_ends_what_is_pending_erases_the_secret_and_keeps_the_log() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["*"], &["--header", "X-Key: hunter2"]);
    // Its name is the id of the other one, which must not stand in the way.
    sandbox.create("1", NOBODY, &["permit_created"]);
    emit(&sandbox, "permit_approved", "7").arg("--queue").run().ok();
    let refused = sandbox.run(["delete", "ERP"]).code(5).stdout_is("");
    refused.stderr_has("error: webhook `ERP` was not deleted\nhint: `--yes` deletes without asking");
    let deleted = sandbox.run(["delete", "ERP", "--yes"]).ok().stdout_is("");
    deleted.stderr_is("webhook 1 `ERP` was deleted; its log stays\n");
    sandbox.run(["show", "ERP"]).code(4).stdout_is("");
    let log = sandbox.run(["deliveries", "-o", "json"]).ok().json();
    assert_eq!([&log[0]["status"], &log[0]["error"]], ["failed", "the webhook was deleted"]);
    let left = rows(&connect(&sandbox), "SELECT secret, headers FROM webhooks WHERE id = 1");
    assert_eq!(left, ["|[]"]);
    let id = sandbox.create("ERP", NOBODY, &["*"]);
    assert_eq!(id, 3, "an id is never given twice");
}

#[test]
fn at_a_terminal_delete_asks_and_takes_only_yes_for_yes() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", URL, &["*"]);
    let (seen, code) = at_terminal(&sandbox, &[], &["delete", "ERP"], "n\n");
    assert!(seen.contains("delete webhook 1 `ERP` and give up what is pending for it? [y/N]"), "{seen}");
    assert!(seen.contains("was not deleted") && code == 5, "{code}: {seen}");
    let (seen, code) = at_terminal(&sandbox, &[], &["delete", "ERP"], "y\n");
    assert!(seen.contains("was deleted; its log stays") && code == 0, "{code}: {seen}");
}
