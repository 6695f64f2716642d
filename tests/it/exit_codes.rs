//! What each exit code stands for.

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{SECRET, Sandbox};

#[test]
fn every_exit_code_means_what_the_help_says() {
    let sandbox = Sandbox::new();
    let good = Receiver::start(Reply::status(204));
    let bad = Receiver::start(Reply::status(500));
    sandbox.create("good", &good.url("/"), &["permit_approved"]);
    sandbox.create("bad", &bad.url("/"), &["permit_rejected"]);
    sandbox.create("twin", &good.url("/"), &["permit_expired"]);
    sandbox.create("twin", &good.url("/"), &["permit_expired"]);
    sandbox.write("notes.txt", "not a database");
    sandbox.write("body.json", "{}");
    sandbox.write("erp.secret", SECRET);
    sandbox.write("new.toml", "[[webhook]]\nname = 'new'\nurl = 'http://127.0.0.1:9'");
    sandbox.write("good.toml", "[[webhook]]\nname = 'good'\nurl = 'http://127.0.0.1:9'");
    sandbox.write("twin.toml", "[[webhook]]\nname = 'twin'\nurl = 'http://127.0.0.1:9'");
    let emit = |event| ["emit", event, "--permit-id", "7", "--permit-number", "PTW-7"];
    let verify = ["verify", "--secret-file", "erp.secret", "--body", "body.json", "--signature"];
    let wrong = format!("sha256={}", "0".repeat(64));

    // The code, the arguments, whether there is anything on standard output, and how standard error begins.
    let cases: &[(i32, Vec<&str>, bool, &str)] = &[
        (0, vec!["list"], true, ""),
        (0, vec!["--help"], true, ""),
        (0, vec!["--version"], true, ""),
        (0, emit("permit_approved").to_vec(), true, ""),
        (0, emit("permit_approved").to_vec(), true, ""),
        (0, emit("permit_created").to_vec(), false, "nothing to send: "),
        (0, [&emit("permit_rejected")[..], &["--dry-run"]].concat(), true, "dry run: "),
        (0, [&emit("permit_rejected")[..], &["--queue", "--idempotency-key", "q"]].concat(), true, ""),
        (0, vec!["test", "good"], true, ""),
        (0, vec!["export", "good"], true, ""),
        (0, vec!["diff", "-"], true, "4 not in the file"),
        (0, vec!["apply", "new.toml", "--dry-run"], true, "1 to create, "),
        (1, vec!["--db", "notes.txt", "list"], false, "error: `notes.txt` is not a database of ptw-hooks"),
        (1, vec!["--db", ".", "list"], false, "error: cannot open `.`: "),
        (2, vec!["completions", "--dir", "notes.txt"], false, "error: cannot create `notes.txt`: "),
        (2, vec![], false, "Outbound webhooks for permit-to-work systems"),
        (2, vec!["lst"], false, "error: unrecognized subcommand 'lst'"),
        (2, vec!["emit"], false, "error: the following required arguments were not provided"),
        (2, emit("permit_aproved").to_vec(), false, "error: `permit_aproved` is not an event"),
        (2, vec!["--config", "none.toml", "list"], false, "error: cannot read the configuration `none.toml`"),
        (2, vec!["--config", "notes.txt", "list"], false, "error: cannot use the configuration `notes.txt`"),
        (2, vec!["man", "lst"], false, "error: there is no command `lst`"),
        (2, vec!["deliveries", "--since", "once"], false, "error: invalid value 'once' for '--since <TIME>'"),
        (2, vec!["apply", "notes.txt"], false, "error: line 1: cannot be read as TOML: "),
        (2, vec!["diff", "none.toml"], false, "error: cannot read the definitions from `none.toml`"),
        (3, emit("permit_rejected").to_vec(), true, ""),
        (3, vec!["diff", "new.toml"], true, "1 to create, "),
        (3, vec!["test", "bad"], true, ""),
        (4, vec!["show", "zzz"], false, "error: webhook `zzz` does not exist"),
        (4, vec!["inspect", "999"], false, "error: delivery `999` does not exist"),
        (4, vec!["deliveries", "zzz"], false, "error: webhook `zzz` does not exist"),
        (4, vec!["--db", "none.db", "list"], false, "error: there is no database at `none.db`"),
        (5, vec!["show", "twin"], false, "error: `twin` names 2 webhooks: 3, 4"),
        (5, vec!["export"], false, "error: webhooks 3 and 4 are both named `twin`"),
        (
            5,
            vec!["diff", "twin.toml"],
            false,
            "error: line 1, `twin`: 2 webhooks have this name and project: 3, 4",
        ),
        (
            5,
            vec!["apply", "good.toml", "--prune"],
            false,
            "error: 3 webhooks would be deleted; nothing was done",
        ),
        (5, vec!["delete", "good"], false, "error: webhook `good` was not deleted"),
        (5, [&verify[..], &[&wrong]].concat(), true, ""),
    ];
    for (code, args, prints, begins) in cases {
        let run = sandbox.run(args).code(*code);
        assert_eq!(!run.stdout.is_empty(), *prints, "standard output of {run}");
        assert!(run.stderr.starts_with(begins) && run.stderr.is_empty() == begins.is_empty(), "{run}");
    }
}
