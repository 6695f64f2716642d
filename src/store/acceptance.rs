//! Acceptance: an event, the deliveries that it owes and those that it does not, in one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, column, events, suppressions, webhooks};
use crate::delivery::{Claim, Suppression, SuppressionReason, Unmatched};
use crate::error::Result;
use crate::event::Event;
use crate::webhook::{Match, Webhook};

/// By this an emitter holds what it is about to send. Whatever is not recorded when the lease ends may be
/// claimed by another worker.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// What an exchange may take, where a webhook has no timeout of its own.
    pub timeout: Duration,
    /// How many requests are under way at once.
    pub at_once: usize,
}

impl Lease {
    /// What a lease lasts beyond the longest time that its requests may take.
    const MARGIN: Duration = Duration::from_secs(15);

    /// Until when `webhook` is held, if its request waits for others: all of them go out in so many rounds.
    pub(super) fn until(self, webhook: &Webhook, rounds: usize, now: Timestamp) -> Timestamp {
        let timeout = webhook.timeout.unwrap_or(self.timeout);
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        let length = timeout.saturating_mul(rounds).saturating_add(Self::MARGIN);
        let until = SignedDuration::try_from(length).ok().and_then(|length| now.checked_add(length).ok());
        until.unwrap_or(Timestamp::MAX)
    }
}

/// Which of the deliveries that are accepted are held for sending; the others are queued.
#[derive(Clone, Copy)]
pub enum Hold<'a> {
    /// None.
    Nothing,
    /// Every one.
    All(Lease),
    /// Of each webhook as many as this says.
    Room(Lease, &'a dyn Fn(i64) -> usize),
}

impl Hold<'_> {
    /// Until when a delivery to `webhook` is held, if it is. `taken` counts those that are held already, and
    /// `of` is how many webhooks there are.
    fn until(
        self,
        webhook: &Webhook,
        taken: &mut HashMap<i64, usize>,
        of: usize,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if webhook.paused_at.is_some() {
            return None;
        }
        let taken = taken.entry(webhook.id).or_default();
        let until = match self {
            Self::Nothing => None,
            Self::All(lease) => Some(lease.until(webhook, of.div_ceil(lease.at_once.max(1)), now)),
            Self::Room(lease, room) => (*taken < room(webhook.id)).then(|| lease.until(webhook, 2, now)),
        };
        *taken += usize::from(until.is_some());
        until
    }
}

/// What became of an event.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// The deliveries that it owes, in the order of the webhooks.
    pub deliveries: Vec<i64>,
    /// The same, held for sending; empty without a lease.
    pub claims: Vec<Claim>,
    /// The webhooks that were not owed it although they subscribe.
    pub suppressed: Vec<Suppression>,
    /// The webhooks that it does not concern.
    pub unmatched: Vec<Unmatched>,
}

impl Store {
    /// Stores events with every delivery that they owe and every one that was suppressed, in one transaction.
    /// The answer has what became of each event, in their order.
    pub fn accept(&self, new: &[Arc<Event>], at: Timestamp, hold: Hold) -> Result<Vec<Accepted>> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        self.write(|tx| {
            let all: Vec<Arc<Webhook>> = webhooks::live(tx)?.into_iter().map(Arc::new).collect();
            let mut taken = HashMap::new();
            let mut accepted = Vec::with_capacity(new.len());
            for event in new {
                let seq = events::insert(tx, event, at)?;
                let mut one = Accepted::default();
                for webhook in &all {
                    match webhook.matches(event.event, event.project_id) {
                        Match::Owed => {
                            let held_until = hold.until(webhook, &mut taken, all.len(), at);
                            owe(tx, &mut one, event, seq, webhook, at, held_until)?;
                        }
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
            let held_until = lease.until(webhook, 1, at);
            let delivery = insert(tx, event, seq, webhook, at, Some(held_until))?;
            Ok(first_claim(delivery, held_until, webhook, event))
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
                        None => accepted.claims.push(first_claim(0, Timestamp::MAX, &webhook, event)),
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

fn owe(
    tx: &Transaction,
    accepted: &mut Accepted,
    event: &Arc<Event>,
    seq: i64,
    webhook: &Arc<Webhook>,
    at: Timestamp,
    held_until: Option<Timestamp>,
) -> rusqlite::Result<()> {
    // Looked up first: an insert that the constraint turns down would use up an id, and a gap in the log looks
    // like a row that somebody removed. The transaction is the only one that writes, so nobody comes between.
    if let Some(suppression) = duplicate(tx, webhook, event)? {
        accepted.suppressed.push(suppression);
        return Ok(());
    }
    let id = insert(tx, event, seq, webhook, at, held_until)?;
    accepted.deliveries.push(id);
    if let Some(held_until) = held_until {
        accepted.claims.push(first_claim(id, held_until, webhook, event));
    }
    Ok(())
}

fn insert(
    tx: &Transaction,
    event: &Event,
    seq: i64,
    webhook: &Webhook,
    at: Timestamp,
    held_until: Option<Timestamp>,
) -> rusqlite::Result<i64> {
    let due = held_until.unwrap_or(at);
    tx.prepare_cached(
        "INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at, due_at, claimed_at, fence)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8)",
    )?
    .insert(params![
        webhook.id,
        seq,
        event.event.name(),
        event.dedupe_key,
        column::millis(at),
        column::millis(due),
        held_until.map(|_| column::millis(at)),
        i64::from(held_until.is_some()),
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

fn first_claim(delivery: i64, lease_until: Timestamp, webhook: &Arc<Webhook>, event: &Arc<Event>) -> Claim {
    Claim {
        delivery,
        fence: 1,
        attempt: 1,
        lease_until,
        webhook: Arc::clone(webhook),
        event: Arc::clone(event),
    }
}
