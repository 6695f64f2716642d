//! Requests with two readings, and what is no HTTP/1.1 at all: one of the readings or none, and never a second request.

use super::{Raw, exchange, statuses};
use crate::rest::{Site, token};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

/// A request that a server would find in the body of the one before, where it reads that in the other way.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

fn quiet() -> (Site, String) {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let token = token(&site.sandbox, "two", &["--scope", "manage"]);
    (site, token)
}

/// Asserts that there is at most one answer, of this class, and that no second request was ever seen.
#[track_caller]
fn refused(site: &Site, bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let shown = String::from_utf8_lossy(bytes).into_owned();
    let mut raw = Raw::open(&site.server);
    raw.send(bytes);
    raw.send(SMUGGLED);
    raw.finish();
    let (answer, _) = raw.rest();
    let statuses = statuses(&answer);
    assert!(statuses.len() <= 1, "{shown:?}: {answer}");
    assert!(statuses.iter().all(|status| (400..500).contains(status)), "{shown:?}: {answer}");
    assert!(!site.server.log_text().contains("/smuggled"), "{shown:?} smuggled something");
}

#[test]
fn a_request_with_two_lengths_or_codings_is_refused_and_nothing_follows_it() {
    let (site, token) = quiet();
    let body = r#"{"name":"x","url":"http://127.0.0.1:9/","secret":"abcdefgh"}"#;
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    for framing in [
        &format!("Content-Length: {length}\r\nTransfer-Encoding: chunked")[..],
        &format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        &format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        &format!("Content-Length: {length}\r\nContent-Length: {length}"),
        &format!("Content-Length: {length}, {length}"),
        &format!("Content-Length: +{length}"),
        &format!("Content-Length: {length}\r\n "),
        &format!("Content-Length : {length}"),
        &format!("Content-Length\t: {length}"),
        "Content-Length: -1",
        "Content-Length: 0x10",
        "Content-Length: 99999999999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\x0bchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\n: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\0Transfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
    ] {
        for body in [body, &chunked] {
            refused(
                &site,
                format!(
                    "POST /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                     Content-Type: application/json\r\n{framing}\r\n\r\n{body}"
                ),
            );
        }
    }
    assert_eq!(site.client.get("webhooks/").json()["count"], 0, "none of them was carried out");
}

#[test]
fn heads_that_are_no_heads_are_refused() {
    let (site, _) = quiet();
    for head in [
        "GET /healthz HTTP/1.1\nHost: x\n\n",
        "GET /healthz HTTP/1.1\r\nHost: x\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\n",
        "GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET http://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x:1/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz\r\n",
        "GET  /healthz  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /heal thz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.2.3\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET /healthz http/1.1\r\nHost: x\r\n\r\n",
        "G\u{e9}T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
        "\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\0",
        "*1\r\n$4\r\nPING\r\n",
        "POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        refused(&site, head);
    }
    refused(&site, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: \xff\x7f\r\n\r\n");
    let random: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(&site, random);
    site.client.get("/healthz").is(200);
}

#[test]
fn what_is_unusual_and_clear_is_answered_once() {
    let (site, token) = quiet();
    for (head, status) in [
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.0\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
        ("GET http://x/healthz HTTP/1.1\r\nHost: X\r\nConnection: close\r\n\r\n", 200),
        ("\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        ("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n", 404),
        ("TRACE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n", 200),
    ] {
        let answer = exchange(&site.server, head);
        assert_eq!(statuses(&answer), [status], "{head:?}: {answer}");
    }
    // Three at once are answered one after the other.
    let many = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    let last = "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(&exchange(&site.server, many.clone() + last)), [200, 200, 404]);
    // What follows a bad one is not looked at.
    let bad = "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n";
    assert_eq!(statuses(&exchange(&site.server, many.clone() + bad + SMUGGLED)), [200, 200, 400]);
    // A body in chunks is the last on its connection.
    let chunked = format!(
        "POST /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let body = format!(r#"{{"name":"x","url":"{NOBODY}","secret":"abcdefgh"}}"#);
    let chunked =
        format!("{many}{chunked}{:x};name=value\r\n{body}\r\n0\r\nX: y\r\n\r\n{SMUGGLED}", body.len());
    assert_eq!(statuses(&exchange(&site.server, chunked)), [200, 200, 201]);
    assert!(!site.server.log_text().contains("/smuggled"));
}

#[test]
fn chunks_that_are_no_chunks_are_refused() {
    let (server, token) = quiet();
    let body = format!(r#"{{"name":"x","url":"{NOBODY}","secret":"abcdefgh"}}"#);
    let size = format!("{:x}", body.len());
    for chunks in [
        format!("-{size}\r\n{body}\r\n0\r\n\r\n"),
        format!("+{size}\r\n{body}\r\n0\r\n\r\n"),
        format!("0x{size}\r\n{body}\r\n0\r\n\r\n"),
        format!("g\r\n{body}\r\n0\r\n\r\n"),
        format!("\r\n{body}\r\n0\r\n\r\n"),
        format!("{size}\n{body}\n0\n\n"),
        format!("{size}\r{body}\r\n0\r\n\r\n"),
        format!("{size};a\nb\r\n{body}\r\n0\r\n\r\n"),
        format!("{size} {size}\r\n{body}\r\n0\r\n\r\n"),
        format!("{size}\r\n{body}0\r\n\r\n"),
        format!("{size}\r\n{body}xx0\r\n\r\n"),
        format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        format!("10000000000000000{size}\r\n{body}\r\n0\r\n\r\n"),
        format!("{size};{}\r\n{body}\r\n0\r\n\r\n", "x".repeat(100_000)),
        format!("{size}\r\n{body}\r\n0\r\n{}\r\n", "X: y\r\n".repeat(20_000)),
        format!("{size}\r\n{body}\r\n0\r\nX: {}\r\n\r\n", "y".repeat(100_000)),
    ] {
        refused(
            &server,
            format!(
                "POST /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
            ),
        );
    }
    assert_eq!(server.client.get("webhooks/").json()["count"], 0);
}
