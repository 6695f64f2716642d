//! Tokens for the REST API: create, list and revoke. Their text is shown once and kept nowhere.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::database::change;
use crate::sandbox::{Run, SECRET, Sandbox};
use crate::steps::{NOBODY, connect, each, rows};

const NOTE: &str = "the token is shown this once: give it to whoever is to use it now\n";

/// Creates a token and returns it as JSON.
#[track_caller]
fn create(sandbox: &Sandbox, name: &str, extra: &[&str]) -> Value {
    let cmd = sandbox.cmd().args(["token", "create", name, "-o", "json"]).args(extra);
    cmd.run().ok().stderr_is(NOTE).json()
}

/// The tokens as JSON, the newest first.
fn list(sandbox: &Sandbox) -> Value {
    sandbox.run(["token", "list", "-o", "json"]).ok().stderr_is("").json()
}

#[test]
fn a_token_has_32_random_bytes_and_its_text_is_shown_once_and_kept_nowhere() {
    let sandbox = Sandbox::new();
    let made = sandbox.run(["token", "create", "erp", "-v"]).ok().stdout_has("created token 1 `erp`\n");
    let made = made.stderr_has(NOTE);
    let text = made.stdout.split_whitespace().find(|word| word.starts_with("ptw_")).unwrap().to_owned();
    let random = URL_SAFE_NO_PAD.decode(&text["ptw_".len()..]).unwrap();
    assert_eq!((random.len(), made.stdout.matches("ptw_").count()), (32, 1));
    let clean = |run: Run| {
        let both = format!("{}{}", run.stdout, run.stderr);
        assert!(!both.contains(&text[..12]) && !both.contains(&text[35..]), "{run}");
    };
    for format in ["table", "json", "ndjson", "csv", "tsv"] {
        clean(sandbox.run(["token", "list", "-v", "-o", format]).ok());
    }
    clean(sandbox.run(["token", "create", "erp", "-v"]).code(5).stdout_is(""));
    clean(sandbox.run(["token", "revoke", "erp", "-v", "-o", "json"]).ok());
    clean(sandbox.run(["token", "revoke", "erp"]).code(5).stdout_is(""));
    // Nor is the text, or the random bytes in it, in the file or beside it.
    for entry in fs::read_dir(sandbox.db_path().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for part in [text.as_bytes(), &text.as_bytes()[4..20], &random, &random[..12]] {
            assert!(!bytes.windows(part.len()).any(|window| window == part), "{}", path.display());
        }
    }
    // What is kept is its SHA-256.
    let program = "import hashlib, sys; print(hashlib.sha256(sys.argv[1].encode()).hexdigest())";
    let hash = std::process::Command::new("python3").args(["-c", program, &text]).output().unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    assert_eq!(rows(&connect(&sandbox), "SELECT lower(hex(hash)) FROM tokens"), [hash.trim()]);
    assert_ne!(create(&sandbox, "other", &[])["token"], text);
}

#[test]
fn create_and_list_print_exactly_the_promised_members() {
    let sandbox = Sandbox::new();
    let made = create(&sandbox, "erp", &["--scope", "emit", "--scope", "read,emit", "--project", "5"]);
    let members: Vec<_> = made.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "name", "token", "scopes", "project", "expires_at", "created_at"]);
    assert_eq!(
        [&made["id"], &made["name"], &made["scopes"], &made["project"], &made["expires_at"]],
        [&json!(1), &json!("erp"), &json!(["read", "emit"]), &json!(5), &Value::Null]
    );
    let plain = create(&sandbox, "dashboard", &[]);
    assert_eq!((&plain["scopes"], &plain["project"]), (&json!(["read"]), &Value::Null));
    let all = list(&sandbox);
    assert_eq!(each(&all, "name"), ["dashboard", "erp"]);
    let members: Vec<_> = all[1].as_object().unwrap().keys().collect();
    let expected = ["id", "name", "scopes", "project", "expires_at", "created_at", "revoked_at", "state"];
    assert_eq!(members, expected);
    assert_eq!((&all[1]["created_at"], &all[1]["state"]), (&made["created_at"], &json!("valid")));
    assert_eq!(sandbox.run(["token", "list", "-o", "ndjson"]).ok().json_lines(), *all.as_array().unwrap());
}

#[test]
fn tokens_have_every_format() {
    let sandbox = Sandbox::new();
    let csv = sandbox.run(["token", "create", "erp", "-o", "csv"]).ok().stderr_is(NOTE);
    csv.stdout_has("id,name,token,scopes,project,expires_at,created_at\n1,erp,ptw_")
        .stdout_has(",read,all,never,20");
    let quiet = sandbox.run(["token", "create", "site-5", "--scope", "manage,emit", "--project", "5", "-q"]);
    quiet.ok().stderr_is("").stdout_has(
        "created token 2 `site-5`\nscopes   emit manage\nproject  5\nexpires  never\ntoken    ptw_",
    );
    let tsv = sandbox.run(["token", "list", "-o", "tsv"]).ok().stderr_is("");
    let tsv = tsv.stdout_has("id\tname\tscopes\tproject\texpires_at\tcreated_at\trevoked_at\tstate\n");
    tsv.stdout_has("\n2\tsite-5\temit manage\t5\tnever\t20").stdout_has("\n1\terp\tread\tall\tnever\t20");
    sandbox
        .run(["token", "list"])
        .ok()
        .stdout_has("ID  NAME    SCOPES       PROJECT  EXPIRES AT  CREATED AT");
    sandbox.run(["token", "revoke", "erp"]).ok().stderr_is("").stdout_is("revoked token 1 `erp`\n");
    let json = sandbox.run(["token", "revoke", "2", "-o", "json"]).ok().stderr_is("").json();
    assert_eq!((&json["state"], &json["name"]), (&json!("revoked"), &json!("site-5")));
    assert!(json["revoked_at"].is_string());
    let empty = Sandbox::new();
    empty.create("ERP", NOBODY, &["*"]);
    empty.run(["token", "list"]).ok().stderr_is("no tokens\n");
    empty.run(["token", "list", "-o", "json"]).ok().stdout_is("[]\n");
}

#[test]
fn a_token_expires_after_an_age_on_a_date_or_at_a_time() {
    let sandbox = Sandbox::new();
    let expires = |name: &str, at: &str| create(&sandbox, name, &["--expires", at])["expires_at"].clone();
    assert_eq!(expires("time", "2150-01-15T12:30:00+02:00"), "2150-01-15T10:30:00.000000Z");
    assert_eq!(expires("date", "2150-01-15"), "2150-01-15T00:00:00.000000Z");
    let aged = create(&sandbox, "age", &["--expires", "90d"]);
    let of = |member: &str| aged[member].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let life = of("expires_at").duration_since(of("created_at"));
    assert!((life.as_secs() - 90 * 24 * 60 * 60).abs() <= 1, "{life:?}");
    for past in ["2020-01-01", "2020-01-01T00:00:00Z", "0s"] {
        let refused = sandbox.run(["token", "create", "x", "--expires", past]).code(2).stdout_is("");
        refused.stderr_has("error: expires_at cannot be `20").stderr_has("that is not in the future\n");
    }
    sandbox
        .run(["token", "create", "x", "--expires", "soon"])
        .code(2)
        .stdout_is("")
        .stderr_has("write a time as");
    let never = sandbox.run(["token", "create", "x", "--expires", "5000000d"]).code(2).stdout_is("");
    never.stderr_has("the time of `--expires` lies outside the calendar");
    assert_eq!(each(&list(&sandbox), "state"), ["valid"; 3]);
    change(&sandbox, "UPDATE tokens SET expires_at = created_at + 1 WHERE name = 'age'");
    assert_eq!(each(&list(&sandbox), "state"), ["expired", "valid", "valid"]);
}

#[test]
fn a_name_is_taken_for_as_long_as_its_token_is_valid() {
    let sandbox = Sandbox::new();
    create(&sandbox, "erp", &[]);
    let taken = sandbox.run(["token", "create", " erp ", "--scope", "manage"]).code(5).stdout_is("");
    taken.stderr_is(
        "error: token 1 has the name `erp` already\n\
         hint: choose another name, or `ptw-hooks token revoke 1` first\n",
    );
    sandbox.run(["token", "revoke", "erp"]).ok();
    assert_eq!(create(&sandbox, "erp", &["--expires", "1d"])["id"], 2);
    change(&sandbox, "UPDATE tokens SET expires_at = created_at + 1 WHERE id = 2");
    assert_eq!(create(&sandbox, "erp", &[])["id"], 3);
    let all = list(&sandbox);
    assert_eq!(each(&all, "state"), ["valid", "expired", "revoked"]);
    // Two of them can still be revoked.
    let ambiguous = sandbox.run(["token", "revoke", "erp"]).code(5).stdout_is("");
    ambiguous.stderr_is(
        "error: `erp` names 2 tokens: 2, 3\n\
         hint: use the id of the one that is meant; `ptw-hooks token list` shows them\n",
    );
    sandbox.run(["token", "revoke", "2"]).ok();
    sandbox.run(["token", "revoke", "erp"]).ok().stdout_is("revoked token 3 `erp`\n");
    let again = sandbox.run(["token", "revoke", "erp"]).code(5).stdout_is("");
    again.stderr_is("error: token 3 `erp` was revoked already\nhint: `ptw-hooks token list` says when\n");
    sandbox
        .run(["token", "revoke", "1"])
        .code(5)
        .stdout_is("")
        .stderr_has("token 1 `erp` was revoked already");
}

#[test]
fn a_token_that_does_not_exist_is_not_revoked() {
    let sandbox = Sandbox::new();
    create(&sandbox, "dashboard", &[]);
    let unknown = sandbox.run(["token", "revoke", "dashbaord"]).code(4).stdout_is("");
    unknown.stderr_is("error: token `dashbaord` does not exist\nhint: did you mean `dashboard`?\n");
    let unknown = sandbox.run(["token", "revoke", "7"]).code(4).stdout_is("");
    unknown.stderr_has("hint: `ptw-hooks token list` shows the names");
    // A name that looks like the id of another one.
    create(&sandbox, "1", &[]);
    sandbox.run(["token", "revoke", "1"]).code(5).stdout_is("").stderr_has("`1` names 2 tokens: 1, 2");
    assert_eq!(each(&list(&sandbox), "state"), ["valid", "valid"]);
}

#[test]
fn what_is_wrong_with_a_token_is_said_and_leaves_no_database_behind() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(201);
    for (args, why) in [
        (&["token", "create", " "][..], "error: name cannot be blank"),
        (&["token", "create", "a\tb"], "error: name cannot hold control characters"),
        (&["token", "create", &long], "error: name cannot have more than 200 characters"),
        (&["token", "create", "x", "--scope", "mange"], "a similar value exists: 'manage'"),
        (&["token", "create", "x", "--project", "9007199254740992"], "error: project cannot be"),
        (&["token", "create", "", "--expires", "2020-01-01"], "error: 2 problems, nothing was done"),
        (&["token", "create"], "required arguments"),
        (&["token", "revoke"], "required arguments"),
    ] {
        sandbox.run(args).code(2).stdout_is("").stderr_has(why);
    }
    // Without a command it says which ones there are.
    sandbox.run(["token"]).code(2).stdout_is("").stderr_has("Create a token, and show it this once");
    assert!(!sandbox.data_home().exists());
}

#[test]
fn a_file_of_version_2_keeps_everything_and_gets_tokens() {
    let sandbox = Sandbox::new();
    let path = sandbox.db_path();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/store/0001_initial.sql")).unwrap();
    old.execute_batch(include_str!("../../src/store/0002_pace_and_order.sql")).unwrap();
    old.execute_batch(&format!(
        "PRAGMA application_id = {}; PRAGMA user_version = 2; PRAGMA journal_mode = WAL;
         INSERT INTO webhooks (name, url, secret, enabled, events, headers, created_at, updated_at, rate)
         VALUES ('ERP', '{NOBODY}', '{SECRET}', 1, '[\"*\"]', '[]', 1000, 2000, '10/s');
         INSERT INTO events VALUES (1, 'evt_1', 'permit_approved', 1000, 7, 'PTW-7', NULL, 'k', x'7b7d', 1000);
         INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at)
         VALUES (1, 1, 'permit_approved', 'k', 'success', 1000);",
        0x5054_5748
    ))
    .unwrap();
    drop(old);
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let all = sandbox.run(["list", "-o", "json"]).ok().stderr_is("").json();
    assert_eq!((&all[0]["name"], &all[0]["rate"]), (&json!("ERP"), &json!("10/s")));
    assert_eq!(rows(&connect(&sandbox), "PRAGMA user_version"), ["5"]);
    sandbox.run(["show", "ERP", "--reveal-secret"]).ok().stdout_has(SECRET);
    assert_eq!(each(&sandbox.run(["deliveries", "-o", "json"]).ok().json(), "status"), ["success"]);
    assert_eq!(create(&sandbox, "erp", &[])["id"], 1);
    sandbox.run(["check"]).ok();
}
