//! When a request is made once more with the other secret, and what is kept of that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Known, NEW, OLD, rotate, rotation, signers, subscribed};
use crate::receiver::{Behaviour, Received, Receiver, Reply};
use crate::rest::Site;
use crate::retrying::{emit, inspect, queue};
use crate::steps::connect;
use crate::workers::Gate;

/// The only attempt of a delivery.
#[track_caller]
fn only_attempt(inspection: &Value) -> &Value {
    let attempts = inspection["attempt_log"].as_array().unwrap();
    assert_eq!(attempts.len(), 1, "{inspection}");
    &attempts[0]
}

fn signing(attempt: &Value) -> (Value, Value) {
    (attempt["signed_with"].clone(), attempt["refused_status"].clone())
}

#[test]
fn the_old_secret_leads_until_the_receiver_refuses_it_and_accepts_the_new_one() {
    let known = Known::new(OLD);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    emit(&sandbox, 1, &[]).ok();
    assert_eq!(signing(only_attempt(&inspect(&sandbox, 1))), (json!(null), json!(null)));
    rotate(&sandbox);
    emit(&sandbox, 2, &[]).ok();
    assert_eq!(signing(only_attempt(&inspect(&sandbox, 2))), (json!("old"), json!(null)));
    assert_eq!(
        (&rotation(&sandbox)["leads"], &rotation(&sandbox)["accepted_at"]),
        (&json!("old"), &json!(null))
    );

    known.set(NEW);
    emit(&sandbox, 3, &[]).ok();
    let inspected = inspect(&sandbox, 3);
    let attempt = only_attempt(&inspected);
    assert_eq!(signing(attempt), (json!("new"), json!(401)));
    assert_eq!((&attempt["outcome"], &attempt["response"]["status"]), (&json!("delivered"), &json!(204)));
    assert_eq!((&inspected["attempts"], &inspected["retry_count"]), (&json!(1), &json!(0)));
    sandbox.run(["inspect", "3"]).ok().stdout_has(
        "\n  signed  with the new secret, after a first request with the old one was refused (401)\n",
    );
    sandbox.run(["inspect", "2"]).ok().stdout_has("\n  signed  with the old secret\n");
    sandbox.run(["inspect", "1"]).ok().stdout_lacks("signed  with");
    emit(&sandbox, 4, &[]).ok();
    let requests = receiver.received();
    assert_eq!(signers(&requests), ["old", "old", "old", "new", "new"]);
    let shown = rotation(&sandbox);
    assert_eq!(shown["leads"], "new");
    assert!(shown["accepted_at"].is_string(), "{shown}");

    // The second request is the first one with other signatures.
    let (first, second) = (&requests[2], &requests[3]);
    assert_eq!(first.body, second.body);
    let others = |request: &Received| {
        let signature = |name: &str| matches!(name, "x-athens-signature" | "webhook-signature");
        request.headers.iter().filter(|(name, _)| !signature(name)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(first), others(second));

    // And back again, for a receiver that was put back.
    known.set(OLD);
    emit(&sandbox, 5, &[]).ok();
    assert_eq!(signing(only_attempt(&inspect(&sandbox, 5))), (json!("old"), json!(401)));
    emit(&sandbox, 6, &[]).ok();
    assert_eq!(signers(&receiver.received()[5..]), ["new", "old", "old"]);
    assert_eq!(
        (&rotation(&sandbox)["leads"], &rotation(&sandbox)["accepted_at"]),
        (&json!("old"), &shown["accepted_at"])
    );
}

#[test]
fn both_signatures_of_standard_webhooks_are_sent_the_leading_one_first() {
    let known = Known::new(OLD);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    let signatures = |request: &Received| {
        let value = request.header("webhook-signature").unwrap().to_owned();
        value.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let right = |request: &Received, signature: &str, secret: &str| {
        let file = if secret == OLD { "old.secret" } else { "new.secret" };
        let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
        let verify = ["verify", "--secret-file", file, "--signature", signature];
        let envelope = ["--id", id.unwrap(), "--timestamp", timestamp.unwrap()];
        sandbox.cmd().args(verify).args(envelope).stdin(request.body.clone()).run().code == Some(0)
    };
    emit(&sandbox, 1, &[]).ok();
    rotate(&sandbox);
    emit(&sandbox, 2, &[]).ok();
    known.set(NEW);
    emit(&sandbox, 3, &[]).ok();
    sandbox.run(["rotate-secret", "ERP", "--finish"]).ok();
    emit(&sandbox, 4, &[]).ok();
    let requests = receiver.received();
    for (request, expected) in
        requests.iter().zip([&[OLD][..], &[OLD, NEW], &[OLD, NEW], &[NEW, OLD], &[NEW]])
    {
        let found = signatures(request);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (signature, secret) in found.iter().zip(expected) {
            assert!(right(request, signature, secret), "{signature} is not of {secret}");
            let other = if *secret == OLD { NEW } else { OLD };
            assert!(!right(request, signature, other), "{signature} is of {other}");
        }
    }
    assert_eq!(requests.len(), 5);
}

#[test]
fn nothing_but_a_refused_signature_brings_about_a_second_request() {
    let receiver = Receiver::start(Reply::status(401));
    let sandbox = subscribed(&receiver.url("/x"), &["--no-retry"]);
    let sent = |permit: u64| {
        receiver.take_received();
        emit(&sandbox, permit, &[]).code(3);
        receiver.take_received().len()
    };
    assert_eq!(sent(1), 1, "there is no rotation");
    rotate(&sandbox);
    for (permit, status) in (2..).zip([301, 400, 402, 404, 407, 408, 409, 422, 429, 500, 502, 503]) {
        receiver.set(Reply::status(status));
        assert_eq!(sent(permit), 1, "{status}");
    }
    receiver.set(Behaviour::Reset);
    assert!(sent(20) <= 1);
    receiver.set(Behaviour::TruncatedBody);
    assert_eq!(sent(21), 1);
    for (permit, status) in [(30, 401), (31, 403)] {
        receiver.set(Reply::status(status));
        assert_eq!(sent(permit), 2, "{status}");
        let all = sandbox.run(["deliveries", "--limit", "1", "-o", "json"]).ok().json();
        let inspected = inspect(&sandbox, all[0]["id"].as_i64().unwrap());
        let attempt = only_attempt(&inspected);
        assert_eq!(signing(attempt), (json!("new"), json!(status)));
        assert_eq!(attempt["response"]["status"], status);
        let advice = attempt["advice"].as_str().unwrap();
        assert!(advice.starts_with("The receiver accepted neither the old nor the new secret."), "{advice}");
    }
    // What was refused twice, or refused and then not accepted, changes nothing.
    for (permit, second) in (40..).zip([500, 302, 429]) {
        let turn = AtomicUsize::new(0);
        receiver.set(Behaviour::by(move |_| {
            Reply::status(if turn.fetch_add(1, Ordering::SeqCst) == 0 { 401 } else { second })
        }));
        assert_eq!(sent(permit), 2, "{second}");
    }
    assert_eq!(
        (&rotation(&sandbox)["leads"], &rotation(&sandbox)["accepted_at"]),
        (&json!("old"), &json!(null))
    );
}

#[test]
fn both_requests_together_take_no_longer_than_an_exchange_may() {
    let receiver = Receiver::start(Behaviour::each(|request| {
        if super::signed_with(request, OLD) {
            std::thread::sleep(Duration::from_millis(1500));
            Behaviour::status(401)
        } else {
            Behaviour::StallBeforeHead
        }
    }));
    let sandbox = subscribed(&receiver.url("/x"), &["--timeout", "3s", "--no-retry"]);
    rotate(&sandbox);
    emit(&sandbox, 1, &[]).code(3);
    let inspected = inspect(&sandbox, 1);
    let attempt = only_attempt(&inspected);
    assert_eq!((&attempt["outcome"], &attempt["phase"]), (&json!("timeout"), &json!("head")));
    assert_eq!(attempt["error"], "timed out after 3s while waiting for an answer");
    assert_eq!(signing(attempt), (json!("new"), json!(401)));
    // With the whole timeout for the second one it would be 4.5 s.
    let duration = attempt["duration_ms"].as_f64().unwrap();
    assert!((3000.0..4400.0).contains(&duration), "{duration} ms");
}

#[test]
fn every_command_that_sends_follows_the_rotation() {
    let known = Known::new(NEW);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    rotate(&sandbox);
    let line = r#"{"event":"permit_created","permit_id":50,"permit_number":"P-50"}"#;
    let mut lead = "old";
    // Each of them meets a receiver that knows the secret which does not lead.
    let mut turn = |what: &str, send: &dyn Fn()| {
        let (other, secret) = if lead == "old" { ("new", NEW) } else { ("old", OLD) };
        known.set(secret);
        let dry = emit(&sandbox, 99, &["--dry-run"]).ok().json();
        receiver.take_received();
        send();
        let mut requests = receiver.take_received();
        requests.retain(|request| request.method == "POST");
        assert_eq!(signers(&requests), [lead, other], "{what}");
        assert_eq!(rotation(&sandbox)["leads"], other, "{what}");
        let signatures = |value: &str| value.split(' ').count();
        let headers = dry["requests"][0]["headers"].as_array().unwrap();
        let header = |name: &str| headers.iter().find(|pair| pair[0] == name).unwrap()[1].as_str().unwrap();
        assert_eq!(signatures(header("webhook-signature")), 2);
        let body = dry["requests"][0]["body"].as_str().unwrap();
        let leading = if lead == "old" { OLD } else { NEW };
        assert_eq!(header("x-athens-signature"), crate::vectors::athens(leading.as_bytes(), body.as_bytes()));
        lead = other;
    };
    turn("emit", &|| drop(emit(&sandbox, 1, &[]).ok()));
    turn("test", &|| drop(sandbox.run(["test", "ERP"]).ok()));
    turn("emit --batch", &|| drop(sandbox.cmd().args(["emit", "--batch", "-"]).stdin(line).run().ok()));
    queue(&sandbox, 2);
    turn("retry", &|| drop(sandbox.run(["retry"]).ok()));
    turn("redeliver", &|| drop(sandbox.run(["redeliver", "1"]).ok()));
    turn("doctor --send", &|| {
        // It looks at the receiver first, with a request that is not signed.
        let doctor = sandbox.run(["doctor", "ERP", "--send", "-q"]);
        assert!(doctor.stdout.contains("`webhook_test` was answered 204"), "{doctor}");
        let _ = receiver.take_problems();
    });
}

#[test]
fn the_worker_of_serve_follows_the_rotation() {
    let known = Known::new(OLD);
    let receiver = known.receiver();
    let site = Site::of(subscribed(&receiver.url("/x"), &[]), &[]);
    site.client.post("events/?wait=true", &crate::rest::event("permit_created", 1)).is(200);
    rotate(&site.sandbox);
    known.set(NEW);
    for permit in 2..5 {
        let sent = site.client.post("events/?wait=true", &crate::rest::event("permit_created", permit));
        assert_eq!(sent.is(200).json()["deliveries"][0]["status"], "success");
    }
    assert_eq!(signers(&receiver.received()), ["old", "old", "new", "new", "new"]);
    let tested = site.client.post("webhooks/1/test/", &json!({})).is(200).json();
    let id = &tested["delivery"]["id"];
    let attempt = site.client.get(&format!("deliveries/{id}/")).is(200).json()["attempt_log"][0].clone();
    assert_eq!(signing(&attempt), (json!("new"), json!(null)));
}

#[test]
fn an_attempt_that_began_before_the_rotation_follows_it_too() {
    let gate = Gate::default();
    let (known, held) = (Known::new(NEW), gate.clone());
    let receiver = Receiver::start(Behaviour::by({
        let known = known.clone();
        move |request| {
            held.pass();
            Reply::status(if known.signed(request) { 204 } else { 401 })
        }
    }));
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    let emit = ["emit", "permit_created", "--permit-id", "1", "--permit-number", "P"];
    let emitting = sandbox.cmd().args(emit).spawn();
    receiver.wait_for_connections(1);
    rotate(&sandbox);
    gate.open();
    emitting.wait().ok();
    assert_eq!(signers(&receiver.received()), ["old", "new"]);
    assert_eq!(signing(only_attempt(&inspect(&sandbox, 1))), (json!("new"), json!(401)));
    assert_eq!(rotation(&sandbox)["leads"], "new");
}

#[test]
fn what_waits_to_be_sent_learns_which_secret_leads() {
    let known = Known::new(NEW);
    let receiver = known.receiver();
    let sandbox = subscribed(&receiver.url("/x"), &[]);
    let line = |permit| {
        format!("{{\"event\":\"permit_created\",\"permit_id\":{permit},\"permit_number\":\"P-{permit}\"}}\n")
    };
    let batch: String = (0..400).map(line).collect();
    rotate(&sandbox);
    sandbox.cmd().args(["emit", "--batch", "-", "-q"]).stdin(batch).run().ok();
    let signers = signers(&receiver.received());
    assert_eq!(signers.iter().filter(|signer| **signer == "new").count(), 400);
    // No more than are under way at once.
    let refused = signers.iter().filter(|signer| **signer == "old").count();
    assert!((1..=64).contains(&refused), "{refused} were refused");
}

#[test]
fn a_receiver_of_which_each_half_knows_another_secret_gets_everything() {
    // As behind a load balancer, in the middle of a change.
    let turn = AtomicUsize::new(0);
    let receiver = Receiver::start(Behaviour::by(move |request| {
        let secret = if turn.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) { OLD } else { NEW };
        Reply::status(if super::signed_with(request, secret) { 204 } else { 403 })
    }));
    let sandbox = subscribed(&receiver.url("/x"), &["--retry-schedule", &["1s"; 30].join(",")]);
    rotate(&sandbox);
    for permit in 0..20 {
        let code = emit(&sandbox, permit, &[]).code;
        assert!(matches!(code, Some(0 | 3)), "{code:?}");
    }
    // Both requests of an attempt may have met the wrong half; the next attempt goes on.
    for _ in 0..30 {
        if sandbox.run(["retry", "--now"]).code == Some(0) {
            break;
        }
    }
    let left = "SELECT count(*) FROM deliveries WHERE status <> 'success'";
    assert_eq!(crate::steps::rows(&connect(&sandbox), left), ["0"]);
}
