//! Too much of everything: heads, headers, bodies, lines.

use std::fmt::Write as _;

use super::{Raw, exchange, statuses};
use crate::rest::{Site, event, token};
use crate::sandbox::Sandbox;

const MIB: usize = 1024 * 1024;

fn quiet() -> (Site, String) {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let token = token(&site.sandbox, "big", &["--scope", "manage"]);
    (site, token)
}

#[test]
fn heads_that_are_too_long_are_refused() {
    let (site, _) = quiet();
    let long = "x".repeat(200 * 1024);
    let many = (0..101).fold(String::new(), |mut all, n| {
        write!(all, "X-{n}: y\r\n").unwrap();
        all
    });
    for (status, head) in [
        (431, format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n")),
        (431, format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{long}: x\r\n\r\n")),
        (431, format!("GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {long}\r\n\r\n")),
        (431, format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n")),
        (431, format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
        (431, format!("GET /healthz?{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
        (431, format!("{long} /healthz HTTP/1.1\r\nHost: x\r\n\r\n")),
    ] {
        let mut raw = Raw::open(&site.server);
        raw.send(&head);
        let (answer, orderly) = raw.rest();
        assert_eq!((statuses(&answer), orderly), (vec![status], true), "{}… {answer}", &head[..60]);
    }
    // Just below the limit all is well.
    let head =
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {}\r\n\r\n", &long[..30_000]);
    assert_eq!(statuses(&exchange(&site.server, head)), [200]);
}

#[test]
fn bodies_that_are_too_long_are_refused_before_they_come_and_after() {
    let (site, token) = quiet();
    for (path, media_type, most) in [
        ("webhooks/", "application/json", MIB),
        ("events/", "application/json", MIB),
        ("webhooks/1/test/", "application/json", MIB),
        ("events/batch/", "application/x-ndjson", 16 * MIB),
    ] {
        let head = |framing: &str| {
            format!(
                "POST /api/v1/ptw/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: {media_type}\r\n{framing}\r\n\r\n"
            )
        };
        for length in [most + 1, usize::MAX >> 1] {
            let answer = exchange(&site.server, head(&format!("Content-Length: {length}")));
            assert_eq!(statuses(&answer), [413], "{path}: {answer}");
            assert!(answer.contains("connection: close"), "{answer}");
        }
        // A client that writes all of it before it reads the answer gets the answer all the same.
        let mut raw = Raw::open(&site.server);
        raw.send(head(&format!("Content-Length: {}", most + 3 * MIB)));
        assert!(raw.send(vec![b' '; most + 3 * MIB]), "{path}: it was cut off");
        let (answer, orderly) = raw.rest();
        assert_eq!((statuses(&answer), orderly), (vec![413], true), "{path}: {answer}");
        // And one that does not say its length beforehand.
        let mut raw = Raw::open(&site.server);
        raw.send(head("Transfer-Encoding: chunked"));
        let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b' '; MIB], b"\r\n"].concat();
        for _ in 0..most / MIB + 2 {
            assert!(raw.send(&chunk), "{path}: it was cut off");
        }
        let (answer, orderly) = raw.rest();
        assert_eq!((statuses(&answer), orderly), (vec![413], true), "{path}: {answer}");
    }
    site.client.get("webhooks/").is(200);
}

#[test]
fn a_batch_of_too_many_lines_is_refused_as_a_whole() {
    let (site, token) = quiet();
    site.webhook("ERP", crate::steps::NOBODY, &["*"]);
    // The first of them are good.
    let good = format!("{}\n", event("permit_created", 1));
    for lines in [good.clone() + &"{}\n".repeat(10_000), good + &"0\n".repeat(8_000_000)] {
        let answer = exchange(
            &site.server,
            format!(
                "POST /api/v1/ptw/events/batch/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/x-ndjson\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{lines}",
                lines.len()
            ),
        );
        assert_eq!(statuses(&answer), [413], "{answer}");
    }
    assert_eq!(site.client.get("deliveries/").json(), serde_json::json!([]));
}

#[test]
fn a_body_that_nobody_wants_is_not_waited_for() {
    let (site, _) = quiet();
    for path in ["/healthz", "/readyz", "/nothing/", "/api/v1/ptw/webhooks/", "/api/v1/ptw/webhooks"] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {MIB}\r\n\r\n");
        let mut raw = Raw::open(&site.server);
        raw.send(head);
        raw.send("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        let (answer, _) = raw.rest();
        assert_eq!(statuses(&answer).len(), 1, "{path}: {answer}");
        assert!(answer.contains("connection: close"), "{path}: {answer}");
    }
}
