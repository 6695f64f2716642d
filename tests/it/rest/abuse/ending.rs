//! The end of the server while much is asked of it: what was answered is kept, and nothing is answered by halves.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Raw, statuses};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::client::Request;
use crate::rest::{Server, Site, event, token, until};
use crate::sandbox::Sandbox;
use crate::steps::{connect, rows};

/// Sends a signal to a process that somebody else waits for.
fn signal(process: u32, name: &str) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {process}")).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{name} can be sent");
}

#[test]
fn what_was_answered_under_load_outlives_the_end() {
    let receiver = Receiver::start(Behaviour::status(200));
    let Site { server, sandbox, client } = Site::open();
    let body = json!({"name": "ERP", "url": receiver.url("/x"), "secret": "abcdefgh", "events": ["*"]});
    client.post("webhooks/", &body).is(201);
    let token = token(&sandbox, "load", &["--scope", "emit"]);
    let (next, answered, ending) = (AtomicI64::new(1), AtomicUsize::new(0), AtomicBool::new(false));
    let accepted: Vec<i64> = thread::scope(|scope| {
        let ask = || {
            let mut accepted = Vec::new();
            loop {
                let permit = next.fetch_add(1, Ordering::Relaxed);
                let request = Request::new("POST", "events/")
                    .json(&event("permit_created", permit))
                    .header("Authorization", &format!("Bearer {token}"))
                    .header("Connection", "close");
                let Some(mut raw) = Raw::try_open(&server) else { return accepted };
                raw.send(request.to_bytes(server.address));
                let (answer, _) = raw.rest();
                if answer.is_empty() {
                    assert!(ending.load(Ordering::SeqCst), "no answer before the end");
                    return accepted;
                }
                let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                assert_eq!(length.map(str::parse), Some(Ok(body.len())), "half an answer: {answer}");
                match statuses(&answer)[..] {
                    [202] => accepted.push(permit),
                    [503] if ending.load(Ordering::SeqCst) => return accepted,
                    _ => panic!("{answer}"),
                }
                answered.fetch_add(1, Ordering::SeqCst);
            }
        };
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        until("there is some load", || (answered.load(Ordering::SeqCst) >= 200).then_some(()));
        ending.store(true, Ordering::SeqCst);
        signal(server.child.id(), "TERM");
        asking.into_iter().flat_map(|one| one.join().expect("all is in order")).collect()
    });
    assert!(accepted.len() >= 200);
    let ended = Instant::now();
    server.wait().ok();
    assert!(ended.elapsed() < Duration::from_secs(10), "{:?}", ended.elapsed());
    let stored = rows(&connect(&sandbox), "SELECT permit_id FROM events");
    for permit in &accepted {
        assert!(stored.contains(&permit.to_string()), "event {permit} was answered and is lost");
    }
    let _server = Server::start(&sandbox, &[]);
    until("all of them are sent", || {
        let owed = rows(&connect(&sandbox), "SELECT count(*) FROM deliveries WHERE status <> 'success'");
        (owed == ["0"]).then_some(())
    });
    let mut sent: Vec<i64> = receiver.received().iter().map(super::permit).collect();
    sent.sort_unstable();
    let all = sent.len();
    sent.dedup();
    assert_eq!((sent.len(), all), (stored.len(), stored.len()), "each of them once");
}

#[test]
fn what_had_come_when_the_server_was_told_to_end_is_answered() {
    let site = Site::open();
    let ask = Request::new("GET", "/healthz");
    let bytes = ask.to_bytes(site.server.address);
    let mut used: Vec<_> = (0..30).map(|_| site.server.connect()).collect();
    for connection in &mut used {
        connection.send(&bytes).unwrap();
        connection.answer(&ask).unwrap().is(200);
    }
    let process = site.server.child.id();
    signal(process, "STOP");
    let new = (0..30).map(|_| site.server.connect());
    let mut all: Vec<_> = used.into_iter().chain(new).collect();
    for connection in &mut all {
        connection.send(&bytes).unwrap();
    }
    signal(process, "TERM");
    signal(process, "CONT");
    for (index, connection) in all.iter_mut().enumerate() {
        let answer = connection.answer(&ask);
        answer.unwrap_or_else(|error| panic!("connection {index}: {error}")).is(200);
        assert!(connection.ends());
    }
    site.server.wait().ok();
}

#[test]
fn receivers_that_never_answer_do_not_keep_the_server_from_ending() {
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let mut site = Site::of(Sandbox::new(), &["--drain", "1s"]);
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    site.client.post("events/", &event("permit_created", 1)).is(202);
    let client = site.client.clone();
    let asking = thread::spawn(move || {
        std::panic::catch_unwind(|| client.post("webhooks/1/test/", &json!({}))).is_err()
    });
    receiver.wait_for(2);
    let told = Instant::now();
    site.server.terminate();
    let run = site.server.wait().ok();
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    run.stderr_has("requests were cut off").stderr_has("\"stopped\"");
    assert!(asking.join().unwrap(), "it got no answer");
    // What it was owed is sent by the next one.
    receiver.set(Behaviour::status(200));
    site.sandbox.run(["retry", "--now"]);
    let states = rows(&connect(&site.sandbox), "SELECT status FROM deliveries WHERE id = 1");
    assert!(["success", "pending"].contains(&states[0].as_str()), "{states:?}");
}

#[test]
fn what_a_client_that_has_hung_up_asked_for_ends_before_the_server() {
    let receiver = Receiver::start(Behaviour::StallBeforeHead);
    let mut site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.sandbox.create_with("ERP", &receiver.url("/x"), &["*"], &["--timeout", "1s"]);
    let token = token(&site.sandbox, "gone", &["--scope", "manage"]);
    for path in ["webhooks/1/test/", "events/?wait=true"] {
        let request = Request::new("POST", path)
            .json(&event("permit_created", 1))
            .header("Authorization", &format!("Bearer {token}"));
        Raw::open(&site.server).send(request.to_bytes(site.server.address));
    }
    receiver.wait_for(2);
    site.server.terminate();
    site.server.wait().ok();
    let logged = rows(&connect(&site.sandbox), "SELECT outcome FROM attempts");
    assert_eq!(logged, ["timeout", "timeout"], "what was sent is in the log");
}

#[test]
fn a_log_that_nobody_reads_does_not_keep_the_server_from_working_or_ending() {
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "some", &["--scope", "read"]);
    // Standard error is a pipe that is full from the beginning, and the URL goes to nobody.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let script = "rm -f pipe; mkfifo pipe; exec 3<>pipe; \
                  dd if=/dev/zero of=pipe bs=4096 count=16 conv=notrunc oflag=nonblock 2>/dev/null; \
                  exec \"$0\" \"$@\" 2>pipe";
    let serve = sandbox.cmd().args(["serve", "--listen", &address]).under("sh", ["-c", script]);
    let mut server = Server::at(serve.spawn(), &format!("http://{address}"));
    until("it listens", || (!server.is_closed()).then_some(()));
    for _ in 0..200 {
        server.client(&token).get("webhooks/").is(200);
    }
    let told = Instant::now();
    server.terminate();
    server.wait().ok();
    assert!(told.elapsed() < Duration::from_secs(8), "{:?}", told.elapsed());
}
