//! Secrets and the values of headers are never printed where nobody asked for them, and never logged.

use std::path::Path;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};
use crate::steps::{NOBODY, connect, rows};

const SECRET: &str = "m0st-s3cret-0f-all";
const NEW_SECRET: &str = "whsec_bjN3ZXItczNjcmV0LTBmLWFsbC1vZi10aGVt";
const HEADER: &str = "Bearer h34der-v4lue";

/// Nothing of it may be longer than its last four characters, which the mask shows.
fn assert_clean(text: &str, what: &str) {
    for secret in [SECRET, NEW_SECRET, HEADER] {
        let (head, tail) = (&secret[..secret.len() - 5], &secret[secret.len() - 5..]);
        assert!(!text.contains(head) && !text.contains(tail), "{secret} in {what}:\n{text}");
    }
    assert!(!text.contains("h34der"), "the value of the header in {what}:\n{text}");
}

fn clean(run: &Run) {
    assert_clean(&run.stdout, &format!("standard output of {:?}", run.args));
    assert_clean(&run.stderr, &format!("standard error of {:?}", run.args));
}

/// Every table of the log, and of the webhooks all but the columns that hold secrets.
fn dump(sandbox: &Sandbox) -> String {
    let connection = connect(sandbox);
    let tables = rows(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    for expected in ["webhooks", "events", "deliveries", "attempts", "suppressions"] {
        assert!(tables.iter().any(|table| table == expected), "no table {expected} in {tables:?}");
    }
    let mut dump = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT name FROM pragma_table_info('{table}')
             WHERE NOT ('{table}' = 'webhooks' AND name IN ('secret', 'old_secret', 'headers'))"
        );
        let columns = rows(&connection, &sql).join(", ");
        dump.extend(rows(&connection, &format!("SELECT '{table}', {columns} FROM {table}")));
    }
    dump.join("\n")
}

/// Runs every verb in every format, with successes and failures, and checks what each prints.
fn use_everything(sandbox: &Sandbox, round: &str) {
    for format in ["table", "json", "ndjson", "csv", "tsv"] {
        let hour = format!("2024-01-15T1{}:00:00Z", format.len());
        for args in [
            &["emit", "permit_approved", "--permit-id", round, "--permit-number", "P", "--timestamp", &hour]
                [..],
            &["emit", "permit_approved", "--permit-id", round, "--permit-number", "P", "--timestamp", &hour],
            &["emit", "permit_created", "--permit-id", round, "--permit-number", "P", "--dry-run"],
            &["test", "good"],
            &["test", "angry"],
            &["test", "nobody"],
            &["list"],
            &["show", "good"],
            &["update", "good", "--timeout", "5s"],
            &["disable", "nobody"],
            &["enable", "nobody"],
            &["deliveries"],
            &["inspect", "1"],
            &["inspect", "2"],
            &["inspect", "3"],
            &["verify", "--webhook", "good", "--signature", "sha256=00", "--body", "body.json"],
        ] {
            let run = sandbox.cmd().args(args).args(["-v", "-o", format]).run();
            assert!(matches!(run.code, Some(0 | 3 | 5)), "{run}");
            clean(&run);
        }
    }
}

#[test]
fn no_secret_is_printed_or_logged_unless_it_was_asked_for() {
    let sandbox = Sandbox::new();
    let good = Receiver::start(Reply::status(200).body("thank you"));
    let angry = Receiver::start(Reply::status(401).body("who are you?"));
    sandbox.write("erp.secret", SECRET);
    sandbox.write("new.secret", NEW_SECRET);
    sandbox.write("body.json", "{}");
    let header = format!("Authorization: {HEADER}");
    for (name, url) in [("good", good.url("/")), ("angry", angry.url("/")), ("nobody", NOBODY.to_owned())] {
        let create = ["create", "--name", name, "--url", &url, "--event", "*", "--header", &header];
        clean(&sandbox.cmd().args(create).args(["--secret-file", "erp.secret", "-v"]).run().ok());
    }
    use_everything(&sandbox, "1");
    assert_eq!(good.received()[0].header("authorization"), Some(HEADER), "the header is sent");
    for name in ["good", "angry", "nobody"] {
        clean(&sandbox.run(["update", name, "--secret-file", "new.secret", "-o", "json"]).ok());
        clean(&sandbox.run(["update", name, "--header", &header]).ok());
    }
    sandbox.write("erp.secret", SECRET);
    clean(&sandbox.run(["rotate-secret", "good", "--secret-file", "erp.secret", "-v"]).ok());
    use_everything(&sandbox, "2");
    clean(&sandbox.run(["rotate-secret", "good", "--cancel", "-v", "-o", "json"]).ok());
    assert_clean(&dump(&sandbox), "the log");
    // What was asked for is shown, the secret only and only then; the values of headers never are.
    let revealed = sandbox.run(["show", "good", "--reveal-secret"]).ok().stdout_has(NEW_SECRET);
    revealed.stdout_lacks(HEADER);
    sandbox
        .run(["show", "good", "--reveal-secret", "-o", "json"])
        .ok()
        .stdout_has(NEW_SECRET)
        .stdout_lacks(HEADER);
    clean(&sandbox.run(["show", "good", "--reveal-secret", "-o", "csv"]).ok());
    clean(&sandbox.run(["delete", "good", "--yes", "-v"]).ok());
    let left = rows(&connect(&sandbox), "SELECT secret, headers FROM webhooks WHERE name = 'good'");
    assert_eq!(left, ["|[]"]);
}

#[test]
fn a_secret_or_header_that_is_refused_is_not_repeated() {
    let sandbox = Sandbox::new();
    sandbox.create("ERP", NOBODY, &["*"]);
    let long = SECRET.repeat(20);
    let (newline, blank) = (format!("{SECRET}\nsecond line"), format!(" {SECRET}"));
    let create = ["create", "--name", "x", "--url", NOBODY, "--event", "*"];
    let update = ["update", "ERP"];
    for (secret, why) in [
        (long.as_str(), "secret cannot have more than 255 characters"),
        (&newline, "secret cannot hold line breaks"),
        (&blank, "secret cannot hold line breaks, or start or end with white space"),
    ] {
        let from_variable = sandbox.cmd().args(create).env("PTW_HOOKS_SECRET", secret).run();
        let flag = ["--secret", secret];
        let file = ["--secret-file", "-"];
        let runs = [&create[..], &update].into_iter().flat_map(|verb| {
            let from_flag = sandbox.cmd().args(verb).args(flag).run();
            let from_stdin = sandbox.cmd().args(verb).args(file).stdin(secret).run();
            [from_flag, from_stdin]
        });
        for run in runs.chain([from_variable]) {
            clean(&run.code(2).stdout_is("").stderr_has(why));
        }
    }
    for (header, why) in [
        (format!("Authorization {HEADER}"), "a header cannot be used: it has no colon"),
        (format!("Host: {HEADER}"), "header `Host` cannot be set: every request has its own"),
        (format!("A B: {HEADER}"), "`A B` cannot be the name of a header"),
        (format!("X-Key: {HEADER}\r\nX-More: x"), "header `X-Key` cannot hold control characters"),
        (format!("X-Key: {HEADER}{}", "x".repeat(9000)), "headers cannot be used: at most 20"),
    ] {
        for verb in [&create[..], &update] {
            let refused = sandbox.cmd().args(verb).args(["--header", &header]).run();
            clean(&refused.code(2).stdout_is("").stderr_has(why));
            // In a file a line break begins the next header.
            if !header.contains('\n') {
                let refused =
                    sandbox.cmd().args(verb).args(["--header-file", "-"]).stdin(header.as_str()).run();
                clean(&refused.code(2).stdout_is("").stderr_has(why));
            }
        }
    }
    let url = format!("https://permits:{SECRET}@erp.example/");
    let refused = sandbox.run(["create", "--name", "x", "--url", &url]).code(2).stdout_is("");
    clean(&refused.stderr_has("url cannot hold a user name or password"));
}

#[test]
fn a_secret_in_a_file_that_is_no_text_is_not_repeated() {
    let sandbox = Sandbox::new();
    let create = |file: &Path| {
        let args = ["create", "--name", "x", "--url", NOBODY, "--secret-file"];
        sandbox.cmd().args(args).arg(file).run().code(2).stdout_is("")
    };
    let binary = sandbox.write("binary.secret", [SECRET.as_bytes(), b"\xff\xfe"].concat());
    clean(&create(&binary).stderr_has("cannot read the secret: it is not UTF-8"));
    let large = sandbox.write("large.secret", SECRET.repeat(1000));
    clean(&create(&large).stderr_has("cannot read the secret: it has more than 4096 bytes"));
    let empty = sandbox.write("empty.secret", "\n");
    clean(&create(&empty).stderr_has("secret cannot be blank"));
    assert!(!sandbox.db_path().exists(), "a refused webhook left a database behind");
}
