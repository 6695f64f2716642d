//! Replays: deliveries that were never owed, because their webhook was disabled when the event came.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, acceptance, column, events, lines, webhooks};
use crate::error::Result;
use crate::webhook::Webhook;

/// Missed events of one webhook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missed {
    /// Events that it has missed.
    pub missed: u64,
    /// Deliveries that they owe.
    pub owed: u64,
}

impl Store {
    /// What a webhook has missed since then.
    pub fn missed(&self, webhook: i64, since: Timestamp) -> Result<Missed> {
        self.read(|tx| {
            let missed = tx.query_row(
                "SELECT count(*), count(DISTINCT iif(d.id IS NULL, e.dedupe_key, NULL))
                 FROM suppressions s INDEXED BY suppressions_missed
                 CROSS JOIN events e ON e.seq = s.event_seq
                 LEFT JOIN deliveries d ON d.webhook_id = s.webhook_id AND d.dedupe_key = e.dedupe_key
                 WHERE s.webhook_id = ?1 AND s.reason = 'disabled' AND s.replayed_at IS NULL AND s.created_at >= ?2",
                params![webhook, column::millis(since)],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )?;
            Ok(Missed { missed: missed.0.unsigned_abs(), owed: missed.1.unsigned_abs() })
        })
    }

    /// Owes a webhook up to `most` of the events that it has missed since then, the oldest first, each of them
    /// once, whoever asks. One that it was owed otherwise since is only noted. Where it was disabled or deleted by
    /// now, it is owed nothing.
    pub fn replay(&self, webhook: &Webhook, since: Timestamp, most: u32, now: Timestamp) -> Result<Missed> {
        self.write(|tx| {
            // As it is now: whoever changes it meanwhile may also take its lines away.
            let Some(webhook) = webhooks::find(tx, webhook.id)?.filter(|webhook| webhook.enabled) else {
                return Ok(Missed::default());
            };
            let found: Vec<(i64, i64)> = tx
                .prepare_cached(
                    "SELECT id, event_seq FROM suppressions INDEXED BY suppressions_missed
                     WHERE webhook_id = ?1 AND reason = 'disabled' AND replayed_at IS NULL AND created_at >= ?2
                     ORDER BY created_at, id LIMIT ?3",
                )?
                .query_map(params![webhook.id, column::millis(since), most], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let mut replayed = Missed { missed: found.len() as u64, owed: 0 };
            for (suppression, seq) in found {
                let (delivery, new) = owe(tx, &webhook, seq, now)?;
                replayed.owed += u64::from(new);
                tx.prepare_cached(
                    "UPDATE suppressions SET replayed_at = ?2, delivery_id = ?3 WHERE id = ?1",
                )?
                .execute(params![suppression, column::millis(now), delivery])?;
            }
            Ok(replayed)
        })
    }
}

/// The delivery that the event at `seq` owes to `webhook`, and whether it is a new one.
fn owe(tx: &Transaction, webhook: &Webhook, seq: i64, now: Timestamp) -> rusqlite::Result<(i64, bool)> {
    let event = events::by_seq(tx, seq)?;
    let first: Option<i64> = tx
        .prepare_cached("SELECT id FROM deliveries WHERE webhook_id = ?1 AND dedupe_key = ?2")?
        .query_row(params![webhook.id, event.dedupe_key], |row| row.get(0))
        .optional()?;
    if let Some(first) = first {
        return Ok((first, false));
    }
    let line = lines::join(tx, webhook, event.permit_id)?;
    Ok((acceptance::insert(tx, &event, seq, webhook, now, None, line)?, true))
}
