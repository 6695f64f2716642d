//! What keeps the server: health, metrics, the schema, and failures that nobody foresaw.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{BASE, detail};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::{Site, event};
use crate::sandbox::Sandbox;
use crate::steps::connect;

/// Every route of the contract with its methods, identifiers as `{}`.
const PATHS: [(&str, &[&str]); 15] = [
    ("deliveries/", &["get"]),
    ("deliveries/{}/", &["get"]),
    ("deliveries/{}/redeliver/", &["post"]),
    ("events/", &["get", "post"]),
    ("events/batch/", &["post"]),
    ("events/{}/", &["get"]),
    ("schema/", &["get"]),
    ("stats/", &["get"]),
    ("webhooks/", &["get", "post"]),
    ("webhooks/{}/", &["delete", "get", "patch", "put"]),
    ("webhooks/{}/deliveries/", &["get"]),
    ("webhooks/{}/test/", &["post"]),
    ("/healthz", &["get"]),
    ("/metrics", &["get"]),
    ("/readyz", &["get"]),
];

#[test]
fn health_and_readiness_need_no_token() {
    let site = Site::open();
    for path in ["/healthz", "/readyz"] {
        let answer = site.server.anonymous().get(path).is(200);
        assert!(answer.header("www-authenticate").is_none(), "{answer}");
        site.client.get(path).is(200);
    }
}

#[test]
fn metrics_are_prometheus_text_for_those_who_may_read() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    site.client.post("events/?wait=true", &event("permit_created", 1)).is(200);
    site.server.anonymous().get("/metrics").is(401);
    let answer = site.client.get("/metrics").is(200);
    let media_type = answer.header("content-type").unwrap_or_default();
    assert!(
        media_type.starts_with("text/plain") || media_type.starts_with("application/openmetrics-text"),
        "{answer}"
    );
    let text = answer.text();
    assert!(text.lines().any(|line| line.starts_with("# TYPE ")), "{text}");
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert!(!samples.is_empty());
    for sample in samples {
        let (series, value) = sample.rsplit_once(' ').unwrap_or_else(|| panic!("{sample:?}"));
        assert!(matches!(value, "NaN" | "+Inf" | "-Inf") || value.parse::<f64>().is_ok(), "{sample:?}");
        let name = series.split('{').next().unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'), "{sample:?}");
    }
    assert!(!text.contains("abcdefgh"), "the secret is in the metrics");
}

#[test]
fn metrics_can_be_made_public() {
    let sandbox = Sandbox::new();
    sandbox.config("metrics_public = true");
    let site = Site::of(sandbox, &[]);
    site.server.anonymous().get("/metrics").is(200);
    site.server.anonymous().get("webhooks/").is(401);
}

#[test]
fn the_schema_describes_every_route() {
    let site = Site::open();
    let schema = site.client.get("schema/").is(200).json();
    assert!(
        schema["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        schema["openapi"]
    );
    let plain = |path: &String| {
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let parts: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        parts.join("/")
    };
    let methods = |item: &Value| -> Vec<String> {
        let verbs = ["delete", "get", "patch", "post", "put"];
        verbs.into_iter().filter(|verb| item.get(verb).is_some()).map(ToOwned::to_owned).collect()
    };
    let paths = schema["paths"].as_object().expect("an object `paths`");
    let described: BTreeMap<String, Vec<String>> =
        paths.iter().map(|(path, item)| (plain(path), methods(item))).collect();
    for (path, wanted) in PATHS {
        let there = described.get(path).unwrap_or_else(|| panic!("`{path}` is not in {described:?}"));
        assert!(there == wanted, "`{path}` has {there:?}, not {wanted:?}");
    }
    let dangling = references(&schema).into_iter().find(|pointer| schema.pointer(pointer).is_none());
    assert_eq!(dangling, None, "a reference leads nowhere");
}

/// What the `$ref`s of a document point to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match value.as_str().and_then(|text| text.strip_prefix('#')) {
                Some(pointer) if key == "$ref" => vec![pointer.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_nobody_foresaw_is_told_to_the_log_and_not_to_the_client() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    connect(&site.sandbox)
        .execute_batch("ALTER TABLE attempts RENAME TO gone; ALTER TABLE deliveries RENAME TO lost")
        .expect("a table can be renamed");
    let answer = site.client.get("deliveries/").says(500, &detail("Internal server error."));
    let id = answer.header("x-request-id").expect("an id").to_owned();
    assert_eq!(site.server.logged(&id)["status"], json!(500));
    let told = site.server.log().iter().any(|line| line.to_string().contains("no such table"));
    assert!(told, "the log does not say what failed: {}", site.server.log_text());
    // The server goes on.
    site.server.anonymous().get("/healthz").is(200);
}
