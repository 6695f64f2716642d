//! Deliveries over TLS: which certificates are taken, and what is said of those that are not.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::Value;

use crate::exchange::{Exchange, Failure};
use crate::receiver::{Behaviour, Receiver, Reply, TestCa, TlsIdentity};
use crate::sandbox::Sandbox;

/// What is said where nobody trusts the issuer.
const UNTRUSTED: (&str, &str) = (
    "the certificate was issued by an authority that is not trusted here",
    "set `ca_file` in the configuration to its certificate",
);

/// A sandbox that trusts the authority.
fn trusting(ca: &TestCa) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.config("ca_file = 'ca.pem'");
    ca.write_pem(&sandbox.config_path().with_file_name("ca.pem"));
    sandbox
}

/// Sends to a receiver with this identity and asserts that nothing is sent to it, and why.
#[track_caller]
fn refuses(sandbox: Sandbox, identity: TlsIdentity, (error, advice): (&str, &str)) {
    let receiver = Receiver::start_tls(Reply::status(200), identity);
    let exchange = Exchange::with(sandbox, &receiver.url("/x"), &[]);
    exchange.assert_will_retry(&Failure { outcome: "tls", phase: "connect", error, advice });
    assert_eq!(exchange.response(), &Value::Null);
    receiver.wait_closed();
    assert_eq!(receiver.connections(), 1);
    assert_eq!(receiver.received().len(), 0, "nothing is sent to a receiver that is not trusted");
    assert_eq!((receiver.aborted(), receiver.problems()), (0, Vec::new()), "not even a part of a request");
}

#[test]
fn a_certificate_of_the_authority_in_ca_file_is_trusted() {
    let ca = TestCa::new();
    let receiver = Receiver::start_tls(Reply::status(200).body("ok"), ca.valid("localhost"));
    let exchange = Exchange::with(trusting(&ca), &receiver.url("/x"), &[]);
    exchange.assert_delivered();
    let sent = receiver.wait_for(1).remove(0);
    assert_eq!(sent.header("host"), Some(format!("localhost:{}", receiver.port()).as_str()));
    assert_eq!(exchange.json["request"]["body"].as_str().unwrap().as_bytes(), sent.body);
    assert_eq!(exchange.response()["body"], "ok");
    assert_eq!(receiver.handshake_failures(), Vec::<String>::new());
}

#[test]
fn a_variable_names_the_ca_file_as_well() {
    let ca = TestCa::new();
    let receiver = Receiver::start_tls(Reply::status(200), ca.valid("localhost"));
    let sandbox = Sandbox::new();
    let pem = sandbox.write("other.pem", ca.pem());
    sandbox.create("erp", &receiver.url("/x"), &["*"]);
    let emit = sandbox.cmd().args(crate::exchange::EMIT).env("PTW_HOOKS_CA_FILE", pem).run();
    Exchange::after(sandbox, emit).assert_delivered();
}

#[test]
fn without_ca_file_the_issuer_is_unknown() {
    refuses(Sandbox::new(), TestCa::new().valid("localhost"), UNTRUSTED);
}

#[test]
fn another_authority_is_unknown() {
    refuses(trusting(&TestCa::new()), TestCa::new().valid("localhost"), UNTRUSTED);
}

#[test]
fn a_certificate_signed_by_itself_is_not_trusted() {
    refuses(trusting(&TestCa::new()), TlsIdentity::self_signed("localhost"), UNTRUSTED);
}

#[test]
fn another_authority_under_the_name_of_a_trusted_one_is_not_trusted() {
    // As after an authority was made anew: what is trusted has the issuer's name, and another key, or even a key of
    // another kind.
    for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        let trusted = params.self_signed(&KeyPair::generate_for(kind).unwrap()).unwrap();
        let sandbox = Sandbox::new();
        let path = sandbox.config("ca_file = 'ca.pem'");
        sandbox.write(path.with_file_name("ca.pem"), trusted.pem());
        refuses(sandbox, TlsIdentity::self_signed("localhost"), UNTRUSTED);
    }
}

#[test]
fn an_expired_certificate_is_refused_with_its_last_moment() {
    let ca = TestCa::new();
    let said = ("the certificate expired at 20", "Whoever runs `localhost` has to renew its certificate");
    refuses(trusting(&ca), ca.expired("localhost"), said);
}

#[test]
fn a_certificate_that_is_one_of_an_authority_is_refused_with_the_way_to_make_another() {
    let identity = TlsIdentity::authority("localhost");
    let sandbox = Sandbox::new();
    sandbox.config("ca_file = 'ca.pem'");
    sandbox.write(sandbox.config_path().with_file_name("ca.pem"), identity.pem());
    refuses(
        sandbox,
        identity,
        (
            "the certificate is one of an authority, which a server cannot use as its own: it lacks \
             `basicConstraints = CA:FALSE`",
            "add `-addext basicConstraints=critical,CA:FALSE`",
        ),
    );
}

#[test]
fn a_certificate_that_begins_tomorrow_is_refused_with_its_first_moment() {
    let ca = TestCa::new();
    let said = ("the certificate is not valid before 20", "Check the clock of this machine");
    refuses(trusting(&ca), ca.not_yet_valid("localhost"), said);
}

#[test]
fn a_certificate_for_another_host_is_refused_with_both_names() {
    let ca = TestCa::new();
    let error = "the certificate is not for `localhost`: it names other.example";
    let said = (error, "The certificate does not name `localhost`. Use the name that it is for");
    refuses(trusting(&ca), ca.wrong_host("other.example"), said);

    let ca = TestCa::new();
    let said = ("the certificate is not for `localhost`: it names 127.0.0.1", said.1);
    refuses(trusting(&ca), ca.wrong_host("127.0.0.1"), said);
}

#[test]
fn a_receiver_without_tls_behind_an_https_url_is_told_apart() {
    let receiver = Receiver::start(Reply::status(200));
    let exchange = Exchange::with_url(&format!("https://localhost:{}/x", receiver.port()));
    exchange.assert_will_retry(&Failure {
        outcome: "tls",
        phase: "connect",
        error: "the receiver does not speak TLS on this port",
        advice: "The port answers without TLS. Use `http://`, or the port on which the receiver speaks TLS",
    });
    assert_eq!(
        (receiver.received().len(), receiver.take_problems()),
        (0, vec!["a TLS handshake".to_owned()])
    );
}

#[test]
fn a_handshake_that_stalls_ends_with_the_timeout() {
    let ca = TestCa::new();
    let receiver = Receiver::start_tls(Behaviour::AcceptAndStall, ca.valid("localhost"));
    Exchange::with(trusting(&ca), &receiver.url("/x"), &["--timeout", "1s"]).assert_will_retry(&Failure {
        outcome: "timeout",
        phase: "connect",
        error: "timed out after 1s while connecting",
        advice: "where TLS is used, the handshake may have stalled",
    });
}

#[test]
fn a_close_in_the_middle_of_the_handshake_is_named_with_the_way_to_look_at_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        // The greeting is read, so that the close is no reset.
        let _ = socket.read(&mut [0; 8 * 1024]).unwrap();
    });
    Exchange::with_url(&format!("https://localhost:{port}/x")).assert_will_retry(&Failure {
        outcome: "tls",
        phase: "connect",
        error: "the receiver closed the connection during the TLS handshake",
        advice: &format!("`openssl s_client -connect localhost:{port} -servername localhost`"),
    });
    server.join().unwrap();
}
