//! `POST webhooks/{id}/test/`

use serde_json::{Value, json};

use super::{delivery, replay, row};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

fn sent(id: i64) -> Value {
    json!({"message": "Test webhook sent successfully", "delivery": delivery(id, (1, "ERP"), "webhook_test", 123)})
}

#[test]
fn a_test_is_sent_at_once_and_never_as_a_duplicate() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &[]);
    let test = |id| row("POST", "webhooks/1/test/", Some(&json!({})), 200, sent(id));
    replay(&site, [test(1), test(2)]);
    site.client.send(&crate::rest::client::Request::new("POST", "webhooks/1/test/")).is(200);
    let requests = receiver.received();
    assert_eq!(requests.len(), 3);
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!((&body["event"], &body["permit_id"]), (&json!("webhook_test"), &json!(123)));
    assert_eq!(requests[0].header("x-athens-event"), Some("webhook_test"));
    assert_ne!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
}

#[test]
fn a_disabled_webhook_can_be_tested() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    site.client.patch("webhooks/1/", &json!({"enabled": false})).is(200);
    replay(&site, [row("POST", "webhooks/1/test/", Some(&json!({})), 200, sent(1))]);
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(site.client.get("webhooks/1/").json()["enabled"], false);
}

#[test]
fn a_test_that_is_not_delivered_is_a_bad_gateway_and_is_not_sent_again() {
    let receiver = Receiver::start(Behaviour::Script(vec![Reply::status(503), Reply::status(200)]));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = [\"1s\", \"1s\"]");
    let site = Site::of(sandbox, &[]);
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let mut failed = delivery(1, (1, "ERP"), "webhook_test", 123);
    for (key, value) in
        [("response_code", json!(503)), ("error", json!("<text>")), ("status", json!("failed"))]
    {
        failed[key] = value;
    }
    let answer = json!({"error": "<text>", "delivery": failed});
    replay(&site, [row("POST", "webhooks/1/test/", Some(&json!({})), 502, answer)]);
    let shown = site.client.get("deliveries/1/").is(200).json();
    assert_eq!((&shown["status"], &shown["next_attempt_at"]), (&json!("failed"), &Value::Null));
    // What is sent after it has gone by.
    site.client.post("events/?wait=true", &event("permit_created", 1)).is(200);
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_test_that_nobody_answers_says_why() {
    let site = Site::open();
    site.webhook("ERP", NOBODY, &["*"]);
    let answer = site.client.post("webhooks/1/test/", &json!({})).is(502).json();
    assert_eq!(
        (&answer["delivery"]["response_code"], &answer["delivery"]["status"]),
        (&Value::Null, &json!("failed"))
    );
    assert_eq!(answer["error"], answer["delivery"]["error"]);
    assert_ne!(answer["error"], "");
}
