//! Receivers that are slow or never end: the timeout, what is read of an answer, and where it struck.

use std::time::Duration;

use serde_json::Value;

use crate::exchange::{Exchange, Failure};
use crate::receiver::{Behaviour, Receiver};

/// The timeout of [`Exchange::brief`].
const TIMEOUT: Duration = Duration::from_secs(1);
/// What a busy machine may add to it.
const SLACK: Duration = Duration::from_secs(3);
/// Far more than the part of an answer that is read and what the sockets on both sides hold, and far less than
/// what a receiver writes within a second.
const BOUND: u64 = 16 * 1024 * 1024;

/// Sends to a receiver that never completes its answer and asserts that the timeout ended it.
#[track_caller]
fn times_out(behaviour: Behaviour, failure: &Failure) -> Exchange {
    let receiver = Receiver::start(behaviour);
    let exchange = Exchange::brief(&receiver.url("/x"));
    exchange.assert_will_retry(failure);
    let took = exchange.took();
    assert!((TIMEOUT..TIMEOUT + SLACK).contains(&took), "the exchange took {took:?}");
    exchange
}

/// No answer came.
const SILENCE: Failure = Failure {
    outcome: "timeout",
    phase: "head",
    error: "timed out after 1s while waiting for an answer",
    advice: "It should answer 2xx first and do its work afterwards; `ptw-hooks update WEBHOOK --timeout 30s`",
};

#[test]
fn a_receiver_that_never_answers_times_out_while_its_answer_is_waited_for() {
    let exchange = times_out(Behaviour::StallBeforeHead, &SILENCE);
    assert_eq!(exchange.response(), &Value::Null);
    assert_eq!(exchange.json["response_code"], Value::Null);
}

#[test]
fn a_receiver_that_accepts_and_reads_nothing_times_out() {
    let exchange = times_out(Behaviour::AcceptAndStall, &SILENCE);
    assert_eq!(exchange.response(), &Value::Null);
}

#[test]
fn a_head_that_comes_drop_by_drop_does_not_outlast_the_timeout() {
    let every = Duration::from_millis(20);
    let exchange = times_out(Behaviour::DripHead { every }, &SILENCE);
    assert_eq!(exchange.response(), &Value::Null);
}

#[test]
fn a_body_that_comes_drop_by_drop_does_not_outlast_the_timeout_and_does_not_count() {
    let every = Duration::from_millis(20);
    let exchange = times_out(
        Behaviour::DripBody { every },
        &Failure {
            outcome: "timeout",
            phase: "body",
            error: "timed out after 1s while reading the answer's body",
            advice: "the answer does not count until it is complete",
        },
    );
    let response = exchange.response();
    assert_eq!(response["status"], 200, "{response}");
    assert!(response["body"].as_str().unwrap().starts_with("dd"), "{response}");
}

#[test]
fn an_announced_body_of_10_gb_is_not_read_to_its_end_and_counts_as_delivered() {
    let receiver = Receiver::start(Behaviour::Endless);
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    let response = exchange.response();
    assert_eq!(response["body_length"], 10_000_000_000_u64, "{response}");
    assert_eq!(response["body_bytes_kept"], 4096, "{response}");
    assert!(exchange.text.contains("… 4096 bytes kept of 10000000000 bytes"), "{}", exchange.text);
    receiver.wait_closed();
    assert!(receiver.bytes_written() < BOUND, "{} bytes were taken", receiver.bytes_written());
}

#[test]
fn endless_chunks_are_not_read_for_ever_and_count_as_delivered() {
    let receiver = Receiver::start(Behaviour::EndlessChunked);
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    let response = exchange.response();
    assert_eq!(response["body_length"], Value::Null, "{response}");
    assert_eq!(response["body_bytes_kept"], 4096, "{response}");
    assert!(exchange.text.contains("… 4096 bytes kept of more than 65536 bytes"), "{}", exchange.text);
    receiver.wait_closed();
    assert!(receiver.bytes_written() < BOUND, "{} bytes were taken", receiver.bytes_written());
}
