//! More requests than there is memory for, and questions that cost more than they should.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Raw, statuses};
use crate::rest::{Site, event, token, until};
use crate::sandbox::Sandbox;
use crate::steps::NOBODY;

const MIB: usize = 1024 * 1024;

#[test]
fn requests_that_claim_all_the_memory_are_turned_away_and_others_are_told_to_come_again() {
    let site = Site::of(Sandbox::new(), &["--no-worker", "--idle-timeout", "8s"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let token = token(&site.sandbox, "hog", &["--scope", "emit"]);
    let head = format!(
        "POST /api/v1/ptw/events/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {MIB}\r\n\r\n"
    );
    let mut hogs: Vec<Raw> = (0..100)
        .map(|_| {
            let mut raw = Raw::open(&site.server);
            raw.send(&head);
            raw
        })
        .collect();
    for hog in &mut hogs {
        hog.send(vec![b' '; 600 * 1024]);
    }
    // Whoever asks for some of it before takes it from one of those, which does not come again.
    until("all there is has been claimed", || {
        let refused = site.server.log().iter().filter(|line| line["status"] == 503).count();
        (refused >= 100 - 63).then_some(())
    });
    let mut large = event("permit_created", 1);
    large["pad"] = json!("x".repeat(700 * 1024));
    let refused = site.client.post("events/", &large).is(503);
    assert_eq!(refused.json(), json!({"detail": "Too many requests are under way."}));
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Small requests still find some, and whoever looks after the server does not take it for dead.
    site.client.post("events/", &event("permit_created", 1)).is(202);
    site.client.get("/healthz").is(200);
    site.client.get("/readyz").is(200);
    assert!(site.server.most_memory() < 200 * 1024, "{} KiB", site.server.most_memory());
    let (mut early, mut late) = (0, 0);
    for hog in &mut hogs {
        match statuses(&hog.rest().0)[..] {
            [503] => early += 1,
            [408] => late += 1,
            ref other => panic!("{other:?}"),
        }
    }
    assert!(late >= 50 && early >= 30, "{late} were read and {early} turned away");
    site.client.post("events/", &event("permit_created", 1)).is(202);
}

#[test]
fn nobody_without_a_token_takes_memory_from_others() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    let mut strangers = Vec::new();
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/ptw/events/", "/nothing/"] {
        for method in ["GET", "POST"] {
            for _ in 0..70 {
                let mut raw = Raw::open(&site.server);
                raw.send(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {MIB}\r\n\r\n "));
                strangers.push(raw);
            }
        }
    }
    for permit in 1..=20 {
        site.client.post("events/", &event("permit_created", permit)).is(202);
    }
}

#[test]
fn asking_whether_it_is_ready_does_not_keep_it_from_working() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["*"]);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..30).for_each(|_| drop(site.server.anonymous().get("/readyz").is(200))));
        }
        for permit in 1..=20 {
            let asked = Instant::now();
            site.client.post("events/", &event("permit_created", permit)).is(202);
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        }
    });
}

#[test]
fn large_batches_do_not_keep_others_waiting() {
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.webhook("ERP", NOBODY, &["permit_expired"]);
    let token = token(&site.sandbox, "batch", &["--scope", "emit"]);
    let mut line = event("permit_created", 1);
    line["data"]["list"] = json!((0..100).collect::<Vec<_>>());
    let lines = format!("{line}\n").repeat(4000);
    let head = format!(
        "POST /api/v1/ptw/events/batch/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        lines.len()
    );
    let longest = thread::scope(|scope| {
        let batches: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut raw = Raw::open(&site.server);
                    raw.send(&head);
                    raw.send(&lines);
                    assert_eq!(statuses(&raw.rest().0), [202]);
                })
            })
            .collect();
        let mut longest = Duration::ZERO;
        while batches.iter().any(|batch| !batch.is_finished()) {
            let asked = Instant::now();
            site.client.get("/healthz").is(200);
            longest = longest.max(asked.elapsed());
        }
        longest
    });
    assert!(longest < Duration::from_millis(400), "somebody waited for {longest:?}");
}
