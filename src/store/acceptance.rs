//! Acceptance: an event, the deliveries that it owes and those that it does not, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::hold::{Hold, LONGEST_TURN, Lease};
use super::{Round, Store, column, events, lines, suppressions, turns, webhooks};
use crate::delivery::{Claim, Suppression, SuppressionReason, Unmatched};
use crate::error::Result;
use crate::event::Event;
use crate::webhook::{Match, Webhook};

/// A delivery that an event owes.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The delivery's id.
    pub id: i64,
    /// Whom it is owed to.
    pub webhook: Arc<Webhook>,
}

/// What became of an event.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// The deliveries that it owes, in the order of the webhooks.
    pub deliveries: Vec<Owed>,
    /// The same, held for sending; empty without a lease.
    pub claims: Vec<Claim>,
    /// The webhooks that were not owed it although they subscribe.
    pub suppressed: Vec<Suppression>,
    /// The webhooks that it does not concern.
    pub unmatched: Vec<Unmatched>,
}

impl Round<'_> {
    /// Stores events with every delivery that they owe and every one that was suppressed. The answer has what
    /// became of each event, in their order.
    pub fn accept(&self, new: &[Arc<Event>], at: Timestamp, mut hold: Hold) -> Result<Vec<Accepted>> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        self.run(|tx| {
            let all: Vec<Arc<Webhook>> = webhooks::live(tx)?.into_iter().map(Arc::new).collect();
            let mut accepted = Vec::with_capacity(new.len());
            for event in new {
                let seq = events::insert(tx, event, at)?;
                let mut one = Accepted::default();
                for webhook in &all {
                    match webhook.matches(event.event, event.project_id) {
                        Match::Owed => owe(tx, &mut one, event, seq, webhook, at, &mut hold, all.len())?,
                        Match::Disabled => {
                            one.suppressed.push(suppression(webhook, SuppressionReason::Disabled));
                        }
                        reason => {
                            one.unmatched.push(Unmatched { webhook_name: webhook.name.clone(), reason });
                        }
                    }
                }
                for suppression in &one.suppressed {
                    suppressions::insert(tx, seq, suppression, at)?;
                }
                accepted.push(one);
            }
            Ok(accepted)
        })
    }
}

impl Store {
    /// As [`Round::accept`], in a transaction of its own.
    pub fn accept(&self, new: &[Arc<Event>], at: Timestamp, hold: Hold) -> Result<Vec<Accepted>> {
        self.together(|round| round.accept(new, at, hold))
    }

    /// Stores an event that is owed to this webhook alone, whatever it subscribes to, and holds it.
    pub fn accept_for(
        &self,
        webhook: &Arc<Webhook>,
        event: &Arc<Event>,
        at: Timestamp,
        lease: Lease,
    ) -> Result<Claim> {
        self.write(|tx| {
            let seq = events::insert(tx, event, at)?;
            let lease_until = lease.until(webhook, 1, Duration::ZERO, at);
            let held = Some(Held { lease_until, turn: Duration::ZERO });
            let delivery = insert(tx, event, seq, webhook, at, held, (None, false))?;
            Ok(first_claim(delivery, held, webhook, event))
        })
    }

    /// What the store would answer to [`Self::accept`], without storing anything; no delivery has an id.
    pub fn preview(&self, event: &Arc<Event>) -> Result<Accepted> {
        self.read(|tx| {
            let mut accepted = Accepted::default();
            for webhook in webhooks::live(tx)?.into_iter().map(Arc::new) {
                match webhook.matches(event.event, event.project_id) {
                    Match::Owed => match duplicate(tx, &webhook, event)? {
                        Some(suppression) => accepted.suppressed.push(suppression),
                        None => accepted.claims.push(first_claim(0, None, &webhook, event)),
                    },
                    Match::Disabled => {
                        accepted.suppressed.push(suppression(&webhook, SuppressionReason::Disabled));
                    }
                    reason => {
                        accepted.unmatched.push(Unmatched { webhook_name: webhook.name.clone(), reason });
                    }
                }
            }
            Ok(accepted)
        })
    }
}

/// How a new delivery is held.
#[derive(Clone, Copy)]
pub(super) struct Held {
    lease_until: Timestamp,
    turn: Duration,
}

#[expect(clippy::too_many_arguments, reason = "all that a delivery is made of")]
fn owe(
    tx: &Transaction,
    accepted: &mut Accepted,
    event: &Arc<Event>,
    seq: i64,
    webhook: &Arc<Webhook>,
    at: Timestamp,
    hold: &mut Hold,
    webhooks: usize,
) -> rusqlite::Result<()> {
    // Looked up first: an insert that the constraint turns down would use up an id, and a gap in the log looks
    // like a row that somebody removed. The transaction is the only one that writes, so nobody comes between.
    if let Some(suppression) = duplicate(tx, webhook, event)? {
        accepted.suppressed.push(suppression);
        return Ok(());
    }
    let line = lines::join(tx, webhook, event.permit_id)?;
    let may_go = webhook.paused_at.is_none() && !line.1;
    let by_us = if may_go { try_hold(tx, hold, webhook, webhooks, at)? } else { None };
    let id = insert(tx, event, seq, webhook, at, by_us, line)?;
    accepted.deliveries.push(Owed { id, webhook: Arc::clone(webhook) });
    if by_us.is_some() {
        accepted.claims.push(first_claim(id, by_us, webhook, event));
    }
    Ok(())
}

/// How the delivery is held, if it is: where it is wanted and the webhook has a turn soon.
fn try_hold(
    tx: &Transaction,
    hold: &mut Hold,
    webhook: &Webhook,
    webhooks: usize,
    at: Timestamp,
) -> rusqlite::Result<Option<Held>> {
    let Some((lease, rounds)) = hold.lease(webhook, webhooks) else { return Ok(None) };
    let turn = match turns::take(tx, webhook, 1, LONGEST_TURN, at)? {
        None => Duration::ZERO,
        Some(turns) => match turns.first() {
            Some(turn) => *turn,
            None => return Ok(None),
        },
    };
    hold.note(webhook);
    Ok(Some(Held { lease_until: lease.until(webhook, rounds, turn, at), turn }))
}

/// Stores a delivery that is owed from `at` on, held or not, in a line or not.
pub(super) fn insert(
    tx: &Transaction,
    event: &Event,
    seq: i64,
    webhook: &Webhook,
    at: Timestamp,
    held: Option<Held>,
    (line, waits): (Option<i64>, bool),
) -> rusqlite::Result<i64> {
    let due = held.map_or(at, |held| held.lease_until);
    tx.prepare_cached(
        "INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at, due_at, claimed_at,
                                 fence, line, waits)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .insert(params![
        webhook.id,
        seq,
        event.event.name(),
        event.dedupe_key,
        column::millis(at),
        column::millis(due),
        held.map(|_| column::millis(at)),
        i64::from(held.is_some()),
        line,
        waits,
    ])
}

fn duplicate(tx: &Transaction, webhook: &Webhook, event: &Event) -> rusqlite::Result<Option<Suppression>> {
    let first: Option<i64> = tx
        .prepare_cached("SELECT id FROM deliveries WHERE webhook_id = ?1 AND dedupe_key = ?2")?
        .query_row(params![webhook.id, event.dedupe_key], |row| row.get(0))
        .optional()?;
    let Some(id) = first else { return Ok(None) };
    let earlier = events::of_delivery(tx, id)?;
    let differs = earlier.is_some_and(|earlier| !earlier.says_the_same(event));
    Ok(Some(Suppression {
        delivery: Some(id),
        differs,
        ..suppression(webhook, SuppressionReason::Duplicate)
    }))
}

fn suppression(webhook: &Webhook, reason: SuppressionReason) -> Suppression {
    Suppression {
        webhook: webhook.id,
        webhook_name: webhook.name.clone(),
        reason,
        delivery: None,
        differs: false,
    }
}

fn first_claim(delivery: i64, held: Option<Held>, webhook: &Arc<Webhook>, event: &Arc<Event>) -> Claim {
    Claim {
        delivery,
        fence: 1,
        attempt: 1,
        lease_until: held.map_or(Timestamp::MAX, |held| held.lease_until),
        turn: held.map_or(Duration::ZERO, |held| held.turn),
        webhook: Arc::clone(webhook),
        event: Arc::clone(event),
    }
}
