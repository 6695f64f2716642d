//! How a webhook fares: what its receiver answered last, since when it has failed, and when that disables it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Finished, changes, column};
use crate::delivery::OutcomeKind;
use crate::event::EventType;
use crate::retry;
use crate::webhook::{Actor, Deed};

/// What attempts that ended one after the other mean for their webhook.
struct Sum<'a> {
    last: &'a Finished,
    /// Whether one of them was delivered.
    delivered: bool,
    /// How many have failed that were no trials, after the last that was delivered.
    failures: i64,
    gone: bool,
}

/// Notes how requests ended, and disables a webhook where its receiver is gone or has failed for too long. What
/// `test` sends does not count towards that.
pub fn note(tx: &Transaction, finished: &[&Finished], now: Timestamp) -> rusqlite::Result<()> {
    let mut sums: BTreeMap<i64, Sum> = BTreeMap::new();
    for one in finished {
        let sum = sums.entry(one.claim.webhook.id).or_insert(Sum {
            last: one,
            delivered: false,
            failures: 0,
            gone: false,
        });
        let delivered = one.attempt.outcome.kind == OutcomeKind::Delivered;
        let trial = one.claim.event.event == EventType::WebhookTest;
        sum.last = one;
        sum.delivered |= delivered;
        sum.failures = if delivered { 0 } else { sum.failures + i64::from(!trial) };
        sum.gone |= one.next.gone;
    }
    sums.into_iter().try_for_each(|(id, sum)| note_one(tx, id, &sum, now))
}

fn note_one(tx: &Transaction, id: i64, sum: &Sum, now: Timestamp) -> rusqlite::Result<()> {
    let attempt = &sum.last.attempt;
    let failing_since: Option<i64> = tx
        .prepare_cached(
            "UPDATE webhooks
             SET last_sent_at = ?2, last_status_code = ?3, last_error = ?4,
                 -- From the end of the attempt: a machine that was suspended in mid-request has not failed all
                 -- the while.
                 failing_since = coalesce(iif(?5, NULL, failing_since), iif(?6 > 0, ?7, NULL)),
                 failures = iif(?5, 0, failures) + ?6
             WHERE id = ?1 RETURNING failing_since",
        )?
        .query_row(
            params![
                id,
                column::millis(attempt.started_at),
                attempt.outcome.answer.as_ref().map(|answer| answer.status),
                attempt.outcome.error,
                sum.delivered,
                sum.failures,
                column::millis(now),
            ],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    if sum.gone {
        return disable(tx, id, now, "the receiver answered 410 Gone");
    }
    match column::time_or_none(0, failing_since)? {
        Some(since) if sum.failures > 0 && retry::is_given_up(since, now) => {
            disable(tx, id, now, &format!("every attempt has failed since {since}"))
        }
        _ => Ok(()),
    }
}

/// Disables a webhook that is enabled, with the reason, and notes that nobody else did.
fn disable(tx: &Transaction, id: i64, at: Timestamp, reason: &str) -> rusqlite::Result<()> {
    let disabled = tx
        .prepare_cached(
            "UPDATE webhooks SET enabled = 0, disabled_reason = ?3, disabled_at = ?2, updated_at = ?2
         WHERE id = ?1 AND enabled = 1",
        )?
        .execute(params![id, column::millis(at), reason])?;
    if disabled > 0 {
        changes::note(tx, id, at, &Actor::Program, (Deed::Disabled, vec!["enabled"]))?;
    }
    Ok(())
}
