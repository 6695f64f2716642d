//! What systemd and the server say to each other.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use crate::rest::{PATIENCE, Server, Site, token};
use crate::sandbox::Sandbox;
use crate::verifiers::python;

/// Binds a socket and gives it to the program that follows, as systemd does.
const ACTIVATE: &str = "
import os, socket, sys
listener = socket.create_server(('127.0.0.1', 0))
if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
";

fn heard(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).expect("it is told");
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn systemd_is_told_when_the_server_is_ready_and_when_it_ends() {
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "some", &["--scope", "read"]);
    let path = sandbox.dir().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let child = sandbox
        .cmd()
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .env("NOTIFY_SOCKET", &path)
        .spawn();
    assert!(heard(&socket).lines().any(|line| line == "READY=1"));
    // It says where it listens before that, and listens by then.
    let url = child.wait_for_line(PATIENCE, |line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["url"].as_str().map(ToOwned::to_owned)
    });
    let mut server = Server::at(child, &url);
    server.client(&token).get("webhooks/").is(200);
    server.terminate();
    assert!(heard(&socket).lines().any(|line| line == "STOPPING=1"));
    server.wait().ok();
}

#[test]
fn a_socket_that_systemd_hands_over_is_used() {
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "some", &["--scope", "read"]);
    let serve = ["serve", "--listen", "192.0.2.1:1", "--log-format", "json"];
    let child = sandbox.cmd().args(serve).under(python().to_str().unwrap(), ["-c", ACTIVATE]).spawn();
    let url = child.wait_for_line(PATIENCE, |line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["url"].as_str().map(ToOwned::to_owned)
    });
    let mut server = Server::at(child, &url);
    server.client(&token).get("webhooks/").is(200);
    server.terminate();
    server.wait().ok();
}

#[test]
fn the_unit_is_one_that_systemd_understands() {
    let sandbox = Sandbox::new();
    let unit = sandbox.run(["serve", "--print-unit"]).ok().stderr_is("").stdout;
    let start = format!("ExecStart={} --db %S/ptw-hooks/ptw-hooks.db serve", env!("CARGO_BIN_EXE_ptw-hooks"));
    for line in ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "DynamicUser=yes", &start] {
        assert!(unit.lines().any(|known| known == line), "no {line:?} in {unit}");
    }
    // A program in a strange place is named in a way that systemd reads back.
    let place = sandbox.dir().join("100% our own");
    fs::create_dir(&place).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_ptw-hooks"), place.join("ptw-hooks")).unwrap();
    let printed = Command::new(place.join("ptw-hooks")).args(["serve", "--print-unit"]).output().unwrap();
    let strange = String::from_utf8(printed.stdout).unwrap();
    assert!(strange.contains("/100%% our own/ptw-hooks\" --db"), "{strange}");
    for unit in [unit, strange] {
        let path = sandbox.write("ptw-hooks.service", unit);
        let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&path).output()
        else {
            continue;
        };
        let said = String::from_utf8_lossy(&verified.stderr);
        let ours = said.lines().filter(|line| line.contains("ptw-hooks.service"));
        assert_eq!(ours.collect::<Vec<_>>(), [""; 0], "{said}");
    }
}

#[test]
fn an_address_of_the_network_without_tls_is_warned_of() {
    let site = Site::of(Sandbox::new(), &[]);
    assert!(!site.server.log_text().contains("unencrypted"));
    let args = ["serve", "--listen", "0.0.0.0:0"];
    let mut child = site.sandbox.cmd().args(args).spawn();
    child.wait_for_stderr("unencrypted");
    child.wait_for_stderr("--tls-cert");
    child.terminate();
    child.wait().ok();
}
