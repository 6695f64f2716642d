//! Texts that would be something else in a path, in a header, in SQL or in a line of the log.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{exchange, statuses};
use crate::rest::client::{Answer, Request};
use crate::rest::{Site, event, token};
use crate::sandbox::Sandbox;
use crate::steps::{NOBODY, connect, rows};

const TEXTS: [&str; 10] = [
    "'; DROP TABLE webhooks; --",
    "\" OR \"\"=\"",
    "1 OR 1=1",
    "x' UNION SELECT secret FROM webhooks --",
    "%' ESCAPE '",
    "a\r\nSet-Cookie: evil=1",
    "a\nX-Evil: 1\r\n\r\n<script>",
    "\u{1b}[2J\u{9b}31m\u{202e}",
    "{\"level\":\"error\"}\n2024-01-15T10:30:00Z error forged",
    "../../etc/passwd%00;$(reboot)`x`|",
];

fn site() -> Site {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    site.client.post("events/", &event("permit_created", 1)).is(202);
    site
}

/// What answers carry; a header beside these came from somebody else's text.
fn clean(answer: &Answer) {
    let ours: BTreeSet<&str> = [
        "allow",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "date",
        "link",
        "location",
        "retry-after",
        "www-authenticate",
        "x-content-type-options",
        "x-request-id",
    ]
    .into();
    for (name, value) in &answer.headers {
        assert!(ours.contains(name.as_str()), "{name} in {answer}");
        assert!(value.chars().all(|c| !c.is_control()), "{name} in {answer}");
    }
    assert!(answer.status < 500, "{answer}");
}

/// Asserts that all is there and that the log has whole lines without anything that a terminal obeys.
fn unharmed(site: &Site) {
    for line in site.server.log_text().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let known = ["request", "listening", "authentication failed"];
        assert!(line["message"].as_str().is_some_and(|message| known.contains(&message)), "{line}");
    }
    assert!(site.server.log_text().chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
    assert_eq!(site.client.get("webhooks/1/").json()["name"], "ERP");
    site.sandbox.run(["check"]).ok();
    let file = connect(&site.sandbox);
    assert_eq!(rows(&file, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(rows(&file, "SELECT name FROM webhooks WHERE id = 1"), ["ERP"]);
}

/// A text in a path or a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02x}"))
}

#[test]
fn texts_in_members_stay_texts() {
    let site = site();
    for text in TEXTS {
        let webhook = json!({"name": text, "url": NOBODY, "secret": format!("abcdefgh{text}"), "events": []});
        for member in ["name", "url", "secret", "enabled", "project", "events"] {
            let mut body = webhook.clone();
            body["name"] = json!("x");
            body["secret"] = json!("abcdefgh");
            body[member] = json!(text);
            clean(&site.client.post("webhooks/", &body));
            clean(&site.client.patch("webhooks/2/", &body));
            clean(&site.client.post("webhooks/", &json!({text: text, "events": [text]})));
        }
        for member in ["event", "permit_id", "permit_number", "project_id", "timestamp", "data"] {
            let mut body = event("permit_created", 7);
            body[member] = json!(text);
            body["data"] = json!({text: text, "status": text});
            clean(&site.client.post("events/", &body));
        }
    }
    for name in site.client.get("webhooks/?page_size=100").is(200).json()["results"].as_array().unwrap() {
        let name = name["name"].as_str().unwrap();
        assert!(["ERP", "x"].contains(&name) || TEXTS.contains(&name.trim()), "{name:?} is no text of ours");
    }
    unharmed(&site);
}

#[test]
fn texts_in_paths_queries_and_headers_lead_nowhere() {
    let site = site();
    for text in TEXTS {
        let text = encoded(text);
        for path in [
            format!("webhooks/{text}/"),
            format!("webhooks/1{text}/"),
            format!("webhooks/{text}"),
            format!("webhooks/1/{text}/"),
            format!("deliveries/{text}/"),
            format!("events/{text}/"),
            format!("events/{text}"),
            format!("{text}/"),
            format!("/{text}"),
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let answer = site.client.send(&Request::new(method, &path));
                clean(&answer);
                let nowhere = matches!(answer.status, 301 | 404 | 405) || method == "OPTIONS";
                assert!(nowhere, "{answer}");
            }
        }
        for query in ["page", "project", "event", "enabled", "status", "permit_id", "since", "before", "x"] {
            for path in ["webhooks/", "deliveries/", "webhooks/1/deliveries/", "webhooks"] {
                clean(&site.client.get(&format!("{path}?{query}={text}&{text}=1")));
            }
        }
    }
    for text in TEXTS.iter().filter(|text| !text.chars().any(char::is_control)) {
        for name in [
            "Idempotency-Key",
            "Content-Type",
            "User-Agent",
            "X-Forwarded-For",
            "X-Request-Id",
            "Accept",
            "Referer",
            "Host",
        ] {
            let body = event("permit_created", 9);
            let request = Request::new("POST", "events/").json(&body);
            let mut request = request.header(name, text);
            if name == "Content-Type" {
                request.headers.remove(0);
            }
            let answer = site.client.send(&request);
            clean(&answer);
            let listed = site.client.send(&Request::new("GET", "webhooks/?page_size=1").header("Host", text));
            clean(&listed);
        }
    }
    unharmed(&site);
}

#[test]
fn paths_that_point_elsewhere_are_not_found_and_not_forwarded() {
    let site = site();
    let token = token(&site.sandbox, "some", &["--scope", "manage"]);
    for path in [
        "/../etc/passwd",
        "/api/v1/ptw/../ptw/webhooks/",
        "/api/v1/ptw/./webhooks/",
        "/api/v1/ptw/%2e%2e/ptw/webhooks/",
        "/api/v1/ptw/webhooks/%2e%2e/events/",
        "//api/v1/ptw/webhooks/",
        "/api//v1/ptw/webhooks/",
        "/api/v1/ptw/webhooks//",
        "/api/v1/ptw/webhooks%2f",
        "/api/v1/ptw%2fwebhooks/",
        "/api/v1/ptw/webhooks/1%2f",
        "/api/v1/ptw/webhooks/1;a=b/",
        "/api/v1/ptw/webhooks;/",
        "/api/v1/ptw/webhooks/%31/",
        "/api/v1/ptw/webhooks/1%00/",
        "/api/v1/ptw/webhooks/+1/",
        "/api/v1/ptw/webhooks/1e0/",
        "/api/v1/ptw/webhooks/0x1/",
        "/api/v1/ptw/webhooks/%20",
        "/api/v1/ptw/WEBHOOKS/",
        "/API/v1/ptw/webhooks/",
        "/api/v1/ptw/webhooks/\u{661}/",
        "/api/v1/ptw/webhooks/\u{ff11}/",
        "/api/v1/ptw/w\u{435}bhooks/",
        "/api/v1/ptw\\webhooks\\",
        "/healthz/..",
        "//evil.example/healthz",
        "/healthz%20",
        "/metrics%00",
    ] {
        let answer = exchange(
            &site.server,
            format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            ),
        );
        let status = statuses(&answer);
        assert!(matches!(status[..], [404 | 400 | 301]), "{path}: {answer}");
        // Whoever is sent on is sent to this server.
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        assert!(location.is_none_or(|to| to.starts_with("/api/v1/ptw/webhooks/")), "{path}: {answer}");
    }
    for path in [format!("webhooks/{}/", "9".repeat(20_000)), format!("events/{}/", "x".repeat(20_000))] {
        site.client.get(&path).is(404);
    }
    let longest = site.server.log_text().lines().map(str::len).max().unwrap();
    assert!(longest < 1500, "a line of {longest} bytes");
    unharmed(&site);
}
