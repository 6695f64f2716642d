//! Bodies that are meant to exhaust or to confuse whoever reads them.

use serde_json::{Value, json};

use crate::rest::client::{Answer, Request};
use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

fn post(site: &Site, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    let media_type = if path == "events/batch/" { "application/x-ndjson" } else { "application/json" };
    site.client.send(&Request::new("POST", path).body(media_type, body))
}

/// Bodies that are no good, for whatever they are sent to.
fn bad() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str, levels| (open.repeat(levels) + &close.repeat(levels)).into_bytes();
    let text = |text: &str| text.as_bytes().to_vec();
    let mut all = vec![
        deep("[", "]", 100_000),
        deep(r#"{"a":"#, "}", 100_000),
        deep(r#"{"data":"#, "}", 100_000),
        "[".repeat(1_000_000).into_bytes(),
        r#"{"data":["#.repeat(100_000).into_bytes(),
        "[[],".repeat(200_000).into_bytes(),
        format!("[{}0]", "0,".repeat(400_000)).into_bytes(),
        format!("{{{}\"z\":0}}", r#""a":0,"#.repeat(150_000)).into_bytes(),
        format!(r#"{{"name":{}}}"#, "9".repeat(900_000)).into_bytes(),
        b"{\"name\":\"\xff\xfe\"}".to_vec(),
        b"{\"name\":\"\xed\xa0\x80\"}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        vec![0; 1000],
    ];
    all.extend(
        [
            r#"{"name":"\ud800"}"#,
            r#"{"event":"\udc00","permit_id":1e999999}"#,
            r#"{"permit_id":-1e309,"project":1e309}"#,
            r#"{"name":NaN}"#,
            "{\"name\":\"a\tb\nc\"}",
            r#"{"name":"x"}{"name":"y"}"#,
            r#"{"name":"x",}"#,
            "{'name':'x'}",
            "null",
            "0",
            "\"text\"",
            "",
            "{",
        ]
        .map(text),
    );
    all
}

#[test]
fn no_body_harms_the_server_and_none_of_them_is_taken() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    for body in bad() {
        for path in ["webhooks/", "events/", "events/?wait=true"] {
            let answer = post(&site, path, body.clone());
            assert!((400..=413).contains(&answer.status), "{path}: {answer}");
            assert!(answer.body.len() < 4096, "{path}: an answer of {} bytes", answer.body.len());
        }
        for method in ["PUT", "PATCH"] {
            let request = Request::new(method, "webhooks/1/").body("application/json", body.clone());
            // A change of nothing is one.
            let answer = site.client.send(&request);
            assert!((200..=413).contains(&answer.status), "{answer}");
        }
        let answer = post(&site, "events/batch/", body.clone());
        let results = answer.clone().is(202).json();
        let taken = results.as_array().unwrap().iter().any(|result| result.get("id").is_some());
        assert!(!taken, "{answer}");
    }
    assert_eq!(site.client.get("webhooks/").json()["count"], 1);
    assert_eq!(site.client.get("webhooks/1/").json()["name"], "ERP");
    assert_eq!(site.client.get("deliveries/").json(), json!([]));
    assert!(site.server.most_memory() < 200 * 1024, "{} KiB", site.server.most_memory());
    site.sandbox.run(["check"]).ok();
}

#[test]
fn long_texts_and_strange_values_in_every_field_are_named_or_taken_as_they_are() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let long = json!("x".repeat(100_000));
    let values = [
        long.clone(),
        json!("\u{0}"),
        json!("a\r\nb"),
        json!("\u{202e}evil\u{7f}\u{9b}31m"),
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(0.1),
        json!([long]),
        json!({"x": long}),
        json!([[[[]]]]),
        json!(null),
        json!(true),
    ];
    let webhook = json!({"name": "x", "url": NOBODY, "secret": "abcdefgh", "enabled": true, "events": ["*"],
                         "project": 1});
    let event = {
        let mut event = event("permit_created", 1);
        event["project_id"] = json!(1);
        event
    };
    for (path, good) in [("webhooks/", webhook), ("events/", event), ("events/batch/", json!({}))] {
        for name in good.as_object().unwrap().keys() {
            for value in &values {
                let mut body = good.clone();
                body[name] = value.clone();
                let answer = post(&site, path, body.to_string());
                let refused = answer.status == 400 && answer.json().get(name).is_some();
                assert!(refused || answer.status < 300, "{name}: {answer}");
                let said: Value = serde_json::from_slice(&answer.body).unwrap();
                assert!(said.to_string().len() < 300_000, "{name}: {answer}");
            }
        }
    }
    for line in site.server.log_text().lines() {
        let plain = |c: char| !c.is_control() && c != '\u{202e}';
        assert!(line.len() < 4096 && line.chars().all(plain), "{line:?}");
    }
    site.sandbox.run(["check"]).ok();
    site.sandbox.run(["list"]).ok();
    site.sandbox.run(["deliveries"]).ok();
}

#[test]
fn a_member_that_is_given_twice_has_one_value_or_none() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let body = format!(
        r#"{{"name":"first","name":"last","url":"{NOBODY}","secret":"abcdefgh","events":[],"events":["*"]}}"#
    );
    let created = post(&site, "webhooks/", body).is(201).json();
    assert_eq!((&created["name"], &created["events"]), (&json!("last"), &json!(["*"])));
    // In an event, which is signed and proves something, there is no such thing.
    let body = r#"{"event":"nothing","event":"permit_created","permit_id":1,"permit_number":"P"}"#;
    let refused = post(&site, "events/", body).is(400);
    assert!(refused.text().contains("duplicate field"), "{refused}");
}

#[test]
fn queries_that_are_strange_are_named_or_ignored() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let long = "9".repeat(20_000);
    for path in ["webhooks/", "deliveries/", "webhooks/1/deliveries/"] {
        for name in [
            "page",
            "page_size",
            "limit",
            "before",
            "status",
            "event",
            "permit_id",
            "since",
            "until",
            "project",
            "enabled",
            "nothing",
            "",
        ] {
            for value in [
                "",
                "-1",
                "0",
                "%00",
                "%ff",
                "%",
                "%zz",
                "%0d%0aX:y",
                "'%20OR%201=1--",
                "1e9",
                "NaN",
                "9223372036854775808",
                "0x10",
                "%F0%9F%94%A5",
                "+",
                "[]",
                long.as_str(),
            ] {
                let answer = site.client.get(&format!("{path}?{name}={value}&{name}={value}"));
                assert!(matches!(answer.status, 200 | 400 | 404), "{answer}");
                assert!(answer.header("x").is_none() && answer.body.len() < 4096, "{answer}");
            }
        }
    }
}
