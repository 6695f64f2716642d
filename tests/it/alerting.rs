//! `on_failure`: somebody is told, once per incident, that a receiver has begun to fail, is well again, or cost its
//! webhook its deliveries; and `retry --quiet` prints nothing else.

use std::fs;

use serde_json::Value;

use crate::database::{DAY, change, let_time_pass, move_times, value};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::rest::until;
use crate::retrying::{UNDELIVERED, emit, queue, subscribed};
use crate::sandbox::{Run, Sandbox};
use crate::steps::NOBODY;

/// Writes what it is told, and how, as lines into `told`.
const SCRIPT: &str = "#!/bin/sh
set -eu
cat >> told
printf '\\n' >> told
echo \"$PTW_HOOKS_ALERT $PTW_HOOKS_ALERT_WEBHOOK $PTW_HOOKS_ALERT_WEBHOOK_ID ${PTW_HOOKS_SECRET:-none} $*\" >> variables
";

/// A configuration by which a command is told after two failures.
fn telling(sandbox: &Sandbox) {
    script(sandbox, SCRIPT);
    let script = sandbox.dir().join("page");
    sandbox.config(&format!(
        "[on_failure]\nfailures = 2\ncommand = [\"/bin/sh\", \"{}\", \"two words\"]\n",
        script.display()
    ));
}

fn script(sandbox: &Sandbox, text: &str) {
    sandbox.write("page", format!("cd '{}'\n{text}", sandbox.dir().display()));
}

/// What the command was told, in its order.
fn told(sandbox: &Sandbox) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.dir().join("told")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn events(told: &[Value]) -> Vec<&str> {
    told.iter().map(|one| one["event"].as_str().unwrap()).collect()
}

/// All that is pending gets one attempt more.
fn retry(sandbox: &Sandbox) -> Run {
    let_time_pass(sandbox);
    sandbox.run(["retry", "--quiet"])
}

fn failing(statuses: &[u16]) -> (Receiver, Sandbox) {
    let replies = statuses.iter().map(|status| Reply::status(*status)).collect();
    let receiver = Receiver::start(Behaviour::Script(replies));
    let sandbox = subscribed(&receiver);
    telling(&sandbox);
    (receiver, sandbox)
}

#[test]
fn a_command_is_told_once_that_a_receiver_fails_and_once_that_it_is_well_again() {
    let (receiver, sandbox) = failing(&[500, 500, 503, 204, 500, 500, 204]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    sandbox.run(["retry"]).ok();
    assert_eq!(told(&sandbox), Vec::<Value>::new(), "one failure is not worth telling");
    let run = sandbox.cmd().args(["retry", "--now", "-q"]).env("PTW_HOOKS_SECRET", "not for others").run();
    let run = run.code(UNDELIVERED).stderr_is("");
    run.stdout_has("`A` is failing: 2 attempts have failed since ")
        .stdout_has("500")
        .stdout_has("; 1 delivery waits\n");
    let first = told(&sandbox);
    assert_eq!(events(&first), ["webhook_failing"]);
    let one = &first[0];
    assert_eq!(
        (&one["webhook"], &one["webhook_name"], &one["url"]),
        (&1.into(), &"A".into(), &receiver.url("/a").into())
    );
    assert_eq!((&one["failures"], &one["pending"], &one["status_code"]), (&2.into(), &1.into(), &500.into()));
    assert!(one["error"].as_str().unwrap().contains("500"), "{one}");
    assert!(one["failing_since"].as_str() <= one["timestamp"].as_str(), "{one}");
    let variables = fs::read_to_string(sandbox.dir().join("variables")).unwrap();
    assert_eq!(variables, "webhook_failing A 1 none two words\n");

    // While it lasts nothing more is told or printed, and what it costs is in the exit code alone.
    retry(&sandbox).code(UNDELIVERED).stdout_is("").stderr_is("");
    assert_eq!(told(&sandbox).len(), 1);
    let run = retry(&sandbox).ok();
    run.stdout_has("`A` takes deliveries again, after ").stdout_has("; nothing waits\n").stderr_is("");
    assert_eq!(events(&told(&sandbox)), ["webhook_failing", "webhook_recovered"]);
    retry(&sandbox).ok().stdout_is("").stderr_is("");

    // The next incident is one of its own.
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    retry(&sandbox).code(UNDELIVERED).stdout_has("is failing");
    retry(&sandbox).ok().stdout_has("again");
    let all = told(&sandbox);
    assert_eq!(
        events(&all),
        ["webhook_failing", "webhook_recovered", "webhook_failing", "webhook_recovered"]
    );
}

#[test]
fn a_receiver_that_is_gone_is_told_once_and_a_webhook_that_is_given_up_ends_its_incident() {
    let (_receiver, sandbox) = failing(&[410, 500, 500, 500]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    sandbox
        .run(["retry", "-q"])
        .ok()
        .stdout_has("`A` was disabled: the receiver answered 410 Gone; nothing waits\n");
    sandbox.run(["retry", "-q"]).ok().stdout_is("");
    sandbox.run(["enable", "A"]).ok();
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    retry(&sandbox).code(UNDELIVERED).stdout_has("is failing");
    move_times(&sandbox, -6 * DAY);
    retry(&sandbox).code(UNDELIVERED).stdout_has("`A` was disabled: every attempt has failed since ");
    let all = told(&sandbox);
    assert_eq!(events(&all), ["webhook_disabled", "webhook_failing", "webhook_disabled"]);
    // Somebody gives it another chance: that is no news.
    sandbox.run(["enable", "A"]).ok();
    sandbox.run(["retry", "-q"]).ok().stdout_is("");
    sandbox.run(["disable", "A"]).ok();
    sandbox.run(["retry", "-q"]).ok().stdout_is("");
    assert_eq!(told(&sandbox).len(), 3);
}

#[test]
fn what_people_do_ends_an_incident() {
    let (_receiver, sandbox) = failing(&[500; 9]);
    let fail = |permit| {
        queue(&sandbox, permit);
        let said = [retry(&sandbox), retry(&sandbox)].map(|run| run.code(UNDELIVERED).stdout).concat();
        assert_eq!(said.matches("is failing").count(), 1, "{said}");
    };
    fail(1);
    sandbox.run(["disable", "A"]).ok();
    retry(&sandbox).stdout_has("`A` was disabled: ");
    sandbox.run(["enable", "A"]).ok();
    fail(2);
    sandbox.run(["disable", "A"]).ok();
    sandbox.run(["enable", "A"]).ok();
    sandbox.run(["retry", "-q"]).stdout_is("");
    fail(3);
    sandbox.run(["delete", "A", "--yes"]).ok();
    sandbox.run(["retry", "-q"]).ok().stdout_is("");
    assert_eq!(value(&sandbox, "SELECT count(*) FROM incidents WHERE ended_at IS NULL"), 0);
    let all = told(&sandbox);
    assert_eq!(events(&all), ["webhook_failing", "webhook_disabled", "webhook_failing", "webhook_failing"]);
}

#[test]
fn a_receiver_that_has_failed_for_long_is_told_after_one_failure() {
    let (_receiver, sandbox) = failing(&[500, 204]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    move_times(&sandbox, -9 * 60 * 1000);
    sandbox.run(["retry", "-q", "--now"]).ok();
    emit(&sandbox, 2, &[]).ok();
    assert_eq!(told(&sandbox).len(), 0);

    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    telling(&sandbox);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    sandbox.run(["pause", "A"]).ok();
    move_times(&sandbox, -10 * 60 * 1000);
    sandbox.run(["retry", "-q"]).ok().stdout_has("1 attempt has failed");
    // A shorter time, and no command: it is printed all the same.
    let sandbox = subscribed(&receiver);
    sandbox.config("[on_failure]\ntime = \"1m\"\n");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    move_times(&sandbox, -60 * 1000);
    let run = sandbox.run(["retry", "-q", "--now", "-ojson"]).code(UNDELIVERED);
    assert_eq!(run.json()[0]["event"], "webhook_failing");
    assert_eq!(run.json()[0]["failures"], 2);
}

#[test]
fn a_command_that_fails_is_told_again_and_what_follows_waits_for_it() {
    let (_receiver, sandbox) = failing(&[500, 500, 204]);
    script(&sandbox, "echo 'no line to the pager' >&2; exit 7");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    let run = retry(&sandbox).code(UNDELIVERED).stdout_has("is failing");
    run.stderr_has("error: cannot tell that `A` is failing")
        .stderr_has("7: no line to the pager; it is tried again\n");
    script(&sandbox, SCRIPT);
    retry(&sandbox).ok().stdout_has("again").stderr_is("");
    assert_eq!(told(&sandbox).len(), 0, "the first is due in a minute, and the second comes after it");
    change(&sandbox, "UPDATE alerts SET due_at = due_at - 61000 WHERE tries > 0");
    sandbox.run(["retry", "-q"]).ok().stdout_is("").stderr_is("");
    assert_eq!(events(&told(&sandbox)), ["webhook_failing", "webhook_recovered"]);
    assert_eq!(
        value(&sandbox, "SELECT count(*) FROM alerts WHERE due_at IS NULL AND told_at IS NOT NULL"),
        2
    );
}

#[test]
fn what_is_a_day_old_is_told_no_more() {
    let (_receiver, sandbox) = failing(&[500; 3]);
    script(&sandbox, "exit 1");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    retry(&sandbox).stderr_has("it is tried again");
    change(&sandbox, "UPDATE alerts SET due_at = 0, at = at - 86400000 + 30000");
    sandbox.run(["retry", "-q"]).stderr_has("it is given up");
    sandbox.run(["retry", "-q"]).ok().stderr_is("");
}

#[test]
fn a_command_that_cannot_be_started_or_is_killed_is_named() {
    let (_receiver, sandbox) = failing(&[500; 9]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    sandbox.config("[on_failure]\nfailures = 2\ncommand = [\"./nowhere\"]\n");
    retry(&sandbox).stderr_has("cannot start `").stderr_has("nowhere`: No such file");
    script(&sandbox, "kill -9 $$");
    telling(&sandbox);
    script(&sandbox, "kill -9 $$");
    change(&sandbox, "UPDATE alerts SET due_at = 0");
    retry(&sandbox).stderr_has("failed with signal: 9");
}

#[test]
fn a_webhook_of_its_own_is_told_signed_and_without_a_row_in_the_log() {
    let receiver = Receiver::start(Behaviour::Script([500, 500, 204].map(Reply::status).to_vec()));
    let pager = Receiver::start(Behaviour::Script([503, 204, 204].map(Reply::status).to_vec()));
    let sandbox = subscribed(&receiver);
    sandbox.create("ops", &pager.url("/page"), &["permit_expired"]);
    sandbox.config("[on_failure]\nfailures = 2\nwebhook = \"ops\"\n");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    retry(&sandbox)
        .code(UNDELIVERED)
        .stderr_has("the webhook `ops`, which is to be told, has not taken it: ");
    change(&sandbox, "UPDATE alerts SET due_at = 0");
    sandbox.run(["retry", "-q"]).ok().stderr_is("");
    retry(&sandbox).ok().stdout_has("again");
    let requests = pager.received();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"), "it is the same alert");
    assert_eq!(requests[0].body, requests[1].body);
    assert_ne!(requests[1].header("webhook-id"), requests[2].header("webhook-id"));
    assert_eq!(requests[1].header("x-athens-event"), Some("webhook_failing"));
    assert_eq!(requests[2].header("x-athens-event"), Some("webhook_recovered"));
    let body: Value = serde_json::from_slice(&requests[2].body).unwrap();
    assert_eq!((&body["event"], &body["webhook_name"]), (&"webhook_recovered".into(), &"A".into()));
    let signature = requests[2].header("x-athens-signature").unwrap().to_owned();
    sandbox.write("body", &requests[2].body);
    let verify = |secret: &str| {
        sandbox.write("secret", secret);
        sandbox.run(["verify", "--secret-file", "secret", "--body", "body", "--signature", &signature])
    };
    let secret = sandbox.run(["show", "ops", "--reveal-secret", "-ojson"]).ok().json();
    verify(secret["secret"].as_str().unwrap()).ok();
    assert_eq!(value(&sandbox, "SELECT count(*) FROM deliveries WHERE webhook_id = 2"), 0);

    sandbox.run(["disable", "ops"]).ok();
    receiver.set(Behaviour::status(500));
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    retry(&sandbox).stderr_has("the webhook `ops`, which is to be told, is disabled; it is tried again");
    sandbox.run(["delete", "ops", "--yes"]).ok();
    change(&sandbox, "UPDATE alerts SET due_at = 0 WHERE told_at IS NULL");
    retry(&sandbox).stderr_has("`ops`");
}

#[test]
fn workers_tell_it_meanwhile_and_only_one_of_them() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    telling(&sandbox);
    sandbox.run(["token", "create", "t", "--scope", "read"]).ok();
    let mut watch = sandbox.cmd().args(["retry", "--watch", "-q"]).spawn();
    let mut serve = sandbox.cmd().args(["serve", "--listen", "127.0.0.1:0"]).spawn();
    serve.wait_for_stderr("listening");
    for permit in 1..=4 {
        queue(&sandbox, permit);
    }
    receiver.wait_for(4);
    until("it was told", || (told(&sandbox).len() == 1).then_some(()));
    receiver.set(Behaviour::status(204));
    let_time_pass(&sandbox);
    until("it was told", || (told(&sandbox).len() == 2).then_some(()));
    assert_eq!(events(&told(&sandbox)), ["webhook_failing", "webhook_recovered"]);
    watch.terminate();
    serve.terminate();
    let (watch, serve) = (watch.wait().code(143), serve.wait().ok());
    let said =
        |text: &str, logged: &str| watch.stderr.matches(text).count() + serve.stderr.matches(logged).count();
    assert_eq!(said("is failing", "the receiver of a webhook has begun to fail"), 1);
    assert_eq!(said("takes deliveries again", "the receiver of a webhook takes deliveries again"), 1);
}

#[test]
fn many_retries_at_once_tell_it_once() {
    let (_receiver, sandbox) = failing(&[500; 40]);
    for permit in 1..=3 {
        emit(&sandbox, permit, &[]).code(UNDELIVERED);
    }
    let runs: Vec<_> = (0..8).map(|_| sandbox.cmd().args(["retry", "-q"]).spawn()).collect();
    let said: usize = runs.into_iter().map(|run| run.wait().stdout.matches("is failing").count()).sum();
    assert_eq!(said, 1);
    assert_eq!(told(&sandbox).len(), 1);
}

#[test]
fn without_quiet_it_is_a_note_beside_the_table() {
    let receiver = Receiver::start(Behaviour::status(500));
    let sandbox = subscribed(&receiver);
    sandbox.config("[on_failure]\nfailures = 2\n");
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    let_time_pass(&sandbox);
    let run = sandbox.run(["retry"]).code(UNDELIVERED);
    run.stdout_has("A                0        1       0\n")
        .stdout_lacks("failing")
        .stderr_has("`A` is failing");
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    for (table, complaint) in [
        ("command = []", "on_failure.command is empty"),
        ("command = [\"\"]", "on_failure.command is empty"),
        ("command = \"page ops\"", "command"),
        ("command = [\"page\"]\nwebhook = \"ops\"", "both `command` and `webhook`"),
        ("failures = 0", "on_failure.failures cannot be `0`"),
        ("failures = -1", "failures"),
        ("time = \"soon\"", "on_failure.time cannot be `soon`: it is a duration such as `10m`"),
        ("time = \"0s\"", "on_failure.time cannot be `0s`"),
        ("minutes = 5", "unknown field `minutes`"),
    ] {
        sandbox.config(&format!("[on_failure]\n{table}\n"));
        sandbox.run(["list"]).code(2).stderr_has(complaint);
    }
}

#[test]
fn old_incidents_go_with_what_else_is_old() {
    let (_receiver, sandbox) = failing(&[500, 500, 204, 500, 500]);
    emit(&sandbox, 1, &[]).code(UNDELIVERED);
    retry(&sandbox).code(UNDELIVERED);
    retry(&sandbox).ok();
    move_times(&sandbox, -40 * DAY);
    emit(&sandbox, 2, &[]).code(UNDELIVERED);
    retry(&sandbox).code(UNDELIVERED).stdout_has("is failing");
    assert_eq!(value(&sandbox, "SELECT count(*) FROM incidents"), 2);
    sandbox.run(["prune", "--older-than", "30d"]).ok();
    assert_eq!(value(&sandbox, "SELECT count(*) FROM incidents"), 1);
    assert_eq!(value(&sandbox, "SELECT count(*) FROM alerts"), 1);
    sandbox.run(["delete", "A", "--yes"]).ok();
    sandbox.run(["retry", "-q"]).ok();
    move_times(&sandbox, -40 * DAY);
    sandbox.run(["prune", "--older-than", "30d"]).ok();
    assert_eq!(value(&sandbox, "SELECT count(*) FROM webhooks"), 0);
    sandbox.run(["check"]).ok();
}
