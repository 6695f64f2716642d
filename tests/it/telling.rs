//! Whoever is told of failures may hang, shout or come too late: it holds up neither the end of a worker nor what there
//! is to note, fills no disk, and learns no secret.

use std::fs;

use crate::database::{change, value};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::until;
use crate::retrying::{UNDELIVERED, queue};
use crate::sandbox::{Child, Sandbox};

/// Notes of whom it is told, and then waits until it is let go.
const PATIENT: &str =
    "echo $PTW_HOOKS_ALERT_WEBHOOK >> begun; while [ ! -e go-$PTW_HOOKS_ALERT_WEBHOOK ]; do sleep 0.05; done";

/// Webhooks with these names, of a receiver that fails, and a command that is told after one failure.
fn telling(names: &[&str], script: &str) -> (Receiver, Sandbox) {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = Sandbox::new();
    for name in names {
        sandbox.create(name, &receiver.url("/"), &["permit_approved"]);
    }
    says(&sandbox, script);
    let page = sandbox.dir().join("page");
    let page = page.display();
    sandbox.config(&format!("[on_failure]\nfailures = 1\ncommand = [\"/bin/sh\", \"{page}\"]\n"));
    queue(&sandbox, 1);
    (receiver, sandbox)
}

fn says(sandbox: &Sandbox, script: &str) {
    sandbox.write("page", format!("cd '{}'\n{script}\n", sandbox.dir().display()));
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.dir().join(name)).unwrap_or_default()
}

fn watch(sandbox: &Sandbox) -> Child {
    sandbox.cmd().args(["retry", "--watch", "-q"]).spawn()
}

#[test]
fn a_worker_that_is_to_end_waits_for_no_command_and_leaves_the_rest_to_the_next() {
    let (_receiver, sandbox) = telling(&["A", "B", "C"], PATIENT);
    let mut worker = watch(&sandbox);
    until("the command has begun", || (text(&sandbox, "begun") == "A\n").then_some(()));
    worker.terminate();
    worker.wait().code(143).stderr_has("was ended before it was done, because `ptw-hooks` is to end");
    assert_eq!(text(&sandbox, "begun"), "A\n", "nobody else is told any more");
    says(&sandbox, "echo $PTW_HOOKS_ALERT_WEBHOOK >> told");
    sandbox.run(["retry", "-q"]).stderr_is("");
    assert_eq!(text(&sandbox, "told"), "A\nB\nC\n");
}

#[test]
fn serve_ends_within_its_drain_and_puts_the_file_in_order_while_a_command_hangs() {
    let (_receiver, sandbox) = telling(&["A", "B"], PATIENT);
    sandbox.run(["token", "create", "t", "--scope", "read"]).ok();
    let mut serve = sandbox.cmd().args(["serve", "--listen", "127.0.0.1:0"]).spawn();
    until("the command has begun", || (text(&sandbox, "begun") == "A\n").then_some(()));
    serve.terminate();
    let run = serve.wait().ok();
    run.stderr_has("stopped").stderr_lacks("still under way");
    assert_eq!(text(&sandbox, "begun"), "A\n");
}

#[test]
fn what_fails_while_somebody_is_told_is_noted_at_once() {
    let (_receiver, sandbox) = telling(&["A", "B"], PATIENT);
    let mut worker = watch(&sandbox);
    until("the command has begun", || (text(&sandbox, "begun") == "A\n").then_some(()));
    sandbox.create("C", "http://127.0.0.1:9/", &["permit_rejected"]);
    let emit = ["emit", "permit_rejected", "--permit-id=2", "--permit-number=2"];
    sandbox.run(emit).code(UNDELIVERED);
    worker.wait_for_stderr("`C` is failing");
    assert_eq!(
        value(&sandbox, "SELECT count(*) FROM alerts WHERE tries > 0 AND failure = ''"),
        1,
        "A is being told"
    );
    worker.terminate();
    worker.wait().code(143);
}

#[test]
fn what_a_command_writes_takes_no_room() {
    let (_receiver, sandbox) = telling(
        &["A"],
        "echo 'no line to the pager' >&2
         head -c 30000000 /dev/zero >&2
         for _ in $(seq 200); do
             [ $(stat -Lc %b /proc/$$/fd/2) -lt 1000 ] && echo bounded >> told && exit 7
             sleep 0.1
         done",
    );
    sandbox.run(["retry", "-q"]).code(UNDELIVERED).stderr_has("7: no line to the pager; it is tried again");
    assert_eq!(text(&sandbox, "told"), "bounded\n");
}

#[test]
fn a_command_learns_no_secret_of_ours() {
    let (_receiver, sandbox) = telling(&["A"], "env > told");
    let retry = sandbox.cmd().args(["retry", "-q"]).env("PTW_HOOKS_SECRET", "for my eyes only");
    let retry = retry.env("PTW_HOOKS_SECRET_ERP", "for my eyes only, what `apply` reads");
    retry.env("PTW_HOOKS_PROXY", "http://u:for-my-eyes-only@127.0.0.1:9").run().code(UNDELIVERED);
    let told = text(&sandbox, "told");
    assert!(told.contains("PTW_HOOKS_ALERT_WEBHOOK=A") && !told.contains("eyes"), "{told}");
}

#[test]
fn whoever_comes_late_notes_nothing_of_what_another_has_told() {
    let (_receiver, sandbox) = telling(&["A"], &format!("{PATIENT}; exit 1"));
    let late = sandbox.cmd().args(["retry", "-q"]).spawn();
    until("the command has begun", || (text(&sandbox, "begun") == "A\n").then_some(()));
    change(&sandbox, "UPDATE alerts SET tries = 2, told_at = 1, due_at = NULL");
    sandbox.write("go-A", "");
    late.wait().code(UNDELIVERED);
    let told = "SELECT count(*) FROM alerts WHERE told_at = 1 AND due_at IS NULL";
    assert_eq!(value(&sandbox, told), 1);
}

#[test]
fn a_clock_that_was_ahead_when_a_webhook_was_disabled_does_not_tell_it_again_and_again() {
    let (receiver, sandbox) = telling(&["A"], "echo $PTW_HOOKS_ALERT >> told");
    sandbox.run(["retry", "-q"]).code(UNDELIVERED);
    receiver.set(Behaviour::status(410));
    sandbox.run(["retry", "--now"]).code(UNDELIVERED);
    assert_eq!(text(&sandbox, "told"), "webhook_failing\nwebhook_disabled\n");
    // The same once more, by a clock that is corrected before anybody looks.
    sandbox.run(["enable", "A"]).ok();
    sandbox.run(["emit", "permit_approved", "--permit-id=2", "--permit-number=2"]).code(UNDELIVERED);
    change(&sandbox, "UPDATE webhook_changes SET at = at + 3600000 WHERE what = 'disabled'");
    change(&sandbox, "UPDATE webhooks SET disabled_at = disabled_at + 3600000");
    for _ in 0..3 {
        sandbox.run(["retry", "-q"]).ok();
    }
    assert_eq!(text(&sandbox, "told"), "webhook_failing\nwebhook_disabled\nwebhook_disabled\n");
}

#[test]
fn all_that_waits_is_counted_also_in_a_line() {
    let (_receiver, sandbox) = telling(&["A"], "true");
    sandbox.run(["update", "A", "--ordered"]).ok();
    for number in ["a", "b"] {
        let emit = ["emit", "permit_approved", "--permit-id=2", "--permit-number=2", "--queue"];
        sandbox.cmd().args(emit).args(["--idempotency-key", number]).run().ok();
    }
    sandbox.run(["retry", "-q"]).code(UNDELIVERED).stdout_has("; 3 deliveries wait\n");
}

#[test]
fn doctor_says_whether_anybody_can_be_told() {
    let (_receiver, sandbox) = telling(&["A"], "echo 'no line to the pager' >&2; exit 7");
    let says = |verdict: &str, text: &str| {
        let checks = sandbox.run(["doctor", "-ojson"]).json();
        let check = checks.as_array().unwrap().iter().find(|one| one["check"] == "on_failure").cloned();
        let check = check.unwrap_or_else(|| panic!("no check in {checks}"));
        let finding = check["finding"].as_str().unwrap();
        assert!(check["verdict"] == verdict && finding.contains(text), "{check}");
    };
    says("ok", "`/bin/sh` is told of receivers that fail");
    sandbox.run(["retry", "-q"]).code(UNDELIVERED);
    says("warning", "could not be told yet: `/bin/sh` failed with exit status: 7: no line to the pager");
    for (recipient, finding) in [
        ("command = [\"./page\"]", "page`, which is to be told, is no program that this user may run"),
        ("command = [\"no-such-program\"]", "`no-such-program`, which is to be told, is no program"),
        ("webhook = \"ops\"", "webhook `ops` does not exist"),
        ("webhook = \"A\"", "the webhook `A`, which is to be told, is paused"),
    ] {
        if recipient.ends_with("A\"") {
            sandbox.run(["pause", "A"]).ok();
        }
        sandbox.config(&format!("[on_failure]\n{recipient}\n"));
        says("failed", finding);
    }
    sandbox.config("[on_failure]\ncommand = [\"sh\"]\n");
    change(&sandbox, "UPDATE alerts SET due_at = NULL");
    says("ok", "`sh` is told of receivers that fail");
}
