//! `events/` and `events/{id}/`

use serde_json::{Value, json};

use super::{delivery, replay, row};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::shape::assert_shape;
use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, each};

const REQUIRED: &str = "This field is required.";

/// A site that accepts and does not send, with a webhook for everything.
fn accepting() -> Site {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    site
}

fn owed(id: i64) -> Value {
    json!({"id": id, "webhook": 1, "webhook_name": "ERP", "status": "pending", "*": 0})
}

fn accepted(deliveries: &[Value], suppressed: &[Value]) -> Value {
    json!({"id": "<event>", "deliveries": deliveries, "suppressed": suppressed, "+": 0})
}

fn suppressed(reason: &str, delivery: Option<i64>) -> Value {
    json!({"webhook": 1, "webhook_name": "ERP", "reason": reason, "delivery": delivery, "+": 0})
}

#[test]
fn an_event_is_accepted_once_an_hour_for_each_permit() {
    let site = accepting();
    let (first, other) = (event("permit_created", 1), event("permit_created", 2));
    let mut later = first.clone();
    later["timestamp"] = json!("2024-01-15T11:00:00Z");
    let post = |event: &Value, answer| row("POST", "events/", Some(event), 202, answer);
    replay(
        &site,
        [
            post(&first, accepted(&[owed(1)], &[])),
            post(&first, accepted(&[], &[suppressed("duplicate", Some(1))])),
            post(&other, accepted(&[owed(2)], &[])),
            post(&later, accepted(&[owed(3)], &[])),
        ],
    );
}

#[test]
fn an_idempotency_key_takes_the_place_of_the_hour() {
    let site = accepting();
    let (first, other) = (event("permit_created", 1), event("permit_approved", 2));
    let post = |key: &str, event: &Value, answer| {
        row("POST", "events/", Some(event), 202, answer).sending("Idempotency-Key", key)
    };
    replay(
        &site,
        [
            post("a", &first, accepted(&[owed(1)], &[])),
            post("b", &first, accepted(&[owed(2)], &[])),
            post("a", &first, accepted(&[], &[suppressed("duplicate", Some(1))])),
            post("a", &other, accepted(&[], &[suppressed("duplicate", Some(1))])),
        ],
    );
    let long = "k".repeat(256);
    let refused = site.client.send(
        &crate::rest::client::Request::new("POST", "events/").json(&first).header("Idempotency-Key", &long),
    );
    assert_eq!(refused.status, 400, "{refused}");
}

#[test]
fn a_disabled_webhook_is_named_with_the_reason() {
    let site = accepting();
    site.client.patch("webhooks/1/", &json!({"enabled": false})).is(200);
    let sent = event("permit_created", 1);
    replay(&site, [row("POST", "events/", Some(&sent), 202, accepted(&[], &[suppressed("disabled", None)]))]);
}

#[test]
fn an_event_goes_to_those_who_subscribe_in_its_project_and_to_the_global_ones() {
    let site = accepting();
    for (name, project, events) in
        [("five", 5, json!(["*"])), ("six", 6, json!(["*"])), ("other", 5, json!(["permit_expired"]))]
    {
        let url = "https://erp.example/";
        let body =
            json!({"name": name, "url": url, "secret": "abcdefgh", "project": project, "events": events});
        site.client.post("webhooks/", &body).is(201);
    }
    let mut sent = event("permit_created", 1);
    sent["project_id"] = json!(5);
    let answer = site.client.post("events/", &sent).is(202).json();
    let mut names: Vec<String> = each(&answer["deliveries"], "webhook_name")
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["ERP", "five"]);
    sent["event"] = json!("permit_approved");
    sent["project_id"] = Value::Null;
    let answer = site.client.post("events/", &sent).is(202).json();
    assert_eq!(each(&answer["deliveries"], "webhook_name"), ["ERP"]);
}

#[test]
fn an_event_without_a_webhook_is_accepted_all_the_same() {
    let site = Site::open();
    let sent = event("permit_created", 1);
    replay(&site, [row("POST", "events/", Some(&sent), 202, accepted(&[], &[]))]);
}

#[test]
fn whoever_waits_is_answered_with_what_became_of_it() {
    let receiver = Receiver::start(Behaviour::status(200));
    let failing = Receiver::start(Behaviour::status(500));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = []");
    let site = Site::of(sandbox, &[]);
    site.webhook("ERP", &receiver.url("/x"), &["permit_created"]);
    site.webhook("gate", &failing.url("/x"), &["permit_approved"]);
    let sent = |id, webhook, event| {
        let mut object = delivery(id, webhook, event, 1);
        object.as_object_mut().unwrap().shift_remove("+");
        object["*"] = json!(0);
        object
    };
    let mut failed = sent(2, (2, "gate"), "permit_approved");
    for (key, value) in
        [("response_code", json!(500)), ("error", json!("<text>")), ("status", json!("failed"))]
    {
        failed[key] = value;
    }
    let wait = "events/?wait=true";
    replay(
        &site,
        [
            row(
                "POST",
                wait,
                Some(&event("permit_created", 1)),
                200,
                accepted(&[sent(1, (1, "ERP"), "permit_created")], &[]),
            ),
            row("POST", wait, Some(&event("permit_approved", 1)), 200, accepted(&[failed], &[])),
            row(
                "POST",
                wait,
                Some(&event("permit_created", 1)),
                200,
                accepted(&[], &[suppressed("duplicate", Some(1))]),
            ),
        ],
    );
    assert_eq!((receiver.received().len(), failing.received().len()), (1, 1));
}

#[test]
fn the_worker_sends_what_was_accepted() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let sent = json!({"event": "permit_created", "permit_id": 7, "permit_number": "PTW-7", "project_id": 5,
                      "timestamp": "2024-01-15T12:30:00+02:00", "data": {"b": 1.0, "a": "ü", "1": [true, null]}});
    let id = site.client.post("events/", &sent).is(202).json()["id"].clone();
    let request = receiver.wait_for(1).remove(0);
    let body = r#"{"event":"permit_created","timestamp":"2024-01-15T10:30:00Z","permit_id":7,"permit_number":"PTW-7","project_id":5,"data":{"1":[true,null],"b":1,"a":"ü"}}"#;
    assert_eq!(String::from_utf8_lossy(&request.body), body);
    assert_eq!(request.header("webhook-id"), id.as_str());
    let path = format!("events/{}/", id.as_str().unwrap());
    let shown = site.client.get(&path).is(200).json();
    let delivered = json!({"id": 1, "webhook": 1, "webhook_name": "ERP", "*": 0});
    assert_shape(
        &shown,
        &json!({"id": id, "body": body, "deliveries": [delivered], "suppressed": [], "*": 0}),
    );
}

#[test]
fn an_event_is_shown_with_what_was_suppressed() {
    let site = accepting();
    site.client.post("events/", &event("permit_created", 1)).is(202);
    let id = site.client.post("events/", &event("permit_created", 1)).is(202).json()["id"].clone();
    let shown = site.client.get(&format!("events/{}/", id.as_str().unwrap())).is(200).json();
    let again = suppressed("duplicate", Some(1));
    assert_shape(&shown, &json!({"id": id, "deliveries": [], "suppressed": [again], "*": 0}));
}

#[test]
fn the_catalogue_lists_every_event_with_a_description() {
    let site = Site::open();
    let names = [
        "permit_created",
        "workflow_initiated",
        "verifier_assigned",
        "approval_required",
        "permit_approved",
        "permit_rejected",
        "permit_activated",
        "permit_completed",
        "permit_expired",
        "closeout_completed",
        "isolation_verified",
        "escalation_triggered",
    ];
    let catalogue = names.map(|name| json!({"event": name, "description": "<text>", "+": 0}));
    replay(&site, [row("GET", "events/", None, 200, json!(catalogue))]);
}

#[test]
fn an_event_that_is_not_one_is_refused_under_its_fields() {
    let site = accepting();
    let with = |changes: &Value| {
        let mut object = event("permit_created", 1);
        for (key, value) in changes.as_object().unwrap() {
            object[key] = value.clone();
        }
        object
    };
    let required = json!({"event": [REQUIRED], "permit_id": [REQUIRED], "permit_number": [REQUIRED]});
    let mut rows = vec![row("POST", "events/", Some(&json!({})), 400, required)];
    let long = "Ensure this field has no more than 200 characters.";
    for (field, value, message) in [
        ("event", json!("permit_aproved"), "\"permit_aproved\" is not a valid choice."),
        ("event", json!("webhook_test"), "\"webhook_test\" is not a valid choice."),
        ("event", Value::Null, "This field may not be null."),
        ("event", json!([]), "<text>"),
        ("permit_id", json!("x"), "A valid integer is required."),
        ("permit_id", json!(1.5), "A valid integer is required."),
        ("permit_id", json!(true), "A valid integer is required."),
        ("permit_id", json!([1]), "A valid integer is required."),
        ("permit_id", Value::Null, "This field may not be null."),
        ("permit_id", json!(9_007_199_254_740_992_i64), "<text>"),
        ("permit_number", json!(" "), "This field may not be blank."),
        ("permit_number", json!([]), "Not a valid string."),
        ("permit_number", Value::Null, "This field may not be null."),
        ("permit_number", json!("x".repeat(201)), long),
        ("project_id", json!("x"), "A valid integer is required."),
        ("project_id", json!({}), "A valid integer is required."),
        ("timestamp", json!("yesterday"), "<text>"),
        ("timestamp", json!([]), "<text>"),
        ("data", json!("x"), "<text>"),
        ("data", json!([1]), "<text>"),
        ("data", json!({"n": 9_007_199_254_740_993_i64}), "<text>"),
        ("data", json!({"text": "x".repeat(300 * 1024)}), "<text>"),
    ] {
        rows.push(row(
            "POST",
            "events/",
            Some(&with(&json!({field: value}))),
            400,
            json!({field: [message]}),
        ));
    }
    replay(&site, rows);
    let several = json!({"event": "zzz", "permit_id": "x", "permit_number": ""});
    let answer = json!({"event": ["\"zzz\" is not a valid choice."], "permit_id": ["A valid integer is required."],
                        "permit_number": ["This field may not be blank."]});
    replay(&site, [row("POST", "events/", Some(&several), 400, answer)]);
    assert_eq!(site.client.get("deliveries/").json(), json!([]), "a refused event was accepted");
    let digits = with(&json!({"permit_id": "12", "project_id": "5", "colour": "red"}));
    replay(&site, [row("POST", "events/", Some(&digits), 202, accepted(&[owed(1)], &[]))]);
    assert_eq!(site.client.get("deliveries/1/").json()["permit_id"], 12);
}

#[test]
fn a_member_that_looks_like_a_slip_is_refused_and_others_are_ignored() {
    let site = Site::open();
    let with = |member: &str| {
        let mut event = event("permit_created", 1);
        event[member] = json!(6);
        site.client.post("events/", &event)
    };
    let slip = json!({"event": ["`project` is not a member of an event."]});
    assert_eq!(with("project").is(400).json(), slip);
    with("source").is(202);
}
