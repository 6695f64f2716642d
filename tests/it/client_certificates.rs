//! Client certificates and authorities of single webhooks: what is shown, what is refused before and after, and that a
//! renewal needs no restart.

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

#[track_caller]
fn refused(run: Run, problems: &[&str], hints: &[&str]) {
    let mut run = run.code(2).stdout_is("");
    for part in problems.iter().chain(hints) {
        run = run.stderr_has(part);
    }
    if problems.len() > 1 {
        run.stderr_has(format!("{} problems, nothing was done", problems.len()));
    }
}

#[test]
fn all_that_is_wrong_with_files_is_said_at_once_with_the_way_to_mend_it() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    let good = ca.client("ptw", 90);
    good.write_to(&sandbox, "ptw");
    ca.client("other", 90).write_to(&sandbox, "other");
    ca.client("old", -1).write_to(&sandbox, "old");
    ca.client_of_tomorrow("new").write_to(&sandbox, "new");
    sandbox.write("text", "no PEM");
    sandbox.write("large", vec![b'x'; 1024 * 1024 + 1]);
    sandbox.write(
        "locked",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let create = |cert: &str, key: &str, more: &[&str]| {
        sandbox
            .cmd()
            .args(["create", "--name=erp", "--url=https://erp.example/x", "--event=*", "--client-cert", cert])
            .args(["--client-key", key])
            .args(more)
            .run()
    };
    let in_it = "a certificate in PEM begins with `-----BEGIN CERTIFICATE-----`";
    refused(
        create("none.pem", "none.key", &["--ca-file=none", "--timeout=31s", "--header=Host: x"]),
        &[
            "timeout cannot be used",
            "header `Host` cannot be set",
            "cannot read client_cert `",
            "cannot read client_key `",
            "cannot read ca_file `",
        ],
        &["none.pem`: there is no such file", "hint: check the path"],
    );
    refused(
        create("text", "text", &[]),
        &["cannot use client_cert `", "cannot use client_key `"],
        &[in_it, "openssl pkey -inform der"],
    );
    refused(
        create("ptw.key", "ptw.pem", &[]),
        &["there is no certificate in it", "there is no private key in it"],
        &["`--client-key` names the file"],
    );
    refused(
        create("ptw.pem", "other.key", &[]),
        &["it is not the key of the certificate in `"],
        &["comes first in its file"],
    );
    refused(
        create("old.pem", "old.key", &[]),
        &["old.pem`: it expired at 20"],
        &["have its authority issue a new one"],
    );
    refused(
        create("new.pem", "new.key", &[]),
        &["new.pem`: it is not valid before 20"],
        &["check the clock"],
    );
    refused(
        create("ptw.pem", "locked", &[]),
        &["locked with a passphrase"],
        &["`openssl pkey -in FILE -out NEW` unlocks it"],
    );
    sandbox.write("odd", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    refused(
        create("ptw.pem", "odd", &[]),
        &["odd`: it is damaged, or of a kind that cannot be used here"],
        &["ECDSA (P-256 or P-384) or Ed25519"],
    );
    refused(create("large", "ptw.key", &[]), &["large`: it is larger than 1 MiB"], &[]);
    refused(create(".", "ptw.key", &[]), &["`: it is not a file"], &["give a file with PEM in it"]);
    refused(
        create("ptw.pem", "ptw.key", &["--ca-file=text"]),
        &["cannot use ca_file `"],
        &["text`: it is not PEM", in_it],
    );
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o000)).unwrap();
        refused(
            create("ptw.pem", "ptw.key", &[]),
            &["this user may not read it"],
            &["the user of the service"],
        );
    }
    assert!(!sandbox.db_path().exists(), "bad input leaves no database behind");
}

#[test]
fn a_certificate_needs_its_key_and_https() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    let both = ["--name=erp", "--url=https://erp.example/x"];
    sandbox
        .cmd()
        .args(["create"])
        .args(both)
        .args(["--client-cert", "ptw.pem"])
        .run()
        .code(2)
        .stderr_has("--client-key <FILE>");
    sandbox
        .cmd()
        .args(["create"])
        .args(both)
        .args(["--client-key", "ptw.key"])
        .run()
        .code(2)
        .stderr_has("--client-cert <FILE>");
    let plain = sandbox.cmd().args(["create", "--name=erp", "--url=http://localhost/x", "--ca-file=ptw.pem"]);
    refused(
        plain.args(["--client-cert=ptw.pem", "--client-key=ptw.key"]).run(),
        &[
            "client_cert cannot be used with a URL of http: only https has certificates",
            "ca_file cannot be used with a URL",
        ],
        &["give the webhook a URL of https"],
    );
}

#[test]
fn changes_are_checked_like_a_creation_and_only_what_changes() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    create(&sandbox, "erp", "https://erp.example/x", &with("ptw"));
    let stored = show(&sandbox, "erp");
    let paths = ["ptw.pem", "ptw.key", "ca.pem"].map(|name| path(&sandbox, name));
    assert_eq!(
        [&stored["client_cert"], &stored["client_key"], &stored["ca_file"]],
        [&paths[0], &paths[1], &paths[2]]
    );
    let text = sandbox.run(["show", "erp"]).ok();
    text.stdout_has(format!(
        "client cert  {}\nclient key   {}\nca file      {}\n",
        paths[0], paths[1], paths[2]
    ));
    refused(
        sandbox.run(["update", "erp", "--url=http://localhost/"]),
        &["client_cert cannot", "ca_file cannot"],
        &["--no-client-cert"],
    );
    refused(
        sandbox.run(["update", "erp", "--name= ", "--client-cert=none", "--client-key=ptw.key"]),
        &["name cannot be blank", "cannot read client_cert `"],
        &[],
    );
    // What is broken meanwhile does not stand in the way of other changes.
    fs::remove_file(sandbox.dir().join("ptw.pem")).unwrap();
    sandbox.run(["update", "erp", "--name=ERP"]).ok();
    sandbox.run(["update", "ERP", "--client-cert=ptw.pem", "--no-client-cert"]).code(2);
    sandbox.run(["update", "ERP", "--no-client-cert", "--no-ca-file"]).ok();
    let stored = show(&sandbox, "ERP");
    assert_eq!([&stored["client_cert"], &stored["client_key"], &stored["ca_file"]], [&Value::Null; 3]);
    assert_eq!(stored["changes"][0]["fields"], json!(["client_cert", "client_key", "ca_file"]));
    sandbox.run(["show", "ERP"]).ok().stdout_lacks("client cert ").stdout_lacks("ca file");
}

#[test]
fn a_key_that_others_can_read_and_a_certificate_that_ends_soon_are_warned_of() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 29).write_to(&sandbox, "ptw");
    fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let create = [
        "create",
        "--name=erp",
        "--url=https://erp.example/x",
        "--event=*",
        "--client-cert=ptw.pem",
        "--client-key=ptw.key",
    ];
    let key = path(&sandbox, "ptw.key");
    sandbox
        .run(create)
        .ok()
        .stderr_has(format!(
            "warning: other users of this machine can read or write `{key}`; `chmod 600` closes it"
        ))
        .stderr_has("ptw.pem` expires at 20");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    ca.client("ptw", 31).write_to(&sandbox, "ptw");
    sandbox.run(create).ok().stderr_lacks("ptw.");
}

#[test]
fn neither_the_database_nor_a_backup_has_what_is_in_the_files() {
    let (sandbox, ca, receiver) = demanding();
    let client = ca.client("ptw", 90);
    client.write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    sandbox.run(crate::exchange::EMIT).ok();
    sandbox.run(["backup", "copy.db"]).ok();
    let line = client.key_pem().lines().nth(1).unwrap().as_bytes().to_vec();
    let holds = |path| fs::read(path).unwrap().windows(line.len()).any(|part| part == line);
    assert!(holds(sandbox.dir().join("ptw.key")));
    assert!(!holds(sandbox.db_path()) && !holds(sandbox.dir().join("copy.db")));
    assert_eq!(rows(&connect(&sandbox), "SELECT client_key FROM webhooks"), [path(&sandbox, "ptw.key")]);
}

#[test]
fn a_rest_client_sees_the_paths_and_cannot_set_or_probe_any() {
    let (sandbox, ca) = (Sandbox::new(), TestCa::new());
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    create(&sandbox, "erp", "https://erp.example/x", &with("ptw"));
    let paths = ["ptw.pem", "ptw.key", "ca.pem"].map(|name| path(&sandbox, name));
    let (there, missing) = (paths[0].clone(), path(&sandbox, "missing"));
    let site = Site::of(sandbox, &[]);
    let shown = site.client.get("webhooks/1/").is(200).json();
    assert_eq!(
        [&shown["client_cert"], &shown["client_key"], &shown["ca_file"]],
        [&paths[0], &paths[1], &paths[2]]
    );

    let only_here = json!(["This field can only be set with `ptw-hooks update` on the server."]);
    let new = json!({"name": "x", "url": "https://x.example/", "secret": "abcdefgh"});
    for field in ["client_cert", "client_key", "ca_file"] {
        // Whether a file is there makes no difference.
        for value in [json!(there), json!(missing), json!("/etc/passwd"), json!(""), json!(5), json!(["x"])] {
            let mut body = new.clone();
            body[field] = value.clone();
            assert_eq!(site.client.post("webhooks/", &body).is(400).json(), json!({ field: only_here }));
            let other = value != json!(there) || field != "client_cert";
            let answer = site.client.patch("webhooks/1/", &json!({ field: value }));
            if other {
                assert_eq!(answer.is(400).json(), json!({ field: only_here }));
            }
        }
        assert_eq!(
            site.client.patch("webhooks/1/", &json!({ field: null })).is(400).json(),
            json!({ field: only_here })
        );
    }
    // Null is what every other webhook has, and what was read may be written back.
    let mut body = new;
    body["client_cert"] = Value::Null;
    let created = site.client.post("webhooks/", &body).is(201).json();
    assert_eq!(created["id"], 2);
    let mut same = shown.clone();
    same["name"] = json!("ERP");
    let changed = site.client.put("webhooks/1/", &same).is(200).json();
    assert_eq!((&changed["name"], &changed["client_key"]), (&json!("ERP"), &json!(paths[1])));
    site.client.patch("webhooks/1/", &json!({"url": "http://localhost/"})).is(400);
}

/// The check `client_cert` of `doctor`, and the whole.
fn doctor(sandbox: &Sandbox) -> (Value, Value) {
    let all = sandbox.run(["doctor", "erp", "-o", "json"]).json();
    let one = all.as_array().unwrap().iter().find(|one| one["check"] == "client_cert").cloned();
    (one.unwrap_or(Value::Null), all)
}

#[track_caller]
fn assert_check(sandbox: &Sandbox, verdict: &str, finding: &str, advice: &str) {
    let (check, all) = doctor(sandbox);
    let has = |member: &str, part: &str| check[member].as_str().is_some_and(|text| text.contains(part));
    assert!(check["verdict"] == verdict && has("finding", finding) && has("advice", advice), "{all:#}");
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    if verdict == "failed" && !finding.contains("expired") {
        assert_eq!(tls["finding"], "not looked at: `client_cert` has failed");
    }
}

#[test]
fn doctor_looks_at_the_certificate_of_a_webhook_and_at_what_the_receiver_makes_of_it() {
    let (sandbox, ca, receiver) = demanding();
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    create(&sandbox, "erp", &receiver.url("/x"), &with("ptw"));
    assert_check(
        &sandbox,
        "ok",
        "ptw.pem` fits its key and expires in 90 days; the receiver asked for it and took it",
        "",
    );
    ca.client("ptw", 10).write_to(&sandbox, "ptw");
    assert_check(&sandbox, "warning", "ptw.pem` expires in 10 days, at 20", "nothing has to be restarted");
    ca.client("ptw", -1).write_to(&sandbox, "ptw");
    assert_check(
        &sandbox,
        "failed",
        "ptw.pem`: it expired at 20",
        "Have its authority issue a new one, and put it",
    );
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    fs::set_permissions(sandbox.dir().join("ptw.key"), fs::Permissions::from_mode(0o604)).unwrap();
    assert_check(&sandbox, "warning", "other users of this machine can read or write", "chmod 600 '");
    fs::remove_file(sandbox.dir().join("ptw.key")).unwrap();
    assert_check(&sandbox, "failed", "cannot read client_key `", "Check the path.");

    // What the receiver does not take is a failure of TLS, also where TLS 1.3 says it late.
    TestCa::new().client("ptw", 90).write_to(&sandbox, "ptw");
    let (check, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert_eq!((&check["verdict"], &tls["verdict"]), (&json!("ok"), &json!("failed")), "{all:#}");
    assert!(tls["finding"].as_str().unwrap().contains("refused the client certificate"), "{tls}");
    sandbox.run(["update", "erp", "--no-client-cert"]).ok();
    let (check, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert_eq!((check, &tls["verdict"]), (Value::Null, &json!("failed")), "{all:#}");
    assert!(tls["finding"].as_str().unwrap().contains("demands a client certificate"), "{tls}");
    sandbox.write("ca.pem", "nothing");
    let (_, all) = doctor(&sandbox);
    let tls = all.as_array().unwrap().iter().find(|one| one["check"] == "tls").unwrap();
    assert!(tls["finding"].as_str().unwrap().contains("ca.pem`: it is not PEM"), "{tls}");

    let polite = Receiver::start_tls(Reply::status(200), ca.valid("localhost"));
    ca.write_pem(&sandbox.dir().join("ca.pem"));
    ca.client("ptw", 90).write_to(&sandbox, "ptw");
    sandbox
        .run(["update", "erp", "--url", &polite.url("/x"), "--client-cert=ptw.pem", "--client-key=ptw.key"])
        .ok();
    assert_check(&sandbox, "ok", "; the receiver did not ask for it", "");
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
