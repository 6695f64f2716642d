//! The table `deliveries`: what is owed, from the acceptance of an event to its end.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use super::{Store, attempts, column, events, suppressions, webhooks};
use crate::delivery::{
    Attempt, Claim, Delivery, DeliveryFilter, LastAttempt, Permit, Status, Suppression, SuppressionReason,
    Unmatched,
};
use crate::error::Result;
use crate::event::Event;
use crate::retry::Next;
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

    /// Long enough for every request to `owed`.
    fn until(self, owed: &[Arc<Webhook>], now: Timestamp) -> Timestamp {
        let longest =
            owed.iter().map(|webhook| webhook.timeout.unwrap_or(self.timeout)).max().unwrap_or_default();
        let rounds = u32::try_from(owed.len().div_ceil(self.at_once.max(1))).unwrap_or(u32::MAX);
        let length = longest.saturating_mul(rounds).saturating_add(Self::MARGIN);
        let until = SignedDuration::try_from(length).ok().and_then(|length| now.checked_add(length).ok());
        until.unwrap_or(Timestamp::MAX)
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

/// An attempt that was made, and what it makes of its delivery.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What was held.
    pub claim: Claim,
    /// What was sent and came back.
    pub attempt: Attempt,
    /// Where the delivery stands now.
    pub next: Next,
}

impl Store {
    /// Stores an event with every delivery that it owes and every one that was suppressed, in one
    /// transaction. With a lease the deliveries are held for sending; without one they are queued.
    pub fn accept(&self, event: &Arc<Event>, at: Timestamp, lease: Option<Lease>) -> Result<Accepted> {
        self.write(|tx| {
            let all: Vec<Arc<Webhook>> = webhooks::live(tx)?.into_iter().map(Arc::new).collect();
            let is_owed = |webhook: &Webhook| webhook.matches(event.event, event.project_id) == Match::Owed;
            let owed: Vec<Arc<Webhook>> = all.iter().filter(|webhook| is_owed(webhook)).cloned().collect();
            let held_until = lease.map(|lease| lease.until(&owed, at));
            let seq = events::insert(tx, event, at)?;
            let mut accepted = Accepted::default();
            for webhook in all {
                match webhook.matches(event.event, event.project_id) {
                    Match::Owed => owe(tx, &mut accepted, event, seq, &webhook, at, held_until)?,
                    Match::Disabled => {
                        accepted.suppressed.push(suppression(&webhook, SuppressionReason::Disabled));
                    }
                    reason => {
                        accepted.unmatched.push(Unmatched { webhook_name: webhook.name.clone(), reason });
                    }
                }
            }
            for suppression in &accepted.suppressed {
                suppressions::insert(tx, seq, suppression, at)?;
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
            let held_until = lease.until(std::slice::from_ref(webhook), at);
            let delivery = insert(tx, event, seq, webhook, at, Some(held_until))?.unwrap_or_default();
            Ok(first_claim(delivery, webhook, event))
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
                        None => accepted.claims.push(first_claim(0, &webhook, event)),
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

    /// Stores attempts and where their deliveries stand now, in one transaction. An attempt whose claim was
    /// taken over by another worker is logged, and changes nothing else.
    pub fn record(&self, finished: &[Finished], now: Timestamp) -> Result<()> {
        self.write(|tx| {
            for one in finished {
                attempts::insert(tx, one.claim.delivery, &one.attempt)?;
                let outcome = &one.attempt.outcome;
                let status_code = outcome.answer.as_ref().map(|answer| answer.status);
                tx.prepare_cached(
                    "UPDATE deliveries
                     SET attempts = attempts + 1, last_attempt_at = ?2, last_duration_us = ?3,
                         last_status_code = ?4, last_error = ?5
                     WHERE id = ?1",
                )?
                .execute(params![
                    one.claim.delivery,
                    column::millis(one.attempt.started_at),
                    column::micros(outcome.duration),
                    status_code,
                    outcome.error,
                ])?;
                tx.prepare_cached(
                    "UPDATE deliveries SET status = ?3, due_at = ?4, claimed_at = NULL
                     WHERE id = ?1 AND fence = ?2 AND status = 'pending'",
                )?
                .execute(params![
                    one.claim.delivery,
                    one.claim.fence,
                    one.next.status.name(),
                    one.next.due.map(column::millis),
                ])?;
                let webhook = one.claim.webhook.id;
                webhooks::note_sent(tx, webhook, one.attempt.started_at, status_code, &outcome.error)?;
                if one.next.gone {
                    webhooks::disable(tx, webhook, now, "the receiver answered 410 Gone")?;
                }
            }
            Ok(())
        })
    }

    /// The deliveries with these ids, in the order of the ids.
    pub fn deliveries_by_id(&self, ids: &[i64]) -> Result<Vec<Delivery>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&format!("{SELECT} WHERE d.id = ?1"))?;
            let rows = ids.iter().map(|id| statement.query_row([id], from_row));
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The deliveries that pass the filter, newest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>> {
        let (conditions, values) = conditions(filter);
        let sql = format!("{SELECT} WHERE {conditions} ORDER BY d.id DESC LIMIT {}", filter.limit);
        self.read(|tx| {
            let mut statement = tx.prepare(&sql)?;
            let rows = statement.query_map(params_from_iter(values), from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A delivery with its event and every attempt; `None` where there is none.
    pub fn delivery(&self, id: i64) -> Result<Option<(Delivery, Event, Vec<Attempt>)>> {
        self.read(|tx| {
            let delivery = tx
                .prepare_cached(&format!("{SELECT} WHERE d.id = ?1"))?
                .query_row([id], from_row)
                .optional()?;
            let (Some(delivery), Some(event)) = (delivery, events::of_delivery(tx, id)?) else {
                return Ok(None);
            };
            Ok(Some((delivery, event, attempts::of_delivery(tx, id)?)))
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
    if let Some(id) = insert(tx, event, seq, webhook, at, held_until)? {
        accepted.deliveries.push(id);
        if held_until.is_some() {
            accepted.claims.push(first_claim(id, webhook, event));
        }
    } else if let Some(suppression) = duplicate(tx, webhook, event)? {
        accepted.suppressed.push(suppression);
    }
    Ok(())
}

/// The new delivery's id, or `None` where the webhook was owed the same before: the constraint decides, so
/// two processes that emit the same event at the same moment make one delivery.
fn insert(
    tx: &Transaction,
    event: &Event,
    seq: i64,
    webhook: &Webhook,
    at: Timestamp,
    held_until: Option<Timestamp>,
) -> rusqlite::Result<Option<i64>> {
    let due = held_until.unwrap_or(at);
    tx.prepare_cached(
        "INSERT INTO deliveries (webhook_id, event_seq, event, dedupe_key, status, created_at, due_at, claimed_at, fence)
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?8)
         ON CONFLICT (webhook_id, dedupe_key) DO NOTHING
         RETURNING id",
    )?
    .query_row(
        params![
            webhook.id,
            seq,
            event.event.name(),
            event.dedupe_key,
            column::millis(at),
            column::millis(due),
            held_until.map(|_| column::millis(at)),
            i64::from(held_until.is_some()),
        ],
        |row| row.get(0),
    )
    .optional()
}

fn duplicate(tx: &Transaction, webhook: &Webhook, event: &Event) -> rusqlite::Result<Option<Suppression>> {
    let first: Option<i64> = tx
        .prepare_cached("SELECT id FROM deliveries WHERE webhook_id = ?1 AND dedupe_key = ?2")?
        .query_row(params![webhook.id, event.dedupe_key], |row| row.get(0))
        .optional()?;
    let Some(id) = first else { return Ok(None) };
    let earlier = events::of_delivery(tx, id)?;
    let differs = earlier.is_some_and(|earlier| earlier.data() != event.data());
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

fn first_claim(delivery: i64, webhook: &Arc<Webhook>, event: &Arc<Event>) -> Claim {
    Claim { delivery, fence: 1, attempt: 1, webhook: Arc::clone(webhook), event: Arc::clone(event) }
}

const SELECT: &str = "SELECT d.id, d.webhook_id, w.name, e.id, e.event, e.permit_id, e.permit_number, d.status,
        d.created_at, d.due_at, d.attempts, d.last_attempt_at, d.last_duration_us, d.last_status_code, d.last_error
    FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id JOIN events e ON e.seq = d.event_seq";

fn conditions(filter: &DeliveryFilter) -> (String, Vec<Value>) {
    let mut conditions = vec!["TRUE"];
    let mut values: Vec<Value> = Vec::new();
    let mut and = |condition, with: Vec<Value>| {
        conditions.push(condition);
        values.extend(with);
    };
    if let Some(webhook) = filter.webhook {
        and("d.webhook_id = ?", vec![webhook.into()]);
    }
    if let Some(status) = filter.status {
        and("d.status = ?", vec![status.name().to_owned().into()]);
    }
    if let Some(event) = filter.event {
        and("d.event = ?", vec![event.name().to_owned().into()]);
    }
    match &filter.permit {
        Some(Permit::Number(number)) => and("e.permit_number = ?", vec![number.clone().into()]),
        Some(Permit::IdOrNumber(id, number)) => {
            and("(e.permit_id = ? OR e.permit_number = ?)", vec![(*id).into(), number.clone().into()]);
        }
        None => {}
    }
    if let Some(since) = filter.since {
        and("d.created_at >= ?", vec![column::millis(since).into()]);
    }
    if let Some(until) = filter.until {
        and("d.created_at < ?", vec![column::millis(until).into()]);
    }
    (conditions.join(" AND "), values)
}

fn from_row(row: &Row) -> rusqlite::Result<Delivery> {
    let last_attempt_at = column::time_or_none(11, row.get(11)?)?;
    let last = match last_attempt_at {
        None => None,
        Some(at) => {
            Some(LastAttempt { at, duration: column::duration(row.get(12)?), status_code: row.get(13)? })
        }
    };
    Ok(Delivery {
        id: row.get(0)?,
        webhook: row.get(1)?,
        webhook_name: row.get(2)?,
        event_id: row.get(3)?,
        event: events::event_type(4, &row.get::<_, String>(4)?)?,
        permit_id: row.get(5)?,
        permit_number: row.get(6)?,
        status: column::named(7, &Status::ALL, Status::name, &row.get::<_, String>(7)?)?,
        created_at: column::time(8, row.get(8)?)?,
        next_attempt_at: column::time_or_none(9, row.get(9)?)?,
        attempts: row.get(10)?,
        last,
        error: row.get(14)?,
    })
}
