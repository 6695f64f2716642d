//! What `doctor` says of the files, and of what the receiver makes of them.

use super::*;

/// The check `client_cert` of `doctor`, and the whole.
fn doctor(sandbox: &Sandbox) -> (Value, Value) {
    let all = sandbox.run(["doctor", "erp", "-o", "json"]).json();
    let one = all.as_array().unwrap().iter().find(|one| one["check"] == "client_cert").cloned();
    (one.unwrap_or(Value::Null), all)
}

#[track_caller]
fn assert_check(sandbox: &Sandbox, verdict: &str, finding: &str, advice: &str) {
    let (check, all) = doctor(sandbox);
    let has = |member: &str, part: &str| check[member].as_str().is_some_and(|text| text.contains(part));
    assert!(check["verdict"] == verdict && has("finding", finding) && has("advice", advice), "{all:#}");
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    if verdict == "failed" && !finding.contains("expired") {
        assert_eq!(tls["finding"], "not looked at: `client_cert` has failed");
    }
}

#[test]
fn doctor_looks_at_the_certificate_of_a_webhook_and_at_what_the_receiver_makes_of_it() {
    let (sandbox, ca, receiver) = demanding();
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    assert_check(
        &sandbox,
        "ok",
        "ptw.pem` fits its key and expires in 90 days; the receiver asked for it and took it",
        "",
    );
    ca.client("ptw", 10).write_to(&sandbox, "ptw");
    assert_check(&sandbox, "warning", "ptw.pem` expires in 10 days, at 20", "nothing has to be restarted");
    ca.client("ptw", -1).write_to(&sandbox, "ptw");
    assert_check(
        &sandbox,
        "failed",
        "ptw.pem`: it expired at 20",
        "Have its authority issue a new one, and put it",
    );
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o604)).unwrap();
    assert_check(&sandbox, "warning", "other users of this machine can read or write", "chmod 600 '");
    fs::remove_file(sandbox.dir().join("ptw.key")).unwrap();
    assert_check(&sandbox, "failed", "cannot read client_key `", "Check the path.");

    // What the receiver does not take is a failure of TLS, also where TLS 1.3 says it late.
    TestCa::new().client("ptw", 90).write_to(&sandbox, "ptw");
    let (check, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert_eq!((&check["verdict"], &tls["verdict"]), (&json!("ok"), &json!("failed")), "{all:#}");
    assert!(tls["finding"].as_str().unwrap().contains("refused the client certificate"), "{tls}");
    sandbox.run(["update", "erp", "--no-client-cert"]).ok();
    let (check, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert_eq!((check, &tls["verdict"]), (Value::Null, &json!("failed")), "{all:#}");
    assert!(tls["finding"].as_str().unwrap().contains("demands a client certificate"), "{tls}");
    sandbox.write("ca.pem", "nothing");
    let (_, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert!(tls["finding"].as_str().unwrap().contains("ca.pem`: it is not PEM"), "{tls}");

    let polite = Receiver::start_tls(Reply::status(200), ca.valid("localhost"));
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    sandbox
        .run(["update", "erp", "--url", &polite.url("/x"), "--client-cert=ptw.pem", "--client-key=ptw.key"])
        .ok();
    assert_check(&sandbox, "ok", "; the receiver did not ask for it", "");
}
