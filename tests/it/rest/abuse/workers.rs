//! The worker beside other processes that work on the same file.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::receiver::{Behaviour, Receiver};
use crate::rest::{Server, Site, event, token, until};
use crate::sandbox::Sandbox;
use crate::steps::emit;

/// How soon the worker follows what happens elsewhere; 250 ms where the machine has nothing else to do.
const SOON: Duration = Duration::from_secs(3);

#[test]
fn what_is_queued_elsewhere_is_sent_soon() {
    let receiver = Receiver::start(Behaviour::status(200));
    let site = Site::open();
    site.webhook("ERP", &receiver.url("/x"), &["*"]);
    for permit in 1..=4 {
        emit(&site.sandbox, "permit_created", &permit.to_string()).arg("--queue").run().ok();
        let queued = Instant::now();
        receiver.wait_for(permit);
        assert!(queued.elapsed() < SOON, "{:?}", queued.elapsed());
    }
}

#[test]
fn what_the_command_line_changes_is_followed_without_a_restart() {
    let (old, new) = (Receiver::start(Behaviour::status(200)), Receiver::start(Behaviour::status(200)));
    let site = Site::open();
    site.webhook("ERP", &old.url("/x"), &["*"]);
    let post = |permit| site.client.post("events/", &event("permit_created", permit)).is(202).json();
    post(1);
    old.wait_for(1);

    site.sandbox.run(["pause", "1"]).ok();
    assert_eq!(post(2)["deliveries"].as_array().unwrap().len(), 1, "it is owed all the same");
    // Somebody else is served meanwhile, so the worker has been round.
    site.webhook("other", &new.url("/other"), &["permit_created"]);
    post(3);
    new.wait_for(1);
    assert_eq!(old.received().len(), 1, "nothing is sent to a webhook that pauses");
    site.sandbox.run(["update", "1", "--url", &new.url("/y")]).ok();
    site.sandbox.run(["resume", "1"]).ok();
    let received = new.wait_for(3);
    assert_eq!(received.iter().filter(|request| request.path == "/y").count(), 2);
    assert_eq!(old.received().len(), 1, "the old address gets nothing more");

    site.sandbox.run(["disable", "1"]).ok();
    assert_eq!(post(4)["suppressed"][0]["reason"], "disabled");
    site.sandbox.run(["enable", "1"]).ok();
    assert_eq!(post(5)["deliveries"].as_array().unwrap().len(), 2);
    site.sandbox.run(["delete", "1", "--yes"]).ok();
    assert_eq!(post(6)["deliveries"].as_array().unwrap().len(), 1);
    site.client.get("webhooks/1/").is(404);
}

#[test]
fn servers_and_cron_jobs_on_one_file_send_nothing_twice() {
    const EVENTS: i64 = 120;
    let receiver = Receiver::start(Behaviour::status(200));
    let sandbox = Sandbox::new();
    sandbox.create("ERP", &receiver.url("/x"), &["*"]);
    sandbox.create("gate", &receiver.url("/y"), &["*"]);
    let token = token(&sandbox, "some", &["--scope", "manage"]);
    let servers = [&["--no-worker"][..], &[], &[]].map(|args| Server::start(&sandbox, args));
    thread::scope(|scope| {
        for (number, server) in servers.iter().enumerate() {
            let client = server.client(&token);
            scope.spawn(move || {
                let own = (1..=EVENTS).filter(|permit| usize::try_from(*permit).unwrap() % 3 == number);
                for permit in own {
                    client.post("events/", &event("permit_created", permit)).is(202);
                }
            });
        }
        scope.spawn(|| (0..6).for_each(|_| drop(sandbox.run(["retry"]).ok())));
    });
    let client = servers[0].client(&token);
    let total = usize::try_from(EVENTS).unwrap() * 2;
    until("all of them are recorded", || {
        let log = client.get("deliveries/?status=success&limit=500").is(200).json();
        (log.as_array().unwrap().len() == total).then_some(())
    });
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for request in receiver.received() {
        *times.entry(request.header("X-Athens-Delivery").unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(times.len(), total);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}
