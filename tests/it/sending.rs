//! What goes over the wire, and what each status of an answer leads to.

use serde_json::{Value, json};

use crate::exchange::{EMIT, Exchange, Failure, inspect, show};
use crate::receiver::{Received, Receiver, Reply};
use crate::sandbox::Sandbox;

/// The headers of a request as `inspect -o json` shows them.
fn pairs(request: &Received) -> Value {
    json!(request.headers.iter().map(|(name, value)| [name, value]).collect::<Vec<_>>())
}

/// A receiver that answers with this, and what became of an event that was sent to it.
#[track_caller]
fn answered(reply: Reply) -> Exchange {
    let receiver = Receiver::start(reply);
    let exchange = Exchange::with_url(&receiver.url("/x"));
    assert_eq!(receiver.received().len(), 1, "one request is made at once");
    exchange
}

#[test]
fn every_2xx_status_delivers_and_ends_with_code_0() {
    for status in [200, 201, 202, 204, 206, 299] {
        let exchange = answered(Reply::status(status));
        exchange.assert_delivered();
        assert_eq!(exchange.json["response_code"], status);
        assert_eq!(exchange.json["attempts"], 1);
        let hook = show(&exchange.sandbox, "erp");
        assert_eq!((&hook["last_status_code"], &hook["last_error"]), (&json!(status), &json!("")));
    }
}

#[test]
fn inspect_shows_the_body_that_was_sent_byte_for_byte() {
    let receiver = Receiver::start(Reply::status(204));
    let sandbox = Sandbox::new();
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let data = r#"{"text":"Größe 😀 \u0007 \"q\" \\ /","10":1e3,"2":[1.50,null],"nested":{"b":1,"a":2}}"#;
    let emit = sandbox.run(EMIT.into_iter().chain(["--data-json", data]));
    let exchange = Exchange::after(sandbox, emit);
    exchange.assert_delivered();
    let sent = receiver.wait_for(1).remove(0);
    let stored = exchange.json["request"]["body"].as_str().unwrap();
    assert_eq!(stored.as_bytes(), sent.body);
    let payload: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(exchange.json["payload"], payload);
    assert!(exchange.text.contains(stored), "{}", exchange.text);
}

#[test]
fn inspect_shows_the_very_headers_that_the_receiver_got_in_their_order() {
    let receiver = Receiver::start(Reply::status(200));
    let exchange = Exchange::with_url(&receiver.url("/a/b?c=d"));
    exchange.assert_delivered();
    let sent = receiver.wait_for(1).remove(0);
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/a/b?c=d"));
    assert_eq!(exchange.json["request"]["method"], "POST");
    assert_eq!(exchange.json["request"]["url"], receiver.url("/a/b?c=d"));
    assert_eq!(exchange.json["request"]["headers"], pairs(&sent));
    assert_eq!(exchange.attempt()["request_headers"], pairs(&sent));
    let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "host",
            "user-agent",
            "accept",
            "content-type",
            "content-length",
            "x-athens-signature",
            "x-athens-event",
            "x-athens-delivery",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
        ]
    );
    assert_eq!(sent.header("host"), Some(receiver.address().to_string().as_str()));
    assert_eq!(sent.header("content-length"), Some(sent.body.len().to_string().as_str()));
    assert_eq!(sent.header("x-athens-event"), Some("permit_approved"));
    assert_eq!(sent.header("x-athens-delivery"), Some("1"));
    assert_eq!(sent.header("webhook-id"), exchange.json["event_id"].as_str());
    for (name, value) in &sent.headers {
        assert!(exchange.text.contains(&format!("  {name}: {value}\n")), "{name} in {}", exchange.text);
    }
}

#[test]
fn a_redirect_is_not_followed_and_its_target_is_named() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Receiver::start(Reply::status(200));
        let target = elsewhere.url("/new");
        let exchange = answered(Reply::status(status).header("Location", target.as_str()));
        exchange.assert_will_retry(&Failure {
            outcome: "redirect",
            phase: "body",
            error: &format!(
                "the receiver answered {status}, a redirect to `{target}`, which is not followed"
            ),
            advice: &format!("If `{target}` is right, set it with `ptw-hooks update WEBHOOK --url`"),
        });
        assert_eq!(exchange.json["response_code"], status);
        assert_eq!(elsewhere.connections(), 0, "nothing goes to the target of a redirect");
    }
}

#[test]
fn a_status_that_is_not_2xx_leaves_it_pending_with_advice_for_that_status() {
    for (status, error, advice) in [
        (400, "400 Bad Request", "did not accept the body"),
        (401, "401 Unauthorized", "`ptw-hooks verify` tells what a receiver did"),
        (404, "404 Not Found", "not at this path"),
        (405, "405 Method Not Allowed", "takes no POST there"),
        (408, "408 Request Timeout", "gave up waiting for the request"),
        (413, "413 Payload Too Large", "too large for the receiver"),
        (429, "429 Too Many Requests", "`Retry-After` is honoured"),
        (500, "500 Internal Server Error", "Its own log at this time says why"),
        (503, "503 Service Unavailable", "Its own log at this time says why"),
        (418, "418", "unexpected status"),
    ] {
        let exchange = answered(Reply::status(status).body("why"));
        exchange.assert_will_retry(&Failure {
            outcome: "http_status",
            phase: "body",
            error: &format!("the receiver answered {error}"),
            advice,
        });
        assert_eq!(exchange.json["response_code"], status);
        assert!(exchange.text.contains(&format!("  answer  HTTP {status}\n")), "{}", exchange.text);
        let wait = exchange.wait();
        assert!((4.9..6.0).contains(&wait), "the next attempt is after about 5 s, not {wait}");
        let hook = show(&exchange.sandbox, "erp");
        assert_eq!(hook["enabled"], true, "{hook}");
        assert_eq!(hook["last_status_code"], status, "{hook}");
    }
}

#[test]
fn a_configured_schedule_decides_when_the_next_attempt_is() {
    let receiver = Receiver::start(Reply::status(500));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = ['100s', '1h']");
    let wait = Exchange::with(sandbox, &receiver.url("/x"), &[]).wait();
    assert!((99.9..115.0).contains(&wait), "after 100 s and up to a tenth more, not {wait}");
}

#[test]
fn an_empty_schedule_gives_a_delivery_up_after_its_first_attempt() {
    let receiver = Receiver::start(Reply::status(500));
    let sandbox = Sandbox::new();
    sandbox.config("retry_schedule = []");
    Exchange::with(sandbox, &receiver.url("/x"), &[]).assert_given_up(&Failure {
        outcome: "http_status",
        phase: "body",
        error: "500 Internal Server Error",
        advice: "own log",
    });
}

#[test]
fn retry_after_lengthens_the_wait_and_does_not_shorten_it() {
    for (value, expected) in [("120", 119.9..125.0), ("1", 4.9..6.0), ("soon", 4.9..6.0)] {
        for status in [429, 503] {
            let wait = answered(Reply::status(status).header("Retry-After", value)).wait();
            assert!(expected.contains(&wait), "`Retry-After: {value}` leads to {expected:?}, not {wait}");
        }
    }
}

#[test]
fn an_answer_of_410_ends_the_delivery_and_disables_the_webhook_until_it_is_enabled() {
    let receiver = Receiver::start(Reply::status(410));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_given_up(&Failure {
        outcome: "http_status",
        phase: "body",
        error: "the receiver answered 410 Gone",
        advice: "`ptw-hooks enable WEBHOOK` takes it up again",
    });
    let sandbox = exchange.sandbox;
    let reason = "the receiver answered 410 Gone";
    sandbox.run(["list"]).ok().stdout_has(format!("no: {reason}"));
    sandbox.run(["show", "erp"]).ok().stdout_has(format!("no: {reason}, since "));
    let hook = show(&sandbox, "erp");
    assert_eq!((&hook["enabled"], &hook["disabled_reason"]), (&json!(false), &json!(reason)));
    assert!(hook["disabled_at"].is_string(), "{hook}");
    assert_eq!(sandbox.run(["list", "--disabled", "-o", "json"]).ok().json()[0]["disabled_reason"], reason);

    let again = [&EMIT[..], &["--idempotency-key=again"]].concat();
    sandbox.run(&again).ok().stdout_has("disabled").stdout_has("the webhook is disabled");
    assert_eq!(receiver.received().len(), 1, "a disabled webhook is not sent to");

    receiver.set(Reply::status(200));
    sandbox.run(["enable", "erp"]).ok().stdout_has("enabled      yes");
    let hook = show(&sandbox, "erp");
    assert_eq!(
        (&hook["enabled"], &hook["disabled_reason"], &hook["disabled_at"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    sandbox.run([&EMIT[..], &["--idempotency-key=more"]].concat()).ok();
    assert_eq!(inspect(&sandbox, 2)["status"], "success");
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn the_same_event_again_is_sent_once_and_ends_with_code_0() {
    let receiver = Receiver::start(Reply::status(200));
    let exchange = Exchange::with_url(&receiver.url("/x"));
    exchange.assert_delivered();
    let again = exchange.sandbox.run(EMIT).ok();
    again.stdout_has("duplicate").stdout_has("as delivery 1");
    assert_eq!(receiver.received().len(), 1);
}
