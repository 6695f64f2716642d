//! Connections on which nothing comes, or too slowly, or nothing is taken, or that end in the middle.

use std::net::TcpStream;
use std::ops::Range;
use std::time::{Duration, Instant};

use serde_json::json;
use socket2::{Domain, Socket, Type};

use super::{Raw, permit, statuses};
use crate::receiver::{Behaviour, Receiver};
use crate::rest::client::{Connection, Request};
use crate::rest::{PATIENCE, Site, event, token, until};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

const MIB: u64 = 1024;

fn site(idle: &str) -> Site {
    Site::of(Sandbox::new(), &["--no-worker", "--idle-timeout", idle])
}

#[test]
fn two_thousand_silent_connections_keep_nobody_waiting_and_are_closed() {
    let site = site("5s");
    site.client.get("webhooks/").is(200);
    let (files, memory) = (site.server.open_files(), site.server.memory());
    let mut silent: Vec<Raw> = (0..2000).map(|_| Raw::open(&site.server)).collect();
    for _ in 0..5 {
        let asked = Instant::now();
        site.client.get("webhooks/").is(200);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    // The most of it, because the first of them may be gone by now where the machine is busy.
    let more = site.server.most_memory() - memory;
    assert!(more < 48 * MIB, "{more} KiB for 2000 connections");
    assert!(silent.iter_mut().all(|raw| raw.rest() == (String::new(), true)), "each is closed in good order");
    until("no file is left open", || (site.server.open_files() <= files + 2).then_some(()));
    site.client.get("webhooks/").is(200);
}

#[test]
fn connections_on_which_something_was_asked_cost_as_little_as_the_others() {
    let site = site("30s");
    site.client.get("webhooks/").is(200);
    let memory = site.server.memory();
    let request = Request::new("GET", "/healthz");
    let mut open: Vec<_> = (0..1000).map(|_| Connection::open(site.server.address).unwrap()).collect();
    for _ in 0..2 {
        for connection in &mut open {
            connection.send(&request.to_bytes(site.server.address)).unwrap();
            connection.answer(&request).unwrap().is(200);
        }
    }
    let more = site.server.most_memory() - memory;
    assert!(more < 10 * MIB, "{more} KiB for 1000 connections");
}

#[test]
fn requests_are_answered_in_their_order_however_they_are_cut_into_pieces() {
    let site = site("10s");
    let mut big = event("permit_created", 1);
    big["data"]["text"] = json!("x".repeat(200 * 1024));
    let id = site.client.post("events/", &big).is(202).json()["id"].as_str().unwrap().to_owned();
    let token = token(&site.sandbox, "cut", &["--scope", "emit", "--scope", "read"]);
    let asked = [
        (Request::new("GET", "/healthz"), 200),
        (Request::new("GET", &format!("events/{id}/")), 200),
        (Request::new("HEAD", "webhooks/"), 200),
        (Request::new("POST", "events/").json(&event("permit_created", 2)), 202),
        (Request::new("GET", "nowhere/"), 404),
    ]
    .map(|(request, status)| (request.header("Authorization", &format!("Bearer {token}")), status));
    let bytes = asked.each_ref().map(|(request, _)| request.to_bytes(site.server.address));
    let mut connection = Connection::open(site.server.address).unwrap();
    let check = |connection: &mut Connection, which: Range<usize>| {
        for (request, status) in &asked[which] {
            connection.answer(request).unwrap().is(*status);
        }
    };
    // One by one; all at once; cut in two, where the second part comes when all that is complete has been answered.
    for (which, bytes) in bytes.iter().enumerate() {
        connection.send(bytes).unwrap();
        check(&mut connection, which..which + 1);
    }
    let all = bytes.concat();
    connection.send(&all).unwrap();
    check(&mut connection, 0..5);
    for at in (1..all.len()).step_by(11) {
        let (first, second) = all.split_at(at);
        let complete = (0..5).filter(|n| bytes[..=*n].concat().len() <= at).count();
        connection.send(first).unwrap();
        check(&mut connection, 0..complete);
        connection.send(second).unwrap();
        check(&mut connection, complete..5);
    }
}

#[test]
fn an_empty_line_before_a_request_means_nothing_whenever_it_comes() {
    let site = site("10s");
    let ask = Request::new("GET", "/healthz");
    let bytes = ask.to_bytes(site.server.address);
    let mut connection = Connection::open(site.server.address).unwrap();
    for line in ["", "\r\n", "\r", "\n", "\r\n\r\n"] {
        connection.send(line.as_bytes()).unwrap();
        // On another connection, so that the line has come by itself, and at rest.
        site.client.get("webhooks/").is(200);
        if line != "\r" {
            for _ in 0..3 {
                connection.send(&bytes).unwrap();
                let answer = connection.answer(&ask).unwrap().is(200);
                assert_eq!(answer.header("connection"), None, "after {line:?}");
            }
        }
    }
}

#[test]
fn who_says_that_nothing_more_comes_is_answered_all_the_same() {
    let site = site("10s");
    let token = token(&site.sandbox, "half", &["--scope", "emit"]);
    for permit in 1..=20 {
        let ask = Request::new("POST", "events/").json(&event("permit_created", permit));
        let bytes = ask.header("Authorization", &format!("Bearer {token}")).to_bytes(site.server.address);
        let mut raw = Raw::open(&site.server);
        raw.send(bytes.repeat(2));
        raw.finish();
        let (answers, orderly) = raw.rest();
        assert_eq!((statuses(&answers), orderly), (vec![202, 202], true), "{permit}");
    }
}

#[test]
fn a_connection_that_was_used_is_closed_when_nothing_more_comes() {
    let site = site("500ms");
    let mut raw = Raw::open(&site.server);
    raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    let (answer, orderly) = raw.rest();
    assert_eq!((statuses(&answer), orderly), (vec![200], true));
}

#[test]
fn a_head_that_comes_byte_by_byte_ends_with_the_timeout() {
    let site = site("1s");
    let mut raw = Raw::open(&site.server);
    let begun = Instant::now();
    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ".bytes().chain(std::iter::repeat(b'x'));
    for byte in head {
        assert!(begun.elapsed() < PATIENCE, "it is still open");
        if !raw.send([byte]) || raw.is_closed_within(Duration::from_millis(50)) {
            break;
        }
    }
    assert!(begun.elapsed() > Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[test]
fn a_body_that_comes_byte_by_byte_ends_with_408() {
    let site = site("1s");
    let token = token(&site.sandbox, "slow", &["--scope", "manage"]);
    for framing in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
        let mut raw = Raw::open(&site.server);
        raw.send(format!(
            "POST /api/v1/ptw/webhooks/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n{framing}\r\n\r\n"
        ));
        if framing.ends_with("chunked") {
            raw.send("ffff\r\n");
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(800) {
            raw.send(" ");
            assert!(!raw.is_closed_within(Duration::from_millis(50)), "closed too early");
        }
        let (answer, orderly) = raw.rest();
        assert_eq!((statuses(&answer), orderly), (vec![408], true), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[test]
fn clients_that_never_read_their_answers_cost_little_and_not_for_long() {
    let site = site("2s");
    site.webhook("ERP", NOBODY, &["*"]);
    let mut big = event("permit_created", 1);
    big["data"]["text"] = json!("x".repeat(240 * 1024));
    let id = site.client.post("events/", &big).is(202).json()["id"].as_str().unwrap().to_owned();
    let token = token(&site.sandbox, "deaf", &["--scope", "read"]);
    let files = site.server.open_files();
    let ask =
        format!("GET /api/v1/ptw/events/{id}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    let deaf: Vec<TcpStream> = (0..40)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.connect(&site.server.address.into()).unwrap();
            socket.send(ask.repeat(20).as_bytes()).unwrap();
            socket.into()
        })
        .collect();
    until("they are cut off", || (site.server.open_files() <= files + 2).then_some(()));
    let most = site.server.most_memory();
    assert!(most < 200 * MIB, "{most} KiB for answers that nobody takes");
    drop(deaf);
    site.client.get(&format!("events/{id}/")).is(200);
}

#[test]
fn what_a_client_has_asked_for_is_done_once_also_where_it_hangs_up() {
    const ASKED: usize = 40;
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    let token = token(&site.sandbox, "gone", &["--scope", "manage"]);
    let request = |permit| {
        Request::new("POST", "events/")
            .json(&event("permit_created", permit))
            .header("Authorization", &format!("Bearer {token}"))
            .to_bytes(site.server.address)
    };
    for permit in 1..=ASKED {
        // Half of a request, and a whole one whose answer nobody waits for.
        let bytes = request(i64::try_from(permit).unwrap() + 1000);
        Raw::open(&site.server).send(&bytes[..bytes.len() - 1 - permit]);
        Raw::open(&site.server).send(request(i64::try_from(permit).unwrap()));
    }
    let sent = receiver.wait_for(ASKED);
    let mut permits: Vec<i64> = sent.iter().map(permit).collect();
    permits.sort_unstable();
    assert_eq!(permits, (1..=40).collect::<Vec<_>>());
    until("all of them are logged", || {
        let done = site.server.log().iter().filter(|line| line["status"] == 202).count();
        (done == ASKED).then_some(())
    });
    let log = site.client.get("deliveries/?limit=500").json();
    assert_eq!(log.as_array().unwrap().len(), ASKED);
}
