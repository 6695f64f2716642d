//! The table `deliveries`: what is owed, from the acceptance of an event to its end.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};

use super::{Round, Store, attempts, column, events, health, lines};
use crate::delivery::{Attempt, Claim, Delivery, DeliveryFilter, LastAttempt, Permit, Status};
use crate::error::{Error, Report, Result};
use crate::event::Event;
use crate::retry::Next;

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

impl Round<'_> {
    /// Stores attempts and where their deliveries stand now. An attempt whose claim was taken over by another
    /// worker is logged, and changes nothing else.
    pub fn record(&self, finished: &[Finished], now: Timestamp) -> Result<()> {
        self.run(|tx| {
            let mut valid = Vec::with_capacity(finished.len());
            for one in finished {
                attempts::insert(tx, one.claim.delivery, &one.attempt)?;
                if settle(tx, one)? {
                    valid.push(one);
                } else {
                    // It is older than what the webhook has answered since.
                    tx.prepare_cached("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?1")?
                        .execute([one.claim.delivery])?;
                }
            }
            Ok(health::note(tx, &valid, now)?)
        })
    }
}

impl Store {
    /// Owes these deliveries again from now on, whatever became of them, with the whole schedule before them.
    /// Where a worker holds one of them at this moment, all of them are `Refused`.
    pub fn owe_again(&self, ids: &[i64], now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let mut again = tx.prepare_cached(
                "UPDATE deliveries
                 SET status = 'pending', fence = fence + 1, claimed_at = NULL, due_at = ?2, waits = 0,
                     attempts_before = attempts
                 WHERE id = ?1 AND (claimed_at IS NULL OR due_at <= ?2)",
            )?;
            for id in ids {
                if again.execute(params![id, column::millis(now)])? == 0 {
                    return Err(being_sent(*id).into());
                }
                lines::rejoin(tx, *id)?;
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

fn being_sent(id: i64) -> Error {
    let report = Report::new(format!("delivery {id} cannot be sent again: it is being sent at this moment"));
    Error::Refused(report.hint(format!("`ptw-hooks inspect {id}` shows how that ends")))
}

/// Whether the claim is still the latest; then the delivery stands where the attempt has brought it.
fn settle(tx: &Transaction, one: &Finished) -> rusqlite::Result<bool> {
    let outcome = &one.attempt.outcome;
    let line = tx
        .prepare_cached(
            "UPDATE deliveries
             SET attempts = attempts + 1, last_attempt_at = ?3, last_duration_us = ?4, last_status_code = ?5,
                 last_error = ?6, status = ?7, due_at = ?8, claimed_at = NULL
             WHERE id = ?1 AND fence = ?2 AND status = 'pending' RETURNING line",
        )?
        .query_row(
            params![
                one.claim.delivery,
                one.claim.fence,
                column::millis(one.attempt.started_at),
                column::micros(outcome.duration),
                outcome.answer.as_ref().map(|answer| answer.status),
                outcome.error,
                one.next.status.name(),
                one.next.due.map(column::millis),
            ],
            |row| row.get::<_, Option<i64>>(0),
        )
        .optional()?;
    if let Some(line) = line
        && one.next.status != Status::Pending
    {
        lines::advance(tx, one.claim.webhook.id, line)?;
    }
    Ok(line.is_some())
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
