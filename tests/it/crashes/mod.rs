//! Processes that are killed at random moments: what was accepted arrives, and never twice at once.
//!
//! `PTW_HOOKS_CRASH_ROUNDS=200 cargo test --test it crashes` goes on for longer than usual.

mod batch;
mod machine;
mod witness;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use self::machine::{Machine, Usual};
use self::witness::{delivery_of, settle, witness};
use crate::checking::assert_healthy;
use crate::numbers::Numbers;
use crate::receiver::Received;
use crate::sandbox::Sandbox;

/// How many rounds there are where the environment does not say.
const ROUNDS: u64 = 32;
/// The webhooks; each gets every event, the second one in the order of each permit.
const WEBHOOKS: [&str; 2] = ["/a", "/b"];

/// No rows.
const NONE: [&str; 0] = [];

/// How often each of these occurs.
pub fn counted(all: impl Iterator<Item = (String, String)>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

/// Asserts that the log holds nothing that was not sent, and everything that was sent but for what dead processes
/// had under way; returns how many requests it does not hold.
fn compare_with_log(machine: &Machine, received: &[Received]) -> usize {
    let sql = "SELECT delivery_id, (SELECT json_extract(value, '$[1]') FROM json_each(request_headers)
                                    WHERE json_extract(value, '$[0]') = 'webhook-timestamp') FROM attempts";
    let logged = machine.ask(sql);
    let logged = counted(logged.iter().map(|row| {
        let (delivery, second) = row.split_once('|').unwrap();
        (delivery.to_owned(), second.to_owned())
    }));
    let sent = counted(received.iter().map(|request| {
        (delivery_of(request).unwrap(), request.header("webhook-timestamp").unwrap().to_owned())
    }));
    for (attempt, times) in &logged {
        let sent = sent.get(attempt).copied().unwrap_or_default();
        assert!(*times <= sent, "{attempt:?} was logged {times} times and sent {sent} times");
    }
    let mut unlogged: BTreeMap<&str, usize> = BTreeMap::new();
    for ((delivery, second), times) in &sent {
        let logged = logged.get(&(delivery.clone(), second.clone())).copied().unwrap_or_default();
        *unlogged.entry(delivery).or_default() += times - logged;
    }
    for (delivery, times) in &unlogged {
        let held = machine.held.get(*delivery).copied().unwrap_or_default();
        assert!(
            *times <= held,
            "{times} requests of delivery {delivery} are not in the log; it was held {held} times"
        );
    }
    unlogged.values().sum()
}

/// Asserts that every event that was accepted is there, and owes its deliveries once.
fn assert_nothing_is_lost_or_doubled(machine: &Machine) {
    let stored: BTreeSet<String> = machine.ask("SELECT id FROM events").into_iter().collect();
    let lost: Vec<&String> = machine.accepted.difference(&stored).collect();
    assert!(lost.is_empty(), "accepted and not in the file: {lost:?}");
    // Each is owed to every webhook, or it was recognised as what is owed already.
    let halves = "SELECT e.id FROM events e
        WHERE (SELECT count(*) FROM deliveries WHERE event_seq = e.seq)
            + (SELECT count(*) FROM suppressions WHERE event_seq = e.seq AND reason = 'duplicate')
            <> (SELECT count(*) FROM webhooks)";
    assert_eq!(machine.ask(halves), NONE, "events that were accepted by half");
    let doubled =
        "SELECT e.permit_id, d.webhook_id, count(*) FROM deliveries d JOIN events e ON e.seq = d.event_seq
        GROUP BY 1, 2 HAVING count(*) > 1";
    assert_eq!(machine.ask(doubled), NONE, "permits that are owed twice to a webhook");
    let miscounted = "SELECT id FROM deliveries d
                      WHERE attempts <> (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id)";
    assert_eq!(machine.ask(miscounted), NONE);
    assert_eq!(machine.ask("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(machine.ask("PRAGMA foreign_key_check"), NONE);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test may speak, and is seldom heard")]
fn whatever_is_killed_what_was_accepted_arrives_and_never_twice_at_once() {
    let rounds = std::env::var("PTW_HOOKS_CRASH_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let seen = Arc::default();
    let receiver = witness(&seen);
    let sandbox = Sandbox::new();
    for (path, order) in WEBHOOKS.into_iter().zip([&[][..], &["--ordered"]]) {
        sandbox.create_with(path, &receiver.url(path), &["*"], order);
    }
    let mut machine = Machine::new(sandbox, Numbers(2024));
    let usual = Usual::measure(&mut machine);
    for number in 0..rounds {
        machine.round(number, &usual, &receiver);
    }
    // Some fail the first time.
    while machine.ask("SELECT count(*) FROM deliveries WHERE status = 'pending'") != ["0"] {
        machine.let_time_pass();
        let run = machine.sandbox.run(["retry"]);
        assert!(run.stdout.contains("WEBHOOK"), "something is pending that nobody sends: {run}");
    }
    settle(&receiver);
    assert_healthy(&machine.sandbox);

    assert_nothing_is_lost_or_doubled(&machine);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.overlaps, NONE, "deliveries that were sent twice at once");
    assert_eq!(machine.ask("SELECT id FROM deliveries WHERE status <> 'success'"), NONE);
    let deliveries = machine.ask("SELECT id FROM deliveries");
    for delivery in &deliveries {
        assert!(seen.taken.contains(delivery), "delivery {delivery} has not arrived");
    }
    let requests: Vec<Received> =
        receiver.received().into_iter().filter(|request| delivery_of(request).is_some()).collect();
    let mut first: HashMap<String, &Received> = HashMap::new();
    for request in &requests {
        let same = first.entry(delivery_of(request).unwrap()).or_insert(request);
        assert_eq!((&request.body, &request.path), (&same.body, &same.path));
        assert_eq!(request.header("webhook-id"), same.header("webhook-id"));
    }
    let unlogged = compare_with_log(&machine, &requests);
    // Shown with --nocapture: whether the moments were well chosen.
    eprintln!(
        "{rounds} rounds, {} kills (batches: {:?}), {} events, {} deliveries, {} requests, {unlogged} of them not in \
         the log",
        machine.kills,
        machine.stages,
        machine.ask("SELECT id FROM events").len(),
        deliveries.len(),
        requests.len(),
    );
    assert!(machine.kills > 0 && machine.stages.amid > 0, "nothing was killed in the middle");
}
