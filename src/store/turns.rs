//! Turns: when the next request to a webhook with a rate may be sent, whichever process sends it. A turn that
//! was taken and not used is lost, which keeps the bound.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::webhook::Webhook;

/// The waits until the next free turns of `webhook`, at most `most` of them and none longer than `ahead`. They
/// are taken with that. `None` stands for a webhook without a rate: everything goes out at once.
pub fn take(
    tx: &Transaction,
    webhook: &Webhook,
    most: usize,
    ahead: Duration,
    now: Timestamp,
) -> rusqlite::Result<Option<Vec<Duration>>> {
    let Some(rate) = webhook.rate else { return Ok(None) };
    let interval = micros(rate.interval());
    let mut wait = wait(tx, webhook.id, interval, now)?;
    let mut waits = Vec::new();
    while waits.len() < most && wait <= micros(ahead) {
        waits.push(Duration::from_micros(wait.unsigned_abs()));
        wait += interval;
    }
    if !waits.is_empty() {
        tx.prepare_cached("UPDATE webhooks SET next_turn_us = ?2 WHERE id = ?1")?
            .execute(params![webhook.id, now.as_microsecond().saturating_add(wait)])?;
    }
    Ok(Some(waits))
}

/// How long it is until the next free turn.
pub fn next(tx: &Transaction, webhook: &Webhook, now: Timestamp) -> rusqlite::Result<Option<Duration>> {
    let Some(rate) = webhook.rate else { return Ok(None) };
    let wait = wait(tx, webhook.id, micros(rate.interval()), now)?;
    Ok(Some(Duration::from_micros(wait.unsigned_abs())))
}

fn wait(tx: &Transaction, webhook: i64, interval: i64, now: Timestamp) -> rusqlite::Result<i64> {
    let next: Option<i64> = tx
        .prepare_cached("SELECT next_turn_us FROM webhooks WHERE id = ?1")?
        .query_row([webhook], |row| row.get(0))
        .optional()?
        .flatten();
    let wait = next.map_or(0, |next| next.saturating_sub(now.as_microsecond()).max(0));
    // Nobody takes turns further ahead than this: the clock was set back, or the rate was lower before.
    let furthest = micros(super::hold::LONGEST_TURN).max(interval).saturating_add(interval);
    Ok(if wait > furthest { 0 } else { wait })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
