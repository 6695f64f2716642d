//! Which addresses are never dialled, and how the configuration refines that.

use std::fmt::Write as _;

use serde_json::Value;

use crate::exchange::{EMIT, Exchange, Failure, inspect};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

const ADVICE: &str = "The address is refused by policy, so nothing was sent and nothing will be retried";

/// Asserts that an exchange was refused, and why.
#[track_caller]
fn assert_blocked(exchange: &Exchange, error: &str) {
    exchange.assert_given_up(&Failure { outcome: "blocked", phase: "resolve", error, advice: ADVICE });
    assert_eq!(exchange.response(), &Value::Null);
}

/// A sandbox with this configuration.
fn configured(toml: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.config(toml);
    sandbox
}

/// Emits to each of these hosts at once and returns what `inspect` says of each, after asserting that the whole ended
/// with code 3.
#[track_caller]
fn emit_to(sandbox: &Sandbox, hosts: &[&str], port: u16) -> Vec<Value> {
    for host in hosts {
        sandbox.create(host, &format!("http://{host}:{port}/x"), &["*"]);
    }
    let run = sandbox.run(EMIT.into_iter().chain(["-o", "json"])).code(3).json();
    assert_eq!(run["deliveries"].as_array().map(Vec::len), Some(hosts.len()), "{run}");
    (1..).take(hosts.len()).map(|delivery| inspect(sandbox, delivery)).collect()
}

/// Asserts of each host that it was refused for good, and why.
#[track_caller]
fn assert_all_blocked(inspected: &[Value], why: &str) {
    let mut wrong = String::new();
    for delivery in inspected {
        let attempt = &delivery["attempt_log"][0];
        let error = attempt["error"].as_str().unwrap_or_default();
        let fine = attempt["outcome"] == "blocked"
            && attempt["phase"] == "resolve"
            && attempt["advice"].as_str().is_some_and(|advice| advice.contains(ADVICE))
            && error.contains("leads to an address that is refused")
            && error.contains(why)
            && delivery["status"] == "failed"
            && delivery["attempts"] == 1
            && delivery["next_attempt_at"].is_null();
        if !fine {
            let _ = writeln!(wrong, "{}: {attempt}", delivery["webhook_name"]);
        }
    }
    assert!(wrong.is_empty(), "these were not refused as {why:?}:\n{wrong}");
}

#[test]
fn the_metadata_address_of_clouds_is_refused_in_every_spelling() {
    let spellings = [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe",
        "169.254.43518",
        "169.16689662",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
    ];
    let sandbox = Sandbox::new();
    assert_all_blocked(&emit_to(&sandbox, &spellings, 80), "link-local, where clouds keep their metadata");
}

#[test]
fn addresses_that_lead_to_no_single_receiver_are_refused() {
    for (hosts, why) in [
        (&["0.0.0.0", "0", "[::]", "[::ffff:0.0.0.0]", "0.1.2.3"][..], "is unspecified"),
        (&["[fe80::1]", "169.254.0.1"], "link-local"),
        (&["168.63.129.16", "[::ffff:168.63.129.16]"], "a cloud's internal service"),
        (&["100.100.100.200", "[fd00:ec2::254]", "[fd20:ce::254]"], "a cloud's metadata service"),
        (&["224.0.0.1", "[ff02::1]"], "multicast"),
        (&["255.255.255.255", "240.0.0.1"], "reserved or broadcast"),
    ] {
        assert_all_blocked(&emit_to(&Sandbox::new(), hosts, 80), why);
    }
}

#[test]
fn a_refused_address_is_shown_with_its_reason_and_advice() {
    let exchange = Exchange::with_url("http://169.254.169.254/latest/meta-data/");
    let why = "`169.254.169.254` leads to an address that is refused: 169.254.169.254 is link-local";
    assert_blocked(&exchange, why);
}

#[test]
fn allow_makes_no_exception_for_metadata_addresses() {
    let sandbox = configured("allow = ['0.0.0.0/0', '::/0', '169.254.169.254']");
    let hosts = ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "[fe80::1]"];
    assert_all_blocked(&emit_to(&sandbox, &hosts, 80), "");
}

#[test]
fn deny_private_refuses_this_machine_by_every_name() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = configured("deny_private = true");
    let hosts = [
        "127.0.0.1",
        "127.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
    ];
    assert_all_blocked(&emit_to(&sandbox, &hosts, receiver.port()), "private, and `deny_private` is set");
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn deny_private_refuses_the_networks_inside_a_plant() {
    let sandbox = configured("deny_private = true");
    let hosts = ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "[fd12::1]"];
    assert_all_blocked(&emit_to(&sandbox, &hosts, 80), "private, and `deny_private` is set");
}

#[test]
fn allow_is_an_exception_from_deny_private() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = configured("deny_private = true\nallow = ['127.0.0.0/8']");
    Exchange::with(sandbox, &receiver.url("/x"), &[]).assert_delivered();
    // `localhost` may have an IPv6 address too, which is not an exception and is passed over.
    let sandbox = configured("deny_private = true\nallow = ['127.0.0.1']");
    let url = format!("http://localhost:{}/x", receiver.port());
    Exchange::with(sandbox, &url, &[]).assert_delivered();
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn deny_refuses_what_it_lists_by_address_and_by_name() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = configured("deny = ['127.0.0.0/8', '::1']");
    let hosts = ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"];
    assert_all_blocked(&emit_to(&sandbox, &hosts, receiver.port()), "which `deny` lists");
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn deny_goes_before_allow() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = configured("deny_private = true\nallow = ['127.0.0.0/8']\ndeny = ['127.0.0.1']");
    assert_blocked(
        &Exchange::with(sandbox, &receiver.url("/x"), &[]),
        "in `127.0.0.1/32`, which `deny` lists",
    );
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn a_webhook_on_a_refused_address_does_not_keep_others_from_their_deliveries() {
    let receiver = Receiver::start(Reply::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("bad", "http://169.254.169.254/", &["*"]);
    sandbox.create("good", &receiver.url("/x"), &["*"]);
    sandbox.run(EMIT).code(3).stdout_has("failed").stdout_has("success");
    assert_eq!(receiver.received().len(), 1);
}
