//! The server as a process: starting, logging, connections that stay open, and its two ends.

use std::sync::{Arc, Barrier};
use std::thread;

use serde_json::json;

use super::client::Request;
use super::{PATIENCE, Server, Site, event, token, until};
use crate::receiver::{Behaviour, Receiver, Reply};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

#[test]
fn a_signal_ends_the_server_in_good_order() {
    for signal in ["TERM", "INT"] {
        let mut site = Site::open();
        site.client.get("webhooks/").is(200);
        let mut idle = site.server.connect();
        match signal {
            "TERM" => site.server.terminate(),
            _ => site.server.interrupt(),
        }
        assert!(idle.ends(), "a connection on which nothing is asked is closed");
        site.server.wait().ok().stdout_is("");
    }
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let gate = Arc::new(Barrier::new(2));
    let opening = Arc::clone(&gate);
    let receiver = Receiver::start(Behaviour::by(move |_| {
        opening.wait();
        Reply::status(200)
    }));
    let mut site = Site::of(Sandbox::new(), &["--drain", "15s"]);
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let client = site.client.clone();
    let asking = thread::spawn(move || client.post("webhooks/1/test/", &json!({})));
    receiver.wait_for(1);
    site.server.terminate();
    until("nobody listens any more", || site.server.is_closed().then_some(()));
    gate.wait();
    asking.join().expect("it is answered").is(200);
    site.server.wait().ok();
}

#[test]
fn what_was_accepted_outlives_a_crash() {
    let receiver = Receiver::start(Behaviour::status(200));
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "site", &["--scope", "manage"]);
    sandbox.create("ERP", &receiver.url("/x"), &["*"]);
    let server = Server::start(&sandbox, &["--no-worker"]);
    let client = server.client(&token);
    let mut ids: Vec<String> = (1..=20)
        .map(|permit| client.post("events/", &event("permit_created", permit)).is(202).json()["id"].clone())
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    server.kill();
    assert_eq!(receiver.received().len(), 0);
    let server = Server::start(&sandbox, &[]);
    let mut sent: Vec<String> = receiver
        .wait_for(20)
        .iter()
        .map(|request| request.header("webhook-id").unwrap().to_owned())
        .collect();
    sent.sort();
    // Those of one millisecond are in no order.
    ids.sort();
    assert_eq!(sent, ids, "each of them once");
    let client = server.client(&token);
    until("all of it is logged", || {
        let log = client.get("deliveries/?status=success").is(200).json();
        (log.as_array().unwrap().len() == 20).then_some(())
    });
}

#[test]
fn a_server_without_a_worker_leaves_the_sending_to_others() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    site.client.post("events/", &event("permit_created", 1)).is(202);
    site.sandbox.run(["retry"]).ok();
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(site.client.get("deliveries/1/").json()["status"], "success");
}

#[test]
fn the_worker_sends_what_another_process_has_queued() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let args = ["emit", "permit_created", "--permit-id", "1", "--permit-number", "P-1", "--queue"];
    site.sandbox.run(args).ok();
    receiver.wait_for(1);
    until("it is logged", || (site.client.get("deliveries/1/").json()["status"] == "success").then_some(()));
}

#[test]
fn every_request_is_logged_with_the_id_that_its_answer_carries() {
    let site = Site::open();
    let body = json!({"name": "ERP", "url": NOBODY, "secret": "abcdefgh"});
    let answers = [
        ("GET", "/api/v1/ptw/webhooks/", site.client.get("webhooks/?page=1"), 200),
        ("POST", "/api/v1/ptw/webhooks/", site.client.post("webhooks/", &body), 201),
        ("DELETE", "/api/v1/ptw/webhooks/99/", site.client.delete("webhooks/99/"), 404),
        ("GET", "/nothing/", site.client.get("/nothing/"), 404),
        ("GET", "/api/v1/ptw/webhooks", site.client.get("webhooks"), 301),
        ("GET", "/api/v1/ptw/events/", site.server.anonymous().get("events/"), 401),
    ];
    let mut ids = Vec::new();
    for (method, path, answer, status) in answers {
        let answer = answer.is(status);
        let id = answer.header("x-request-id").unwrap_or_else(|| panic!("no id in {answer}")).to_owned();
        let line = site.server.logged(&id);
        assert_eq!((&line["method"], &line["status"]), (&json!(method), &json!(status)), "{line}");
        assert!(line["path"].as_str().is_some_and(|logged| logged.starts_with(path)), "{line}");
        assert!(line["seconds"].as_f64().is_some_and(|seconds| (0.0..20.0).contains(&seconds)), "{line}");
        assert!(line["peer"].as_str().is_some_and(|peer| peer.starts_with("127.")), "{line}");
        if status < 300 {
            assert_eq!(line["token"], "site", "{line}");
        }
        ids.push(id);
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id was given twice");
    assert!(!site.server.log_text().contains("abcdefgh"), "the secret is in the log");
}

#[test]
fn the_log_is_lines_of_text_where_nothing_else_is_asked_for() {
    let sandbox = Sandbox::new();
    let token = token(&sandbox, "site", &["--scope", "read"]);
    let child = sandbox.cmd().args(["serve", "--listen", "127.0.0.1:0"]).spawn();
    let url = child.wait_for_line(PATIENCE, |line| {
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("url="))?;
        line.contains("listening").then(|| url.to_owned())
    });
    let server = Server::at(child, &url);
    let answer = server.client(&token).get("webhooks/").is(200);
    let id = answer.header("x-request-id").expect("an id").to_owned();
    until("the request is logged", || {
        let log = server.log_text();
        log.lines().any(|line| line.contains("request") && line.contains(&id)).then_some(())
    });
}

#[test]
fn a_connection_stays_open_from_request_to_request() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    let token = token(&site.sandbox, "some", &["--scope", "manage"]);
    let mut connection = site.server.connect();
    let host = "127.0.0.1:1".parse().unwrap();
    let body = json!({"name": "ERP", "url": NOBODY, "secret": "abcdefgh"});
    for (request, status) in [
        (Request::new("GET", "webhooks/"), 200),
        (Request::new("POST", "webhooks/").json(&body), 201),
        (Request::new("POST", "webhooks/").json(&json!({})), 400),
        (Request::new("GET", "webhooks"), 301),
        (Request::new("HEAD", "webhooks/"), 200),
        (Request::new("DELETE", "webhooks/1/"), 204),
        (Request::new("GET", "webhooks/1/"), 404),
        (Request::new("PATCH", "webhooks/"), 405),
        (Request::new("GET", "events/"), 200),
    ] {
        let request = request.header("Authorization", &format!("Bearer {token}"));
        // A byte at a time at first, as a slow line brings them.
        let bytes = request.to_bytes(host);
        let (start, rest) = bytes.split_at(20);
        for byte in start {
            connection.send(&[*byte]).expect("it reads");
        }
        connection.send(rest).expect("it reads");
        let answer = connection.answer(&request).unwrap_or_else(|error| panic!("{request}: {error}"));
        assert_eq!(answer.status, status, "{answer}");
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let site = Site::open();
    let taken = site.server.url();
    let taken = taken.strip_prefix("http://").unwrap();
    let refused = site.sandbox.run(["serve", "--listen", taken]).stdout_is("").stderr_has(taken);
    assert!(!matches!(refused.code, Some(0) | None), "{refused}");
    refused.stderr_lacks("\"listening\"");
    site.client.get("webhooks/").is(200);
}
