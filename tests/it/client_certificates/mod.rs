//! Client certificates and authorities of single webhooks: what is shown, what is refused before and after, and that a
//! renewal needs no restart.

mod doctor;
mod settings;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};

use crate::exchange::{Exchange, Failure, show};
use crate::receiver::{Receiver, Reply, TestCa, TlsIdentity};
use crate::rest::Site;
use crate::sandbox::{Run, Sandbox};
use crate::steps::{connect, emit, rows};
use crate::workers::{wait_until, watch};

/// The arguments for a certificate that [`TlsIdentity::write_to`] wrote under this name, and for the authority.
fn with(name: &str) -> Vec<String> {
    let args = [
        format!("--client-cert={name}.pem"),
        format!("--client-key={name}.key"),
        "--ca-file=ca.pem".to_owned(),
    ];
    args.to_vec()
}

/// A sandbox with the authority in `ca.pem`, and a receiver that demands a certificate of it.
fn demanding() -> (Sandbox, TestCa, Receiver) {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    let receiver = Receiver::start_tls(Reply::status(200), ca.valid("localhost").demanding(&ca));
    (sandbox, ca, receiver)
}

fn exchange(sandbox: Sandbox, receiver: &Receiver, args: &[String]) -> Exchange {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Exchange::with(sandbox, &receiver.url("/x"), &args)
}

fn create(sandbox: &Sandbox, name: &str, url: &str, args: &[String]) {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    sandbox.create_with(name, url, &["*"], &args);
}

/// The path of a file in the sandbox, as it is stored.
fn path(sandbox: &Sandbox, name: &str) -> String {
    sandbox.dir().join(name).to_str().unwrap().to_owned()
}

#[track_caller]
fn fails(exchange: &Exchange, receiver: &Receiver, error: &str, advice: &str) {
    let failed = exchange.attempt();
    let phase = failed["phase"].as_str().unwrap();
    exchange.assert_will_retry(&Failure { outcome: "tls", phase, error, advice });
    assert_eq!(receiver.received().len(), 0, "no request gets through");
}

#[test]
fn a_receiver_that_demands_a_certificate_gets_it() {
    for version in [&TLS12, &TLS13] {
        let (sandbox, ca) = (Sandbox::new(), TestCa::new());
        ca.write_pem(&sandbox.dir().join("ca.pem"));
        let identity = ca.valid("localhost").demanding_over(&ca, &[version]);
        let receiver = Receiver::start_tls(Reply::status(200), identity);
        let client = ca.client("ptw", 90);
        client.write_to(&sandbox, "ptw");
        exchange(sandbox, &receiver, &with("ptw")).assert_delivered();
        assert_eq!(receiver.wait_for(1)[0].client, Some(client.der()));
    }
}

#[test]
fn without_a_certificate_it_is_said_that_one_is_demanded() {
    for version in [&TLS12, &TLS13] {
        let (sandbox, ca) = (Sandbox::new(), TestCa::new());
        ca.write_pem(&sandbox.dir().join("ca.pem"));
        let identity = ca.valid("localhost").demanding_over(&ca, &[version]);
        let receiver = Receiver::start_tls(Reply::status(200), identity);
        let exchange = exchange(sandbox, &receiver, &["--ca-file=ca.pem".to_owned()]);
        let error = "the receiver demands a client certificate, and the webhook has none";
        fails(&exchange, &receiver, error, "`ptw-hooks update WEBHOOK --client-cert FILE --client-key FILE`");
    }
}

#[test]
fn a_certificate_of_another_authority_is_refused_by_the_receiver() {
    for version in [&TLS12, &TLS13] {
        let (sandbox, ca) = (Sandbox::new(), TestCa::new());
        ca.write_pem(&sandbox.dir().join("ca.pem"));
        let identity = ca.valid("localhost").demanding_over(&ca, &[version]);
        let receiver = Receiver::start_tls(Reply::status(200), identity);
        TestCa::new().client("ptw", 90).write_to(&sandbox, "ptw");
        let error =
            format!("the receiver refused the client certificate `{}`: UnknownCA", path(&sandbox, "ptw.pem"));
        let exchange = exchange(sandbox, &receiver, &with("ptw"));
        fails(&exchange, &receiver, &error, "does not know the authority that issued the certificate");
    }
}

#[test]
fn a_certificate_that_has_expired_since_is_named_with_its_last_moment() {
    let (sandbox, ca, receiver) = demanding();
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    ca.client("ptw", -1).write_to(&sandbox, "ptw");
    let sent = sandbox.run(crate::exchange::EMIT);
    let error = format!(
        "the receiver refused the client certificate `{}`, which expired at 20",
        path(&sandbox, "ptw.pem")
    );
    fails(&Exchange::after(sandbox, sent), &receiver, &error, "Have its authority issue a new certificate");
}

#[test]
fn a_renewal_is_picked_up_by_a_worker_that_runs() {
    let (sandbox, ca, receiver) = demanding();
    let first = ca.client("ptw", 20);
    first.write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    let mut worker = watch(&sandbox);
    let queue = |permit: &str| emit(&sandbox, "permit_approved", permit).arg("--queue").run().ok();
    queue("1");
    assert_eq!(receiver.wait_for(1)[0].client, Some(first.der()));
    let second = ca.client("ptw", 90);
    second.write_to(&sandbox, "ptw");
    queue("2");
    let sent = receiver.wait_for(2).remove(1);
    assert_eq!(sent.client, Some(second.der()));
    assert_eq!(sent.connection, 1, "over a connection of its own");
    // The same again, over the connection that is there.
    queue("3");
    assert_eq!(receiver.wait_for(3)[2].connection, 1);

    // A file that is not there sends nothing, and nothing has to be restarted when it is back.
    fs::remove_file(sandbox.dir().join("ptw.key")).unwrap();
    queue("4");
    let error = format!("cannot read client_key `{}`: there is no such file", path(&sandbox, "ptw.key"));
    wait_until(&sandbox, "SELECT last_error FROM deliveries WHERE id = 4", &json!(error));
    assert_eq!(receiver.received().len(), 3);
    let third = ca.client("ptw", 91);
    third.write_to(&sandbox, "ptw");
    sandbox.run(["retry", "--now"]).ok();
    assert_eq!(receiver.wait_for(4)[3].client, Some(third.der()));
    queue("5");
    assert_eq!(receiver.wait_for(5)[4].client, Some(third.der()));
    worker.interrupt();
    worker.wait().code(130);
}

#[test]
fn what_became_of_a_file_is_the_error_of_the_attempt_and_never_a_request_without_it() {
    let (sandbox, ca, receiver) = demanding();
    let other = ca.client("other", 90);
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    let good = |name: &str| fs::read(sandbox.dir().join(name)).unwrap();
    let (cert, key, authority) = (good("ptw.pem"), good("ptw.key"), good("ca.pem"));
    let broken: [(&str, &[u8], &str); 7] = [
        ("ptw.pem", b"", "cannot use client_cert `PATH`: it is not PEM"),
        ("ptw.pem", &key, "cannot use client_cert `PATH`: there is no certificate in it"),
        ("ptw.key", &cert, "cannot use client_key `PATH`: there is no private key in it"),
        ("ptw.key", b"\x00\xff", "cannot use client_key `PATH`: it is not PEM"),
        (
            "ptw.key",
            other.key_pem().as_bytes(),
            "cannot use client_key `PATH`: it is not the key of the certificate in",
        ),
        (
            "ca.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot use ca_file `PATH`: a certificate in it is damaged",
        ),
        (
            "ptw.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot use client_cert `PATH`: its first certificate is damaged",
        ),
    ];
    for (permit, (name, bytes, error)) in broken.into_iter().enumerate() {
        sandbox.write(name, bytes);
        let sent = emit(&sandbox, "permit_approved", &format!("{}", permit + 1)).run();
        sent.code(3).stdout_has(error.replace("PATH", &path(&sandbox, name)));
        for (name, bytes) in [("ptw.pem", &cert), ("ptw.key", &key), ("ca.pem", &authority)] {
            sandbox.write(name, bytes);
        }
    }
    assert_eq!((receiver.received().len(), receiver.connections()), (0, 0));
    // The log says what to do, and what was owed is delivered.
    sandbox.run(["inspect", "1"]).ok().stdout_has("Nothing was sent. Mend the file, or set another one");
    sandbox.run(["retry", "--now"]).ok();
    receiver.wait_for(7);
}

#[test]
fn webhooks_with_different_certificates_never_share_a_connection() {
    let (sandbox, ca, receiver) = demanding();
    let clients = ["north", "south"].map(|name| (name, ca.client(name, 90)));
    for (name, client) in &clients {
        client.write_to(&sandbox, name);
        let args = [&with(name)[..], &[format!("--header=x-site: {name}")]].concat();
        create(&sandbox, name, &receiver.url("/x"), &args);
    }
    let event = |permit| {
        json!({"event": "permit_approved", "permit_id": permit, "permit_number": format!("P-{permit}")})
            .to_string()
    };
    let batch = (1..=40).map(event).collect::<Vec<_>>().join("\n");
    sandbox.cmd().args(["emit", "--batch", "-"]).stdin(batch).run().ok();
    let sent = receiver.wait_for(80);
    let mut connections = [BTreeSet::new(), BTreeSet::new()];
    for one in &sent {
        let site = clients.iter().position(|(name, _)| one.header("x-site") == Some(name)).unwrap();
        assert_eq!(one.client, Some(clients[site].1.der()), "shown by the webhook that it belongs to");
        connections[site].insert(one.connection);
    }
    assert!(connections[0].is_disjoint(&connections[1]), "{connections:?}");
    assert!(receiver.connections() < 80, "connections are used again");
}

#[test]
fn authorities_of_a_webhook_are_trusted_by_it_alone_and_beside_the_configured_ones() {
    let (ca, own) = (TestCa::new(), TestCa::new());
    let sandbox = Sandbox::new();
    sandbox.config("ca_file = 'ca.pem'");
    ca.write_pem(&sandbox.config_path().with_file_name("ca.pem"));
    own.write_pem(&sandbox.dir().join("own.pem"));
    let common = Receiver::start_tls(Reply::status(200), ca.valid("localhost"));
    let special = Receiver::start_tls(Reply::status(200), own.valid("localhost"));
    let args = ["--ca-file=own.pem".to_owned()];
    create(&sandbox, "a", &special.url("/x"), &args);
    create(&sandbox, "b", &special.url("/x"), &[]);
    create(&sandbox, "c", &common.url("/x"), &args);
    let sent = emit(&sandbox, "permit_approved", "1").args(["-o", "json"]).run().code(3).json();
    let of = |name: &str| {
        let all = sent["deliveries"].as_array().unwrap();
        all.iter().find(|one| one["webhook_name"] == name).unwrap().clone()
    };
    assert_eq!((&of("a")["status"], &of("c")["status"]), (&json!("success"), &json!("success")), "{sent:#}");
    assert_eq!(of("b")["error"], "the certificate was issued by an authority that is not trusted here");
    sandbox.run(["update", "b", "--ca-file", "own.pem"]).ok();
    sandbox.run(["retry", "--now"]).ok();
    sandbox.run(["update", "a", "--no-ca-file"]).ok();
    emit(&sandbox, "permit_expired", "1").run().code(3).stdout_has("not trusted here");
}

#[test]
fn a_chain_of_authorities_is_shown_as_a_whole() {
    // The receiver knows the root alone: the one between comes with the certificate.
    let (sandbox, ca, receiver) = demanding();
    let chained: TlsIdentity = ca.client_through_authority("ptw");
    chained.write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    sandbox.run(crate::exchange::EMIT).ok();
    assert_eq!(receiver.wait_for(1)[0].client, Some(chained.der()));
}

#[test]
fn a_refusal_in_the_middle_of_a_large_request_is_not_lost() {
    let (sandbox, _, receiver) = demanding();
    let large = sandbox.write("large.json", json!({"x": "y".repeat(240 * 1024)}).to_string());
    create(&sandbox, "erp", &receiver.url("/x"), &["--ca-file=ca.pem".to_owned()]);
    for permit in 1..=20 {
        let data = format!("@{}", large.display());
        let sent = emit(&sandbox, "permit_approved", &permit.to_string()).args(["--data-json", &data]).run();
        sent.code(3).stdout_has("the receiver demands a client certificate");
    }
}
