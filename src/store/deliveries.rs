//! The table `deliveries`: what is owed, from the acceptance of an event to its end.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::claims::CLOCK_SET_BACK;
use super::{Led, Round, Store, attempts, column, health, lines, rotations};
use crate::delivery::{Attempt, Claim, Status};
use crate::error::{Error, Report, Result};
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
    /// That another secret leads from now on.
    pub led: Option<Led>,
}

impl Round<'_> {
    /// Stores attempts and where their deliveries stand now. An attempt whose claim was taken over by another
    /// worker is logged, and changes nothing else.
    pub fn record(&self, finished: &[Finished], now: Timestamp) -> Result<()> {
        if finished.is_empty() {
            return Ok(());
        }
        self.run(|tx| {
            let mut valid = Vec::with_capacity(finished.len());
            // As they are now: a webhook may have become an ordered one since the claim.
            let ordered = lines::ordered(tx)?;
            for one in finished {
                attempts::insert(tx, one.claim.delivery, &one.attempt)?;
                if let Some(led) = one.led {
                    rotations::lead(tx, one.claim.webhook.id, led, now)?;
                }
                if settle(tx, one, ordered.contains(&one.claim.webhook.id))? {
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
    /// Where a worker holds one of them at this moment, or its webhook was deleted, all of them are `Refused`.
    pub fn owe_again(&self, ids: &[i64], now: Timestamp) -> Result<()> {
        self.write(|tx| {
            let mut again = tx.prepare_cached(&format!(
                "UPDATE deliveries
                 SET status = 'pending', fence = fence + 1, claimed_at = NULL, due_at = ?2, waits = 0,
                     attempts_before = attempts,
                     -- As the webhook is now: it may have become an ordered one since, or ceased to be one.
                     line = (SELECT e.permit_id FROM webhooks w, events e
                             WHERE w.id = deliveries.webhook_id AND w.ordered = 1
                               AND e.seq = deliveries.event_seq AND e.event <> 'webhook_test')
                 WHERE id = ?1 AND (claimed_at IS NULL OR due_at <= ?2 OR claimed_at > ?2 + {CLOCK_SET_BACK})"
            ))?;
            for id in ids {
                let gone = "SELECT 1 FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
                            WHERE d.id = ?1 AND w.deleted_at IS NOT NULL";
                // Nobody would ever send it.
                if tx.prepare_cached(gone)?.exists([id])? {
                    return Err(webhook_deleted(*id).into());
                }
                if again.execute(params![id, column::millis(now)])? == 0 {
                    return Err(being_sent(*id).into());
                }
                lines::rejoin(tx, *id)?;
            }
            Ok(())
        })
    }
}

/// Why a delivery of a webhook that was deleted is not sent again.
pub fn webhook_deleted(id: i64) -> Error {
    let report = Report::new(format!("delivery {id} cannot be sent again: its webhook was deleted"));
    Error::Refused(report.hint("create the webhook anew and emit the event with an own `--idempotency-key`"))
}

fn being_sent(id: i64) -> Error {
    let report = Report::new(format!("delivery {id} cannot be sent again: it is being sent at this moment"));
    Error::Refused(report.hint(format!("`ptw-hooks inspect {id}` shows how that ends")))
}

/// Whether the claim is still the latest; then the delivery stands where the attempt has brought it.
fn settle(tx: &Transaction, one: &Finished, ordered: bool) -> rusqlite::Result<bool> {
    let outcome = &one.attempt.outcome;
    let changed = tx
        .prepare_cached(
            "UPDATE deliveries
             SET attempts = attempts + 1, last_attempt_at = ?3, last_duration_us = ?4, last_status_code = ?5,
                 last_error = ?6, status = ?7, due_at = ?8, claimed_at = NULL
             WHERE id = ?1 AND fence = ?2 AND status = 'pending'",
        )?
        .execute(params![
            one.claim.delivery,
            one.claim.fence,
            column::millis(one.attempt.started_at),
            column::micros(outcome.duration),
            outcome.answer.as_ref().map(|answer| answer.status),
            outcome.error,
            one.next.status.name(),
            one.next.due.map(column::millis),
        ])?;
    if changed > 0 && ordered {
        match one.next.status {
            Status::Pending => lines::rejoin(tx, one.claim.delivery)?,
            Status::Success | Status::Failed => lines::advance(tx, one.claim.delivery)?,
        }
    }
    Ok(changed > 0)
}
