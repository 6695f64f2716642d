//! What must be true when all of it is over.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::receivers::Seen;
use crate::crashes::counted;
use crate::steps::{connect, rows};

/// No rows.
const NONE: [&str; 0] = [];

/// A request as the log and the receiver both know it: the delivery, and the second in which it was signed.
pub type Sent = (String, String);

/// Asserts that what was accepted is there, and has reached whoever it is owed to.
pub fn assert_nothing_is_lost(world: &World, seen: &Seen) {
    let ask = |sql: &str| rows(&connect(&world.sandbox), sql);
    let accepted = world.all_accepted();
    let stored: BTreeSet<String> = ask("SELECT id FROM events").into_iter().collect();
    let lost: Vec<&String> = accepted.difference(&stored).collect();
    assert!(lost.is_empty(), "accepted and not in the file: {lost:?}");
    let steady: Vec<String> = world.steady.iter().map(ToString::to_string).collect();
    let steady = steady.join(", ");
    // Each is owed to every webhook that was there throughout, or was recognised as what is owed already.
    let halves = format!(
        "SELECT e.id FROM events e WHERE e.event <> 'webhook_test'
           AND (SELECT count(*) FROM deliveries WHERE event_seq = e.seq AND webhook_id IN ({steady}))
             + (SELECT count(*) FROM suppressions WHERE event_seq = e.seq AND webhook_id IN ({steady})
                                                    AND reason = 'duplicate') <> {}",
        world.steady.len()
    );
    assert_eq!(ask(&halves), NONE, "events that were accepted by half");
    let doubled =
        "SELECT e.event, e.permit_id, d.webhook_id FROM deliveries d JOIN events e ON e.seq = d.event_seq
                   WHERE e.event <> 'webhook_test' GROUP BY 1, 2, 3 HAVING count(*) > 1";
    assert_eq!(ask(doubled), NONE, "permits that are owed twice to a webhook");
    let unsent = ask("SELECT id FROM deliveries WHERE status = 'success'");
    let unsent: Vec<_> = unsent.iter().filter(|delivery| !seen.taken.contains(*delivery)).collect();
    assert!(unsent.is_empty(), "logged as delivered, and never taken: {unsent:?}");
    // What is owed to a webhook that is disabled waits until it is enabled.
    let unexplained = "SELECT d.id, w.name, d.status, d.attempts, d.last_error
                       FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
                       WHERE d.status = 'pending' AND w.enabled OR d.status = 'failed' AND d.last_error = ''";
    assert_eq!(ask(unexplained), NONE, "neither delivered nor failed for a reason");
    let miscounted = "SELECT id FROM deliveries d
                      WHERE attempts <> (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id)";
    assert_eq!(ask(miscounted), NONE);
    let attempts = |id: &String| {
        ask(&format!("SELECT {id}, started_at, duration_us, outcome FROM attempts WHERE delivery_id = {id}"))
    };
    let at_once: Vec<_> = seen.overlaps.iter().map(|id| (id, attempts(id))).collect();
    assert!(at_once.is_empty(), "deliveries that were sent twice at once, with their attempts: {at_once:?}");
}

/// Asserts that the log holds nothing that was not sent, and everything that was sent but for what the killed had
/// under way; returns how many requests it does not hold.
pub fn compare_with_log(
    world: &World,
    sent: &BTreeMap<Sent, usize>,
    seen: &Seen,
    held: &BTreeMap<String, usize>,
) -> usize {
    let sql = "SELECT delivery_id, (SELECT json_extract(value, '$[1]') FROM json_each(request_headers)
                                    WHERE json_extract(value, '$[0]') = 'webhook-timestamp') FROM attempts";
    let logged = rows(&connect(&world.sandbox), sql);
    let logged = counted(logged.iter().map(|row| {
        let (delivery, second) = row.split_once('|').unwrap();
        (delivery.to_owned(), second.to_owned())
    }));
    for (attempt, times) in &logged {
        let sent = sent.get(attempt).copied().unwrap_or_default();
        assert!(*times <= sent, "{attempt:?} was logged {times} times and sent {sent} times");
    }
    let mut unlogged: BTreeMap<&str, usize> = BTreeMap::new();
    for (attempt, times) in sent {
        let logged = logged.get(attempt).copied().unwrap_or_default();
        *unlogged.entry(&attempt.0).or_default() += times - logged;
    }
    for (delivery, times) in &unlogged {
        let excused = held.get(*delivery).unwrap_or(&0) + seen.cut.get(*delivery).unwrap_or(&0);
        let what = format!(
            "SELECT w.name, w.enabled, w.deleted_at, d.* FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
             WHERE d.id = {delivery}"
        );
        assert!(
            *times <= excused,
            "{times} requests of delivery {delivery} are not in the log, and {excused} may be missing: {:?}",
            rows(&connect(&world.sandbox), &what)
        );
    }
    unlogged.values().sum()
}
