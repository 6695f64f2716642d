//! The server that speaks TLS: its certificate, and clients that do not speak it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use super::{Raw, statuses};
use crate::receiver::{TestCa, TlsIdentity};
use crate::rest::{PATIENCE, Server, token};
use crate::sandbox::Sandbox;

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A server with a certificate, and whoever can issue another one.
struct Secure {
    server: Server,
    ca: TestCa,
    token: String,
    sandbox: Sandbox,
}

impl Secure {
    fn open(args: &[&str]) -> Self {
        let (sandbox, ca) = (Sandbox::new(), TestCa::new());
        let token = token(&sandbox, "some", &["--scope", "read"]);
        write(&sandbox, &ca.valid("localhost"));
        let serve = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let files = ["--tls-cert", "chain.pem", "--tls-key", "key.pem"];
        let child = sandbox.cmd().args(serve).args(files).args(args).spawn();
        let url = child.wait_for_line(PATIENCE, |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["url"].as_str().map(ToOwned::to_owned)
        });
        let address = url.strip_prefix("https://").and_then(|rest| rest.parse().ok()).expect("an address");
        Self { server: Server { child, address }, ca, token, sandbox }
    }

    fn connect(&self) -> Tls {
        connect(self.server.address, &self.ca)
    }

    /// Asks something on a connection that stays open.
    #[track_caller]
    fn ask(&self, tls: &mut Tls) {
        let authorization = format!("Authorization: Bearer {}", self.token);
        let ask = format!("GET /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n\r\n");
        tls.write_all(ask.as_bytes()).unwrap();
        let mut answer = String::new();
        while !answer.ends_with("\"results\":[]}") {
            let mut chunk = [0; 4096];
            let length = tls.read(&mut chunk).unwrap();
            assert!(length > 0, "closed after {answer}");
            answer += std::str::from_utf8(&chunk[..length]).unwrap();
        }
        assert_eq!(statuses(&answer), [200], "{answer}");
    }

    fn reload(&mut self, said: &str) {
        let before = self.server.log_text().matches(said).count();
        self.server.child.send("HUP");
        crate::rest::until("it has read the files", || {
            (self.server.log_text().matches(said).count() > before).then_some(())
        });
    }
}

fn write(sandbox: &Sandbox, identity: &TlsIdentity) {
    sandbox.write("chain.pem", identity.pem());
    sandbox.write("key.pem", identity.key_pem());
}

fn connect(address: SocketAddr, ca: &TestCa) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut tls = StreamOwned::new(connection, stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock).expect("the handshake succeeds");
    }
    tls
}

fn certificate(tls: &Tls) -> Vec<u8> {
    tls.conn.peer_certificates().expect("a certificate")[0].to_vec()
}

#[test]
fn the_certificate_is_read_anew_and_what_is_broken_is_not_taken() {
    const TAKEN: &str = "the certificate was read anew";
    const KEPT: &str = "the certificate stays as it was";
    let mut site = Secure::open(&[]);
    let mut first = site.connect();
    site.ask(&mut first);
    write(&site.sandbox, &site.ca.valid("localhost"));
    site.reload(TAKEN);
    let mut second = site.connect();
    site.ask(&mut second);
    site.ask(&mut first);
    assert_ne!(certificate(&first), certificate(&second), "new connections see the new one");

    let good = site.ca.valid("localhost");
    let other = site.ca.valid("localhost");
    for (chain, key) in [
        ("", good.key_pem()),
        ("nothing", good.key_pem()),
        (good.pem(), ""),
        (good.pem(), other.key_pem()),
        (good.key_pem(), good.key_pem()),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", good.key_pem()),
    ] {
        site.sandbox.write("chain.pem", chain);
        site.sandbox.write("key.pem", key);
        site.reload(KEPT);
        let mut third = site.connect();
        site.ask(&mut third);
        assert_eq!(certificate(&third), certificate(&second));
    }
    let errors = site.server.log().into_iter().filter(|line| line["message"] == KEPT);
    for line in errors {
        assert_eq!(line["level"], "error");
        assert!(line["error"].as_str().is_some_and(|error| error.contains(".pem")), "{line}");
    }
    std::fs::remove_file(site.sandbox.dir().join("key.pem")).unwrap();
    site.reload(KEPT);
    site.ask(&mut first);
    site.ask(&mut second);
    write(&site.sandbox, &good);
    site.reload(TAKEN);
    site.server.terminate();
    site.server.wait().ok();
}

#[test]
fn a_connection_on_which_nothing_more_is_asked_ends_as_tls_wants_it() {
    let mut site = Secure::open(&["--idle-timeout", "1s"]);
    let mut first = site.connect();
    site.ask(&mut first);
    // Without the alert that says so, this is an error: somebody else may have cut it off.
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    let mut second = site.connect();
    site.ask(&mut second);
    site.server.terminate();
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
}

#[test]
fn clients_that_do_not_speak_tls_or_never_finish_its_handshake_are_let_go() {
    let mut site = Secure::open(&["--idle-timeout", "2s"]);
    let plain = Raw::open(&site.server).ask_plainly();
    assert!(!plain.contains("HTTP/1.1"), "{plain}");
    let files = site.server.open_files();
    let mut silent: Vec<Raw> = (0..50).map(|_| Raw::open(&site.server)).collect();
    let mut half: Vec<Raw> = (0..50).map(|_| Raw::open(&site.server)).collect();
    for raw in &mut half {
        raw.send(b"\x16\x03\x01\x02\x00\x01");
    }
    let mut good = site.connect();
    site.ask(&mut good);
    let begun = Instant::now();
    for raw in silent.iter_mut().chain(&mut half) {
        raw.rest();
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    crate::rest::until("they are gone", || (site.server.open_files() <= files + 2).then_some(()));
    crate::rest::until("whoever has begun a handshake is logged", || {
        let log = site.server.log();
        let failed = log.iter().filter(|line| line["message"] == "a TLS handshake failed");
        (failed.count() == 51).then_some(())
    });
    // A handshake that is under way does not keep the server from ending.
    let _silent = Raw::open(&site.server);
    let mut last = site.connect();
    site.ask(&mut last);
    let told = Instant::now();
    site.server.terminate();
    site.server.wait().ok();
    assert!(told.elapsed() < Duration::from_millis(1800), "{:?}", told.elapsed());
}

#[test]
fn files_that_cannot_be_used_are_named_at_the_start() {
    let sandbox = Sandbox::new();
    token(&sandbox, "some", &["--scope", "read"]);
    let identity = TlsIdentity::self_signed("localhost");
    write(&sandbox, &identity);
    sandbox.write("empty.pem", "");
    // Nobody writes to it.
    let pipe = sandbox.dir().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    for (chain, key, named) in [
        ("nothing.pem", "key.pem", "nothing.pem"),
        ("chain.pem", "nothing.pem", "nothing.pem"),
        ("empty.pem", "key.pem", "empty.pem"),
        ("chain.pem", "empty.pem", "empty.pem"),
        ("key.pem", "chain.pem", ".pem"),
        ("/dev/zero", "key.pem", "`/dev/zero`: it is not a file"),
        ("chain.pem", "pipe", "`pipe`: it is not a file"),
    ] {
        let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", chain, "--tls-key", key];
        sandbox.run(args).code(2).stderr_has(named).stderr_has("hint: ").stderr_lacks("listening");
    }
    sandbox.run(["serve", "--tls-cert", "chain.pem"]).code(2).stderr_has("tls_key");
}
