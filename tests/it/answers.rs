//! What is kept of an answer, and that a hostile one cannot reach the terminal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::receiver::{Behaviour, Receiver, Reply};

/// Clears the screen, recolours, sets the title, and does so again with an eight-bit control character; then it turns
/// the direction of writing.
const HOSTILE: &str = "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}1mbold\u{202e}txet\r\u{8}";

/// Asserts that nothing which is printed for people about an exchange holds a control character of HOSTILE.
#[track_caller]
fn assert_harmless(exchange: &Exchange) {
    let mut shown = vec![exchange.emit.clone()];
    for args in [&["inspect", "1"][..], &["deliveries"], &["list"], &["show", "erp"]] {
        shown.push(exchange.sandbox.run(args).ok());
    }
    for run in shown {
        for text in [&run.stdout, &run.stderr] {
            let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(raw, None, "a raw control character in {run}");
        }
    }
}

#[test]
fn a_short_body_is_kept_whole() {
    let receiver = Receiver::start(Reply::status(200).header("X-Trace", "7f").body("{\"ok\":true}\nbye"));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    let response = exchange.response();
    assert_eq!(response["body"], "{\"ok\":true}\nbye");
    assert_eq!((&response["body_bytes_kept"], &response["body_length"]), (&json!(15), &json!(15)));
    assert_eq!(response["headers"], json!([["x-trace", "7f"], ["content-length", "15"]]));
    assert!(exchange.text.contains("          {\"ok\":true}\n          bye\n"), "{}", exchange.text);
    assert!(!exchange.text.contains("bytes kept"), "{}", exchange.text);
}

#[test]
fn of_a_long_body_4_kib_are_kept_with_its_true_length() {
    let receiver = Receiver::start(Reply::status(500));
    for length in [4096, 4097, 100_000, 3_000_000] {
        let body: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
        receiver.set(Reply::status(500).body(body.clone()));
        let exchange = Exchange::with_url(&receiver.url("/x"));
        let response = exchange.response();
        assert_eq!(response["body"].as_str().unwrap().as_bytes(), &body[..4096]);
        assert_eq!(response["body_bytes_kept"], 4096);
        assert_eq!(response["body_length"], length);
        let note = format!("… 4096 bytes kept of {length} bytes");
        assert_eq!(exchange.text.contains(&note), length > 4096, "{}", exchange.text);
    }
}

#[test]
fn the_length_of_a_body_in_chunks_is_counted_as_far_as_it_is_read() {
    let chunked = |length: usize| {
        let mut body = format!("{length:x}\r\n").into_bytes();
        body.resize(body.len() + length, b'c');
        body.extend_from_slice(b"\r\n0\r\n\r\n");
        Reply::status(200).header("Transfer-Encoding", "chunked").body(body)
    };
    let receiver = Receiver::start(chunked(10_000));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    assert_eq!(exchange.response()["body_length"], 10_000);

    receiver.set(chunked(1_000_000));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    assert_eq!(exchange.response()["body_length"], Value::Null);
    assert!(exchange.text.contains("… 4096 bytes kept of more than 65536 bytes"), "{}", exchange.text);
}

#[test]
fn a_body_that_is_not_utf_8_can_be_had_exactly() {
    let bytes = b"\xff\xfe\x00binary";
    let receiver = Receiver::start(Reply::status(400).body(bytes));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    assert_eq!(exchange.response()["body_base64"], STANDARD.encode(bytes));
    assert_harmless(&exchange);
}

#[test]
fn escape_sequences_in_a_body_do_not_reach_the_terminal_and_stay_in_the_log() {
    for status in [200, 500] {
        let receiver = Receiver::start(Reply::status(status).body(HOSTILE));
        let exchange = Exchange::with_url(&receiver.url("/x"));
        assert_harmless(&exchange);
        assert!(exchange.text.contains(r"\u{1b}[31mred"), "{}", exchange.text);
        assert!(exchange.text.contains(r"\u{9b}1mbold\u{202e}txet\r\u{8}"), "{}", exchange.text);
        assert_eq!(exchange.response()["body"], HOSTILE);
    }
}

#[test]
fn control_characters_in_headers_do_not_reach_the_terminal() {
    // As bytes of UTF-8 these are allowed in a header, other than those that begin with escape.
    let sly = "https://a.example/\u{9b}31m\u{202e}x";
    let reply = Reply::status(302).header("Location", sly).header("X-Sly", "\u{9b}2J");
    let receiver = Receiver::start(reply);
    let exchange = Exchange::with_url(&receiver.url("/x"));
    assert_eq!(exchange.attempt()["outcome"], "redirect");
    assert_harmless(&exchange);
    let escaped = r"https://a.example/\u{9b}31m\u{202e}x";
    exchange.emit.clone().code(3).stdout_has(format!("a redirect to `{escaped}`"));
    assert!(exchange.text.contains(&format!("location: {escaped}\n")), "{}", exchange.text);
    assert!(exchange.text.contains(&format!("If `{escaped}` is right")), "{}", exchange.text);
    assert!(exchange.text.contains(r"x-sly: \u{9b}2J"), "{}", exchange.text);
    assert_eq!(exchange.response()["headers"][0], json!(["location", sly]));
}

#[test]
fn a_head_with_escape_sequences_is_no_valid_answer_and_is_not_repeated() {
    let heads = [
        format!("HTTP/1.1 200 OK\r\nX-Sly: {HOSTILE}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{HOSTILE}: x\r\nContent-Length: 0\r\n\r\n"),
        format!("{HOSTILE}\r\n\r\n"),
    ];
    for head in heads {
        let receiver = Receiver::start(Behaviour::Garbage(head.into_bytes()));
        let exchange = Exchange::with_url(&receiver.url("/x"));
        exchange.emit.clone().code(3);
        assert_eq!(exchange.attempt()["outcome"], "protocol");
        assert_harmless(&exchange);
    }
}

#[test]
fn an_answer_that_announces_more_than_can_be_counted_can_be_inspected() {
    let receiver = Receiver::start(Reply::status(204).header("Content-Length", "18446744073709551615"));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.sandbox.run(["inspect", "1"]).ok();
    assert_eq!(exchange.response()["status"], 204);
}
