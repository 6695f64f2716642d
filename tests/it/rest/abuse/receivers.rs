//! Receivers that never answer, beside others that do.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::receiver::{Behaviour, Receiver};
use crate::rest::{Site, event, until};
use crate::sandbox::Sandbox;

#[test]
fn a_receiver_that_never_answers_delays_nobody_else() {
    let (dead, good) = (Receiver::start(Behaviour::AcceptAndStall), Receiver::start(Behaviour::status(200)));
    let site = Site::open();
    site.webhook("dead", &dead.url("/x"), &["permit_created", "permit_rejected"]);
    site.webhook("good", &good.url("/x"), &["permit_created", "permit_approved"]);
    for permit in 1..=100 {
        site.client.post("events/", &event("permit_created", permit)).is(202);
    }
    let sent = Instant::now();
    good.wait_for(100);
    assert!(sent.elapsed() < Duration::from_secs(5), "{:?}", sent.elapsed());
    let asked = Instant::now();
    let answer = site.client.post("events/?wait=true", &event("permit_approved", 1)).is(200).json();
    assert_eq!(answer["deliveries"][0]["status"], "success");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[test]
fn waiting_for_a_receiver_ends_with_its_own_timeout() {
    let dead = Receiver::start(Behaviour::StallBeforeHead);
    let site = Site::open();
    site.sandbox.create_with("dead", &dead.url("/x"), &["*"], &["--timeout", "1s"]);
    let asked = Instant::now();
    let answer = site.client.post("events/?wait=true", &event("permit_created", 1)).is(200).json();
    let took = asked.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(4), "{took:?}");
    assert_eq!(answer["deliveries"][0]["status"], "pending");
    let answer = site.client.post("webhooks/1/test/", &json!({})).is(502).json();
    assert_eq!(answer["delivery"]["status"], "failed");
}

#[test]
fn those_who_wait_for_a_dead_receiver_leave_room_for_others() {
    const WAITING: usize = 32;
    let (dead, good) = (Receiver::start(Behaviour::StallBeforeHead), Receiver::start(Behaviour::status(200)));
    let site = Site::of(Sandbox::new(), &["--no-worker"]);
    site.sandbox.create_with("dead", &dead.url("/x"), &["permit_created"], &["--timeout", "3s"]);
    site.webhook("good", &good.url("/x"), &["permit_approved"]);
    thread::scope(|scope| {
        let waiting: Vec<_> = (1..=40)
            .map(|permit| {
                let client = site.client.clone();
                scope.spawn(move || client.post("events/?wait=true", &event("permit_created", permit)))
            })
            .collect();
        dead.wait_for(WAITING);
        for permit in 1..=10 {
            let asked = Instant::now();
            site.client.post("events/", &event("permit_approved", permit)).is(202);
            site.client.get("webhooks/").is(200);
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        }
        let refused = site.client.post("webhooks/2/test/", &json!({})).is(503);
        assert_eq!(refused.json(), json!({"detail": "Too many requests wait for receivers."}));
        let answers: Vec<_> = waiting.into_iter().map(|one| one.join().unwrap()).collect();
        let with = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((with(200), with(503)), (WAITING, 8));
        let refused = answers.iter().filter(|answer| answer.status == 503);
        for answer in refused {
            assert!(answer.header("retry-after").is_some(), "{answer}");
        }
    });
    until("there is room again", || {
        (site.client.post("webhooks/2/test/", &json!({})).status == 200).then_some(())
    });
    assert_eq!(dead.received().len(), WAITING, "what was refused was not accepted either");
}
