//! Receivers that cannot be reached, that break off, or that do not speak HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::exchange::{EMIT, Exchange, Failure};
use crate::receiver::{Behaviour, Receiver};
use crate::sandbox::Sandbox;

/// Sends to a receiver that breaks off and asserts what is said of it.
#[track_caller]
fn breaks(behaviour: Behaviour, phase: &str, error: &str) -> Exchange {
    let receiver = Receiver::start(behaviour);
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_will_retry(&Failure {
        outcome: "protocol",
        phase,
        error,
        advice: "no complete HTTP answer came. Look at the receiver's own log",
    });
    assert_eq!(receiver.received().len(), 1, "a request that came through is not repeated at once");
    exchange
}

#[test]
fn a_port_on_which_nothing_listens_is_named_as_such() {
    // Bound and not listened on: nobody else can take the port, and connections to it are refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let exchange = Exchange::with_url(&format!("http://{address}/x"));
    exchange.assert_will_retry(&Failure {
        outcome: "connect",
        phase: "connect",
        error: "cannot connect: nothing listens at this address and port",
        advice: "Check that the receiver runs, that the port in the URL is right",
    });
    assert_eq!(exchange.response(), &Value::Null);
    let wait = exchange.wait();
    assert!((4.9..6.0).contains(&wait), "the next attempt is after about 5 s, not {wait}");
}

#[test]
fn a_host_name_without_an_address_is_named_with_the_way_to_check_it() {
    let sandbox = Sandbox::new();
    sandbox.create("erp", "http://no-such-host.invalid/x", &["*"]);
    // Neither a search domain nor a name server that is out of reach may get in the way.
    let emit = sandbox
        .cmd()
        .args(EMIT)
        .env("LOCALDOMAIN", "invalid")
        .env("RES_OPTIONS", "timeout:1 attempts:1")
        .run();
    Exchange::after(sandbox, emit).assert_will_retry(&Failure {
        outcome: "dns",
        phase: "resolve",
        error: "`no-such-host.invalid` cannot be resolved: ",
        advice: "`getent hosts no-such-host.invalid`",
    });
}

#[test]
fn a_reset_without_an_answer_is_named() {
    let exchange = breaks(Behaviour::Reset, "head", "the receiver reset the connection without an answer");
    assert_eq!(exchange.response(), &Value::Null);
}

#[test]
fn a_close_without_an_answer_is_named() {
    let exchange =
        breaks(Behaviour::CloseBeforeHead, "head", "the receiver closed the connection without an answer");
    assert_eq!(exchange.response(), &Value::Null);
}

#[test]
fn an_answer_that_is_not_http_is_named() {
    for garbage in ["SSH-2.0-OpenSSH_9.6\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "<html>hello</html>\r\n\r\n"] {
        breaks(Behaviour::Garbage(garbage.into()), "head", "the answer is not valid HTTP/1.1");
    }
}

#[test]
fn an_answer_whose_body_breaks_off_does_not_count() {
    let exchange = breaks(
        Behaviour::TruncatedBody,
        "body",
        "the receiver closed the connection in the middle of its answer",
    );
    let response = exchange.response();
    assert_eq!((&response["status"], &response["body"]), (&200.into(), &"0123456789".into()));
    assert_eq!(response["body_length"], Value::Null, "{response}");
}

#[test]
fn a_head_without_bounds_is_refused() {
    breaks(Behaviour::HugeHead, "head", "the head of the answer is larger than 32 KiB");
}
