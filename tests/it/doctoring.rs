//! `doctor`: it names each fault, skips what comes after it, and changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::database::{DAY, change, move_times};
use crate::mounts;
use crate::receiver::{Behaviour, Received, Receiver, Reply, TestCa, TlsIdentity};
use crate::retrying::{UNDELIVERED, queue, subscribed};
use crate::sandbox::{Run, Sandbox};
use crate::steps::NOBODY;

const MACHINE: [&str; 14] = [
    "configuration",
    "modes",
    "disk",
    "database",
    "integrity",
    "foreign_keys",
    "attempts",
    "lines",
    "leases",
    "due_times",
    "clock",
    "overdue",
    "log",
    "tokens",
];
const RECEIVER: [&str; 7] = ["webhook", "dns", "egress", "connect", "tls", "http", "clock_skew"];

/// A check of some run of `doctor`.
#[derive(Debug)]
struct Check {
    name: String,
    webhook: Option<String>,
    verdict: String,
    finding: String,
    advice: String,
}

fn checks(printed: &Value) -> Vec<Check> {
    let check = |one: &Value| {
        let text = |member: &str| one[member].as_str().map(str::to_owned);
        let check = Check {
            name: text("check").unwrap(),
            webhook: text("webhook_name"),
            verdict: text("verdict").unwrap(),
            finding: text("finding").unwrap(),
            advice: text("advice").unwrap(),
        };
        assert!(!check.finding.is_empty(), "{one}");
        let bad = matches!(check.verdict.as_str(), "warning" | "failed");
        assert_eq!(!check.advice.is_empty(), bad, "{one}");
        check
    };
    printed.as_array().unwrap().iter().map(check).collect()
}

#[track_caller]
fn doctor(sandbox: &Sandbox, args: &[&str]) -> Vec<Check> {
    let run = sandbox.cmd().args(["doctor", "-ojson"]).args(args).run();
    let found = checks(&run.json());
    let failed = found.iter().any(|check| check.verdict == "failed");
    run.code(if failed { UNDELIVERED } else { 0 }).stderr_is("");
    found
}

/// Asserts that one check alone is bad, how, what is said of it, and what is to be done.
#[track_caller]
fn assert_fault(found: &[Check], (name, verdict): (&str, &str), finding: &str, advice: &str) {
    let bad: Vec<&Check> =
        found.iter().filter(|check| matches!(check.verdict.as_str(), "warning" | "failed")).collect();
    assert!(bad.len() == 1 && bad[0].name == name && bad[0].verdict == verdict, "{bad:#?}");
    assert!(bad[0].finding.contains(finding), "{bad:#?}");
    assert!(bad[0].advice.contains(advice), "{bad:#?}");
    // Whatever comes after a step that has failed was not looked at.
    if let Some(at) = RECEIVER.iter().position(|step| *step == name).filter(|_| verdict == "failed") {
        for step in &RECEIVER[at + 1..] {
            let check = found.iter().find(|check| check.name == *step).unwrap();
            assert_eq!(check.verdict, "skipped", "{check:?}");
            assert_eq!(check.finding, format!("not looked at: `{name}` has failed"));
        }
    }
}

/// What is found of a receiver with this certificate.
fn over_tls(sandbox: &Sandbox, identity: TlsIdentity) -> (Vec<Check>, Vec<Received>) {
    let receiver = Receiver::start_tls(Behaviour::by(|_| dated(0)), identity);
    sandbox.create("A", &receiver.url("/a"), &["*"]);
    let found = doctor(sandbox, &[]);
    receiver.wait_closed();
    (found, receiver.received())
}

fn trusting(ca: &TestCa) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.config("ca_file = 'ca.pem'");
    ca.write_pem(&sandbox.config_path().with_file_name("ca.pem"));
    sandbox
}

/// An answer of a receiver whose clock is so many seconds ahead.
fn dated(ahead: i64) -> Reply {
    let at = Timestamp::now() + SignedDuration::from_secs(ahead);
    Reply::status(405).header("Date", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[test]
fn all_is_well_where_nothing_is_wrong_and_nothing_is_changed() {
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    let sandbox = subscribed(&receiver);
    let db = sandbox.db_path();
    let state = || (fs::read(&db).unwrap(), fs::metadata(&db).unwrap().modified().unwrap());
    let before = state();
    let found = doctor(&sandbox, &[]);
    let names: Vec<&str> = found.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, [&MACHINE[..], &RECEIVER[..]].concat());
    for check in &found {
        let expected = if check.name == "tls" { "skipped" } else { "ok" };
        assert_eq!(check.verdict, expected, "{check:?}");
        assert_eq!(check.webhook.is_some(), RECEIVER.contains(&check.name.as_str()), "{check:?}");
    }
    let asked = receiver.received();
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].path.as_str()), (1, "OPTIONS", "/a"));
    assert!(asked[0].header("x-athens-signature").is_none());
    assert!(state() == before, "the file was changed");
    assert_eq!(fs::read_dir(db.parent().unwrap()).unwrap().count(), 1, "files were left beside it");
    let table = sandbox.run(["doctor", "A"]).ok().stderr_is("").stdout;
    assert!(table.starts_with("WEBHOOK  CHECK          VERDICT  FINDING"), "{table}");
    sandbox.run(["doctor", "B"]).code(4).stderr_has("webhook `B` does not exist");
}

#[test]
fn a_file_that_others_can_read_is_named_with_its_mode() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    sandbox.create("A", &receiver.url("/a"), &["*"]);
    let db = sandbox.db_path();
    fs::set_permissions(&db, fs::Permissions::from_mode(0o644)).unwrap();
    let finding = "ptw-hooks.db`: its mode is 0644";
    assert_fault(&doctor(&sandbox, &[]), ("modes", "failed"), finding, "chmod 600");
    fs::set_permissions(&db, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(db.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_fault(&doctor(&sandbox, &[]), ("modes", "failed"), "other users can write into", "chmod 700");
}

#[test]
fn a_full_disk_is_named_and_little_space_too() {
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.dir().join("disk")).unwrap();
    let script = r#"
        set -eu
        mount -t tmpfs -o size=8m,mode=700 tmpfs disk
        "$PROGRAM" create --name ERP --url "$URL" --event '*' -q >/dev/null
        "$PROGRAM" doctor -o json >little.json
        cat /dev/zero >disk/fill 2>/dev/null || true
        code=0; "$PROGRAM" doctor -o json >full.json || code=$?
        test $code = 3
    "#;
    mounts::run(&sandbox, script, "disk/x.db", &receiver.url("/a"));
    let read = |name| checks(&serde_json::from_slice(&fs::read(sandbox.dir().join(name)).unwrap()).unwrap());
    assert_fault(&read("little.json"), ("disk", "warning"), "MiB are free", "ptw-hooks prune");
    let full = read("full.json");
    let disk = full.iter().find(|check| check.name == "disk").unwrap();
    assert_eq!(disk.verdict, "failed");
    assert!(disk.finding.contains("the disk of the database is full"), "{disk:?}");
}

#[test]
fn a_certificate_that_ends_soon_is_a_warning_with_its_days() {
    let ca = TestCa::new();
    let (found, asked) = over_tls(&trusting(&ca), ca.expiring_in_days(10));
    assert_fault(&found, ("tls", "warning"), "the certificate expires in 10 days, at 20", "has to renew it");
    assert_eq!(asked.len(), 1, "it is trusted still");

    let ca = TestCa::new();
    let (found, _) = over_tls(&trusting(&ca), ca.valid("localhost"));
    let tls = found.iter().find(|check| check.name == "tls").unwrap();
    assert_eq!(
        (tls.verdict.as_str(), tls.finding.as_str()),
        ("ok", "the certificate is trusted and expires in 89 days")
    );
    assert!(found.iter().all(|check| check.verdict == "ok"), "{found:#?}");
}

#[test]
fn an_authority_in_between_that_ends_soon_is_a_warning_too() {
    let ca = TestCa::new();
    let (found, asked) = over_tls(&trusting(&ca), ca.through_authority_expiring_in_days(10));
    let finding = "a certificate between the receiver's and the authority expires at 20";
    assert_fault(&found, ("tls", "warning"), finding, "has to install the chain anew");
    assert_eq!(asked.len(), 1, "it is trusted still");
    let ca = TestCa::new();
    let (found, _) = over_tls(&trusting(&ca), ca.through_authority_expiring_in_days(60));
    assert!(found.iter().all(|check| check.verdict == "ok"), "{found:#?}");
}

#[test]
fn certificates_that_are_not_taken_are_told_apart() {
    let ca = TestCa::new();
    for (sandbox, identity, finding, advice) in [
        (
            trusting(&ca),
            ca.expired("localhost"),
            "the certificate expired at 20",
            "has to renew its certificate",
        ),
        (
            trusting(&ca),
            ca.wrong_host("other.example"),
            "the certificate is not for `localhost`: it names other.example",
            "The certificate does not name `localhost`",
        ),
        (
            Sandbox::new(),
            ca.valid("localhost"),
            "the certificate was issued by an authority that is not trusted here",
            "set `ca_file` in the configuration",
        ),
    ] {
        let (found, asked) = over_tls(&sandbox, identity);
        assert_fault(&found, ("tls", "failed"), finding, advice);
        assert_eq!(asked.len(), 0, "nothing is sent to a receiver that is not trusted");
    }
}

#[test]
fn a_name_an_address_or_a_port_that_leads_nowhere_is_named() {
    for (config, url, step, finding, advice) in [
        (
            "",
            "http://nobody.invalid/x",
            "dns",
            "`nobody.invalid` cannot be resolved",
            "getent hosts nobody.invalid",
        ),
        ("", NOBODY, "connect", "nothing listens at this address and port", "Check that the receiver runs"),
        (
            "deny_private = true",
            NOBODY,
            "egress",
            "127.0.0.1 is private, and `deny_private` is set",
            "`allow`",
        ),
        ("", "http://169.254.169.254/x", "egress", "link-local", "Link-local"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.config(config);
        sandbox.create("A", url, &["*"]);
        assert_fault(&doctor(&sandbox, &["A"]), (step, "failed"), finding, advice);
    }
}

#[test]
fn what_speaks_no_http_or_says_nothing_is_named() {
    for (behaviour, finding) in [
        (Behaviour::Garbage(b"SSH-2.0-x\r\n".to_vec()), "the answer is not valid HTTP/1.1"),
        (Behaviour::CloseBeforeHead, "the receiver closed the connection without an answer"),
        (Behaviour::StallBeforeHead, "timed out after 1s while waiting for an answer"),
        (Behaviour::DripHead { every: std::time::Duration::from_millis(50) }, "timed out after 1s"),
        (Behaviour::HugeHead, "the head of the answer is larger than 32 KiB"),
    ] {
        let receiver = Receiver::start(behaviour);
        let sandbox = Sandbox::new();
        sandbox.create_with("A", &receiver.url("/a"), &["*"], &["--timeout", "1s"]);
        assert_fault(&doctor(&sandbox, &[]), ("http", "failed"), finding, "");
    }
}

#[test]
fn a_receiver_whose_clock_is_off_is_a_warning_with_the_seconds() {
    for (ahead, side) in [(300, "s ahead of this one"), (-300, "s behind this one")] {
        let receiver = Receiver::start(Behaviour::by(move |_| dated(ahead)));
        let found = doctor(&subscribed(&receiver), &[]);
        assert_fault(&found, ("clock_skew", "warning"), side, "set them by NTP");
    }
    let receiver = Receiver::start(Behaviour::status(204));
    let found = doctor(&subscribed(&receiver), &[]);
    assert_eq!(found.last().unwrap().finding, "the answer has no `Date`");
}

#[test]
fn with_send_a_signature_that_is_not_accepted_is_named() {
    let answer = |request: &Received| if request.method == "POST" { Reply::status(401) } else { dated(0) };
    let receiver = Receiver::start(Behaviour::by(answer));
    let sandbox = subscribed(&receiver);
    let healthy = doctor(&sandbox, &[]);
    assert!(healthy.iter().all(|check| check.verdict != "failed"), "{healthy:#?}");
    assert_eq!(sandbox.run(["deliveries", "-ojson"]).json().as_array().unwrap().len(), 0);
    let finding = "the receiver answered 401 Unauthorized: the signature was not accepted";
    assert_fault(&doctor(&sandbox, &["A", "--send"]), ("test", "failed"), finding, "`ptw-hooks verify`");
    let log = sandbox.run(["deliveries", "-ojson"]).json();
    assert_eq!((log.as_array().unwrap().len(), &log[0]["event"]), (1, &"webhook_test".into()));

    receiver.set(Behaviour::by(|_| dated(0)));
    receiver
        .set(Behaviour::by(|request| if request.method == "POST" { Reply::status(204) } else { dated(0) }));
    let well = doctor(&sandbox, &["--send"]);
    let test = well.iter().find(|check| check.name == "test").unwrap();
    assert!(
        test.verdict == "ok" && test.finding.starts_with("`webhook_test` was answered 204 in "),
        "{test:?}"
    );
    // What cannot be connected to is not sent to.
    let sandbox = Sandbox::new();
    sandbox.create("A", NOBODY, &["*"]);
    let found = doctor(&sandbox, &["--send"]);
    assert_eq!(found.iter().find(|check| check.name == "test").unwrap().verdict, "skipped");
    assert_eq!(sandbox.run(["deliveries", "-ojson"]).json().as_array().unwrap().len(), 0);
}

#[test]
fn a_worker_that_is_dead_shows_by_what_is_overdue() {
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    let sandbox = subscribed(&receiver);
    queue(&sandbox, 1);
    move_times(&sandbox, -DAY);
    let finding = "due for more than 5 minutes: delivery 1";
    assert_fault(&doctor(&sandbox, &[]), ("overdue", "warning"), finding, "Nobody sends");
    change(&sandbox, "UPDATE deliveries SET claimed_at = due_at");
    let finding = "held for sending by a process that has ended: delivery 1";
    assert_fault(&doctor(&sandbox, &[]), ("leases", "warning"), finding, "`ptw-hooks retry` takes them over");
}

#[test]
fn tokens_that_end_soon_are_named_unless_they_were_replaced() {
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    let sandbox = subscribed(&receiver);
    sandbox.run(["token", "create", "erp", "--expires", "73h"]).ok();
    sandbox.run(["token", "create", "gate", "--expires", "90d"]).ok();
    assert_fault(&doctor(&sandbox, &[]), ("tokens", "warning"), "`erp` expires in 3 days", "token create");
    sandbox.run(["token", "revoke", "erp"]).ok();
    assert!(doctor(&sandbox, &[]).iter().all(|check| check.verdict != "warning"));
}

#[test]
fn a_database_that_is_not_there_or_not_ours_is_named_and_the_rest_skipped() {
    let sandbox = Sandbox::new();
    let skipped = |found: &[Check]| found.iter().filter(|check| check.verdict == "skipped").count();
    let found = doctor(&sandbox, &[]);
    assert_fault(&found, ("database", "failed"), "there is no database at", "ptw-hooks create");
    assert_eq!(skipped(&found), 3, "{found:#?}");
    let notes = sandbox.write("data/ptw-hooks/ptw-hooks.db", "not a database");
    fs::set_permissions(&notes, fs::Permissions::from_mode(0o600)).unwrap();
    let found = doctor(&sandbox, &[]);
    assert_fault(&found, ("database", "failed"), "is not a database of ptw-hooks", "--db");
    sandbox.config("timeout = 'soon'");
    let refused: Run = sandbox.run(["doctor"]).code(2).stdout_is("");
    refused.stderr_has("timeout cannot be `soon`");
}

#[test]
fn webhooks_that_are_sent_nothing_are_named_and_the_others_come_in_their_order() {
    let receiver = Receiver::start(Behaviour::by(|_| dated(0)));
    let sandbox = Sandbox::new();
    for name in ["A", "B", "C"] {
        sandbox.create(name, &receiver.url("/a"), &["*"]);
    }
    sandbox.run(["disable", "B"]).ok();
    let found = doctor(&sandbox, &[]);
    assert_fault(&found, ("webhook", "warning"), "disabled since", "`ptw-hooks enable 2`");
    let of: Vec<&str> = found.iter().filter_map(|check| check.webhook.as_deref()).collect();
    assert_eq!(of, [&["A"; 7][..], &["B"], &["C"; 7]].concat());
    assert_eq!(doctor(&sandbox, &["B"]).len(), MACHINE.len() + RECEIVER.len(), "who names it wants to know");
    sandbox.run(["enable", "B"]).ok();
    sandbox.run(["pause", "B"]).ok();
    assert_fault(&doctor(&sandbox, &[]), ("webhook", "warning"), "paused since", "`ptw-hooks resume 2`");
}
