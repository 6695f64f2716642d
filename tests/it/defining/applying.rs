//! What `apply` does with secrets, defaults and history, and how it says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{apply, differences, stored};
use crate::database::{change, value};
use crate::sandbox::{SECRET, Sandbox};
use crate::steps::{NOBODY, at_terminal, connect, rows};

const ERP: [&str; 4] =
    ["[[webhook]]", "name = 'ERP'", "url = 'http://127.0.0.1:9/permits'", "events = ['*']"];

fn secret(sandbox: &Sandbox) -> String {
    value(sandbox, "SELECT secret FROM webhooks WHERE deleted_at IS NULL").as_str().unwrap().to_owned()
}

#[test]
fn a_secret_is_generated_for_a_new_webhook_and_shown_once() {
    let sandbox = Sandbox::new();
    sandbox.write("webhooks.toml", ERP.join("\n"));
    let shown = "+ `ERP`\n  + url             http://127.0.0.1:9/permits\n  + enabled         true\n  + \
                 events          *\n  + secret          is generated\n";
    let warning =
        format!("warning: there is no database at `{}`; `apply` makes it\n", sandbox.db_path().display());
    sandbox
        .run(["diff", "webhooks.toml"])
        .code(3)
        .stdout_is(shown)
        .stderr_is(format!("{warning}1 to create\n"));
    let dry = sandbox.run(["apply", "webhooks.toml", "--dry-run"]).ok().stdout_is(shown);
    dry.stderr_is(format!("{warning}1 to create\ndry run: nothing was changed\n"));
    assert!(!sandbox.data_home().exists(), "nothing was made");

    let applied = sandbox.run(["apply", "webhooks.toml"]).ok().stderr_is("1 created\n");
    let line =
        format!("  + secret          {}  shown this once: give it to the receiver now\n", secret(&sandbox));
    applied.stdout_has("+ 1 `ERP`\n").stdout_has(line);
    sandbox.run(["apply", "webhooks.toml"]).ok().stdout_is("").stderr_is("1 as declared\n");
    for format in ["json", "ndjson", "csv", "tsv"] {
        sandbox.run(["delete", "ERP", "--yes"]).ok();
        let dry = sandbox.run(["diff", "webhooks.toml", "-o", format]).code(3);
        dry.stdout_lacks("whsec_");
        let applied = sandbox.run(["apply", "webhooks.toml", "-o", format]).ok();
        applied.stdout_has(secret(&sandbox));
    }
}

#[test]
fn every_format_says_the_same() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["permit_created"], &["--rate", "9/s", "--project", "5"]);
    sandbox.create("other", NOBODY, &["*"]);
    sandbox.write(
        "webhooks.toml",
        [&ERP[..], &["project = 5", "ordered = true", "secret = { env = 'S' }"]].concat().join("\n"),
    );
    let run = |format: &str| {
        sandbox.cmd().args(["diff", "webhooks.toml", "-o", format]).env("S", "another secret").run().code(3)
    };
    let member =
        |member, before: Value, after: Value| json!({"member": member, "before": before, "after": after});
    let expected = json!([
        {"action": "update", "id": 1, "name": "ERP", "project": 5, "changes": [
            member("events", json!(["permit_created"]), json!(["*"])),
            member("rate", json!("9/s"), Value::Null),
            member("ordered", Value::Null, json!(true)),
            member("secret", json!("********"), json!("********")),
        ]},
        {"action": "unmanaged", "id": 2, "name": "other", "project": null, "changes": []},
    ]);
    assert_eq!(run("json").json(), expected);
    assert_eq!(Value::from(run("ndjson").json_lines()), expected);
    let csv = "action,id,name,project,member,before,after\n\
               update,1,ERP,5,events,permit_created,*\n\
               update,1,ERP,5,rate,9/s,\n\
               update,1,ERP,5,ordered,,true\n\
               update,1,ERP,5,secret,********,********\n\
               unmanaged,2,other,all,,,\n";
    run("csv").stdout_is(csv);
    run("tsv").stdout_is(csv.replace(',', "\t"));
    run("table")
        .stdout_is(
            "~ 1 `ERP`, project 5\n  ~ events          permit_created → *\n  - rate            9/s → default\n  + \
             ordered         default → true\n  ~ secret          changes\n? 2 `other`: not in the file\n",
        )
        .stderr_is("1 to change, 1 not in the file\n");
    let (seen, code) = at_terminal(&sandbox, &[("S", "another secret")], &["diff", "webhooks.toml"], "");
    assert!(code == 3 && seen.contains("\u{1b}[33m~ 1 `ERP`, project 5\u{1b}[0m\n"), "{seen}");
    sandbox.run(["-q", "apply", "webhooks.toml"]).ok().stderr_is("");
}

#[test]
fn a_secret_that_is_not_named_or_not_found_stays_and_is_needed_for_a_new_webhook() {
    let sandbox = Sandbox::new();
    sandbox.create_with("ERP", NOBODY, &["*"], &["--header", "X-Key: hunter2"]);
    let header = "headers = [{ name = 'X-Key', value = { env = 'K' } }]";
    for (lines, notes) in [
        (&["headers = [{ name = 'X-Key' }]"][..], ""),
        (
            &[header, "secret = { env = 'NONE' }"],
            "line 1, `ERP`: the secret stays as it is: `NONE` is not set\n\
          line 1, `ERP`: the value of `X-Key` stays as it is: `K` is not set\n",
        ),
        (
            &["headers = [{ name = 'X-Key', value = { file = 'none/k' } }]", "secret = { file = 'none/s' }"],
            "line 1, `ERP`: the secret stays as it is: there is no file `./none/s`\n\
          line 1, `ERP`: the value of `X-Key` stays as it is: there is no file `./none/k`\n",
        ),
    ] {
        let run = apply(&sandbox, &[&ERP[..], lines].concat());
        run.ok().stdout_is("").stderr_is(format!("{notes}1 as declared\n"));
    }
    assert_eq!(secret(&sandbox), SECRET);

    let before = stored(&sandbox.db_path());
    let new =
        ["[[webhook]]", "name = 'new'", "url = 'http://127.0.0.1:9'", header, "secret = { file = 'none' }"];
    apply(&sandbox, &[&ERP[..], &["ordered = true"], &new].concat()).code(2).stdout_is("").stderr_is(
        "error: 2 problems, nothing was done\n  line 6, `new`: secret cannot be found: there is no file `./none`\n  \
         line 6, `new`: the value of `X-Key` cannot be found: `K` is not set\n\
         hint: it is needed to create the webhook; without the member `secret` one is generated\n",
    );
    // A header that is new needs its value, too.
    let two = "headers = [{ name = 'X-Key' }, { name = 'Y' }]";
    let run = apply(&sandbox, &[&ERP[..], &[two]].concat());
    run.code(2).stderr_has(
        "line 1, `ERP`: the value of `Y` cannot be found: it has no `value`\nhint: write a reference",
    );
    assert_eq!(stored(&sandbox.db_path()), before);
}

#[test]
fn files_with_secrets_are_looked_at_from_the_directory_of_the_definitions() {
    let sandbox = Sandbox::new();
    let lines = [&ERP[..], &["secret = { file = 'keys/erp' }"]].concat().join("\n");
    sandbox.write("plant/webhooks.toml", &lines);
    let key = sandbox.write("plant/keys/erp", "a secret of its own\r\n");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let warning =
        "warning: other users can read `plant/keys/erp`, which holds a secret; `chmod 600` closes it\n";
    sandbox
        .run(["apply", "plant/webhooks.toml"])
        .ok()
        .stdout_lacks("its own")
        .stderr_is(format!("{warning}1 created\n"));
    assert_eq!(secret(&sandbox), "a secret of its own");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.run(["diff", "plant/webhooks.toml"]).ok().stderr_is("1 as declared\n");
    // From standard input it is the current directory.
    let piped = || sandbox.cmd().args(["diff", "-"]).stdin(lines.clone());
    piped().current_dir(sandbox.dir().join("plant")).run().ok().stderr_is("1 as declared\n");
    piped().run().ok().stderr_has("stays as it is: there is no file `./keys/erp`");

    for (path, expected) in [
        ("keys", "cannot read the secret from `plant/keys`: it is not a file"),
        ("/dev/zero", "cannot read the secret from `/dev/zero`: it is not a file"),
        ("-", "the secret stays as it is: there is no file `plant/-`"),
        ("big", "cannot read the secret in `plant/big`: it has more than 8194 bytes"),
        ("bytes", "cannot read the secret in `plant/bytes`: it is not UTF-8"),
        ("two", "secret cannot hold line breaks, or start or end with white space"),
        ("empty", "secret cannot be blank"),
    ] {
        sandbox.write("plant/big", vec![b'x'; 10_000]);
        sandbox.write("plant/bytes", b"s3cret\xff");
        sandbox.write("plant/two", "s3cret\ns3cret\n");
        sandbox.write("plant/empty", "");
        for name in ["big", "bytes", "two", "empty"] {
            let path = sandbox.dir().join("plant").join(name);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        sandbox.write("plant/webhooks.toml", lines.replace("keys/erp", path));
        let run = sandbox.run(["apply", "plant/webhooks.toml"]).stdout_is("").stderr_lacks("s3cret");
        let code = if path == "-" { 0 } else { 2 };
        run.code(code).stderr_has(format!("line 1, `ERP`: {expected}"));
    }
    assert_eq!(secret(&sandbox), "a secret of its own");
}

#[test]
fn what_is_applied_is_in_the_history_as_if_it_was_done_by_hand() {
    let (by_file, by_hand) = (Sandbox::new(), Sandbox::new());
    for args in [
        &["create", "--name", "ERP", "--url", NOBODY, "--event", "*"][..],
        &["create", "--name", "off", "--url", NOBODY, "--event", "*", "--disabled"],
        &["update", "ERP", "--timeout", "5s", "--ordered"],
        &["disable", "ERP"],
        &["enable", "off"],
        &["delete", "off", "--yes"],
    ] {
        by_hand.run(args).ok();
    }
    let off = ["[[webhook]]", "name = 'off'", "url = 'http://127.0.0.1:9/permits'", "events = ['*']"];
    apply(&by_file, &[&ERP[..], &off, &["enabled = false"]].concat()).ok();
    apply(&by_file, &[&ERP[..], &["timeout = '5s'", "ordered = true", "enabled = false"], &off].concat())
        .ok();
    by_file.write(
        "webhooks.toml",
        [&ERP[..], &["timeout = '5s'", "ordered = true", "enabled = false"]].concat().join("\n"),
    );
    by_file
        .run(["apply", "webhooks.toml", "--prune", "--yes"])
        .ok()
        .stdout_is("- 2 `off`\n")
        .stderr_is("1 deleted, 1 as declared\n");
    let history = "SELECT webhook_id, by, token_id, what, fields FROM webhook_changes ORDER BY id";
    assert_eq!(rows(&connect(&by_file), history), rows(&connect(&by_hand), history));
    let reasons = "SELECT id, enabled, disabled_reason, secret = '', deleted_at IS NULL FROM webhooks";
    assert_eq!(rows(&connect(&by_file), reasons), rows(&connect(&by_hand), reasons));
}

#[test]
fn what_was_not_meant_so_is_warned_of_by_name() {
    let sandbox = Sandbox::new();
    let lines = ["[[webhook]]", "name = 'ERP'", "url = 'http://erp.example/x'"];
    apply(&sandbox, &lines).ok().stderr_is(
        "1 created\nwarning: `ERP`: the URL is plain http: whoever is on the way can read the events\n\
         warning: `ERP`: the webhook subscribes to nothing; `ptw-hooks update 1 --add-event EVENT` changes that\n",
    );
}

#[test]
fn a_pause_is_nobodys_declaration() {
    let sandbox = Sandbox::new();
    apply(&sandbox, &ERP).ok();
    sandbox.run(["pause", "ERP"]).ok();
    differences(&sandbox, 0);
    apply(&sandbox, &[&ERP[..], &["ordered = true"]].concat()).ok();
    assert_ne!(value(&sandbox, "SELECT paused_at FROM webhooks"), Value::Null);
    apply(&sandbox, &[&ERP[..], &["paused = true"]].concat())
        .code(2)
        .stderr_has("`paused` is not a member of a webhook");
    change(&sandbox, "UPDATE webhooks SET paused_at = NULL");
}
