//! `POST events/batch/`

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::receiver::{Behaviour, Receiver};
use crate::rest::client::{Answer, Request};
use crate::rest::shape::assert_shape;
use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

const NDJSON: &str = "application/x-ndjson";

fn post(site: &Site, lines: impl Into<Vec<u8>>) -> Answer {
    site.client.send(&Request::new("POST", "events/batch/").body(NDJSON, lines))
}

/// The results, whether they are an array, a member `results`, or a line each.
fn results(answer: &Answer) -> Vec<Value> {
    let text = answer.text();
    if answer.header("content-type") == Some(NDJSON) {
        return text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    }
    match answer.json() {
        Value::Array(results) => results,
        Value::Object(object) => object["results"].as_array().expect("an array `results`").clone(),
        other => panic!("strange results: {other}"),
    }
}

fn lines(permits: std::ops::RangeInclusive<i64>) -> String {
    permits.fold(String::new(), |mut lines, permit| {
        writeln!(lines, "{}", event("permit_created", permit)).expect("a string takes everything");
        lines
    })
}

#[test]
fn every_line_has_its_result_and_bad_ones_do_not_hold_the_others_up() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let unknown = r#"{"event":"permit_aproved","permit_id":"x","permit_number":"P"}"#;
    let first = event("permit_created", 1);
    let text = format!("{}{first}\n{{\"event\":\n[1]\n{unknown}\n{}", lines(1..=1), lines(2..=2));
    let answer = post(&site, text).is(202);
    let found = results(&answer);
    let owed =
        |id: i64| json!([{"id": id, "webhook": 1, "webhook_name": "ERP", "status": "pending", "*": 0}]);
    let again = json!([{"webhook": 1, "webhook_name": "ERP", "reason": "duplicate", "delivery": 1, "+": 0}]);
    let expected = json!([
        {"id": "<event>", "deliveries": owed(1), "suppressed": [], "*": 0},
        {"id": "<event>", "deliveries": [], "suppressed": again, "*": 0},
        {"line": 3, "error": {"detail": "<starts JSON parse error - >"}},
        {"line": 4, "error": {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}},
        {"line": 5, "error": {"event": ["\"permit_aproved\" is not a valid choice."],
                              "permit_id": ["A valid integer is required."]}},
        {"id": "<event>", "deliveries": owed(2), "suppressed": [], "*": 0},
    ]);
    assert_shape(&json!(found), &expected);
    assert_eq!(site.client.get("deliveries/").json().as_array().unwrap().len(), 2);
}

#[test]
fn a_batch_is_delivered_by_the_worker() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let answer = post(&site, lines(1..=300)).is(202);
    assert_eq!(results(&answer).len(), 300);
    let mut bodies: Vec<_> = receiver.wait_for(300).into_iter().map(|request| request.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 300);
}

#[test]
fn lines_may_end_with_crlf_or_not_at_all() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let text = lines(1..=3).trim_end().replace('\n', "\r\n");
    assert_eq!(results(&post(&site, text).is(202)).len(), 3);
    assert_eq!(results(&post(&site, "").is(202)), [] as [Value; 0]);
    assert_eq!(site.client.get("deliveries/").json().as_array().unwrap().len(), 3);
}

#[test]
fn ten_thousand_lines_are_taken_and_one_more_is_not() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let refused = post(&site, lines(1..=10_001));
    assert!(matches!(refused.status, 400 | 413), "{}", refused.status);
    site.webhook("ERP", NOBODY, &["*"]);
    let answer = post(&site, lines(1..=10_000)).is(202);
    let found = results(&answer);
    assert_eq!(found.len(), 10_000);
    let owed =
        found.iter().filter(|result| result["deliveries"].as_array().is_some_and(|owed| owed.len() == 1));
    assert_eq!(owed.count(), 10_000);
}

#[test]
fn sixteen_mebibytes_are_taken_and_more_are_not() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let mut text = Vec::new();
    let mut permit = 0;
    // Lines of 100 KiB, and spaces up to the last byte.
    while text.len() < 16 * 1024 * 1024 - 200 * 1024 {
        permit += 1;
        let mut line = event("permit_created", permit);
        line["data"]["text"] = json!("x".repeat(100 * 1024));
        text.extend_from_slice(line.to_string().as_bytes());
        text.push(b'\n');
    }
    text.resize(16 * 1024 * 1024, b' ');
    let answer = post(&site, text.clone()).is(202);
    assert_eq!(results(&answer).len(), usize::try_from(permit).unwrap());
    text.push(b' ');
    assert_shape(&post(&site, text).is(413).json(), &json!({"detail": "<text>"}));
}

#[test]
fn a_batch_of_another_type_is_not_looked_at() {
    let site = Site::open();
    for media_type in ["application/json", "text/plain"] {
        let request = Request::new("POST", "events/batch/").body(media_type, lines(1..=1));
        let message = format!("Unsupported media type \"{media_type}\" in request.");
        site.client.send(&request).says(415, &json!({"detail": message}));
    }
}
