//! Claims: taking what is due for sending, so that nobody else sends it, and giving it back.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use super::{Lease, Store, column, events, webhooks};
use crate::delivery::Claim;
use crate::error::{Error, Report, Result};
use crate::webhook::Webhook;

/// Which deliveries to claim.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// Only those of this webhook.
    pub webhook: Option<i64>,
    /// Also those whose time has not come.
    pub early: bool,
    /// Only those without an attempt after this one, so that one run makes one attempt for each. An id,
    /// because a clock may be set back.
    pub newest_attempt: i64,
}

impl Due {
    /// What a claim takes: pending, due or `early`, and not held by another worker. Two texts, because SQLite
    /// searches no index for a choice between them, and would read everything that is pending. The `+` keeps
    /// it from reading all attempts of the run instead of those of the delivery.
    fn condition(&self) -> String {
        let due = if self.early { "(due_at <= :now OR claimed_at IS NULL)" } else { "due_at <= :now" };
        format!(
            "webhook_id = :webhook AND status = 'pending' AND waits = 0 AND {due}
             AND NOT EXISTS (SELECT 1 FROM attempts WHERE delivery_id = deliveries.id AND +attempts.id > :newest)"
        )
    }
}

impl Store {
    /// Holds up to `limit` deliveries that are due, of each enabled webhook no more than `room` says. The
    /// webhooks take turns, beginning after `after`; the oldest deliveries of each come first.
    pub fn claim(
        &self,
        due: &Due,
        room: &dyn Fn(i64) -> usize,
        after: i64,
        limit: usize,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claim>> {
        // Looking takes no lock; only what was found is worth a write.
        let wanted = self.read(|tx| {
            let mut wanted = Vec::new();
            for webhook in candidates(tx, due, after)? {
                if room(webhook.id) > 0 && any_due(tx, due, webhook.id, now)? {
                    wanted.push(Arc::new(webhook));
                }
            }
            Ok(wanted)
        })?;
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.write(|tx| {
            let mut claims = Vec::new();
            for webhook in wanted {
                let most = room(webhook.id).min(limit.saturating_sub(claims.len()));
                if most > 0 {
                    claims.extend(take(tx, due, &webhook, most, lease, now)?);
                }
            }
            Ok(claims)
        })
    }

    /// The id of the attempt that was recorded last; 0 where there is none.
    pub fn newest_attempt(&self) -> Result<i64> {
        self.read(|tx| Ok(tx.query_row("SELECT coalesce(max(id), 0) FROM attempts", [], |row| row.get(0))?))
    }

    /// Holds these deliveries for another round of attempts, whatever became of them. Where another worker
    /// holds one of them at this moment, all of them are `Refused`.
    pub fn take_again(&self, ids: &[i64], lease: Lease, now: Timestamp) -> Result<Vec<Claim>> {
        self.write(|tx| {
            let webhooks: HashMap<i64, Arc<Webhook>> =
                webhooks::live(tx)?.into_iter().map(|webhook| (webhook.id, Arc::new(webhook))).collect();
            let mut claims = Vec::new();
            for id in ids {
                let webhook: i64 = tx
                    .prepare_cached("SELECT webhook_id FROM deliveries WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))?;
                let Some(webhook) = webhooks.get(&webhook) else { continue };
                let lease_until = lease.until(webhook, ids.len().div_ceil(lease.at_once), now);
                let fence = tx
                    .prepare_cached(
                        "UPDATE deliveries
                         SET status = 'pending', fence = fence + 1, claimed_at = ?2, due_at = ?3,
                             attempts_before = attempts
                         WHERE id = ?1 AND (claimed_at IS NULL OR due_at <= ?2)
                         RETURNING fence",
                    )?
                    .query_row(params![id, column::millis(now), column::millis(lease_until)], |row| {
                        row.get(0)
                    })
                    .optional()?;
                let Some(fence) = fence else { return Err(being_sent(*id).into()) };
                if let Some(event) = events::of_delivery(tx, *id)? {
                    let (webhook, event) = (Arc::clone(webhook), Arc::new(event));
                    claims.push(Claim { delivery: *id, fence, attempt: 1, lease_until, webhook, event });
                }
            }
            Ok(claims)
        })
    }

    /// Gives back what is held and was not sent: it is due at once.
    pub fn release(&self, claims: &[Claim], now: Timestamp) -> Result<()> {
        if claims.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut statement = tx.prepare_cached(
                "UPDATE deliveries SET due_at = ?3, claimed_at = NULL
                 WHERE id = ?1 AND fence = ?2 AND status = 'pending'",
            )?;
            for claim in claims {
                statement.execute(params![claim.delivery, claim.fence, column::millis(now)])?;
            }
            Ok(())
        })
    }
}

fn being_sent(id: i64) -> Error {
    let report = Report::new(format!("delivery {id} cannot be sent again: it is being sent at this moment"));
    Error::Refused(report.hint(format!("`ptw-hooks inspect {id}` shows how that ends")))
}

/// The webhooks that may be sent to, those after `after` first.
fn candidates(tx: &Transaction, due: &Due, after: i64) -> rusqlite::Result<Vec<Webhook>> {
    let mut webhooks = webhooks::live(tx)?;
    webhooks.retain(|webhook| {
        webhook.enabled && webhook.paused_at.is_none() && due.webhook.is_none_or(|only| only == webhook.id)
    });
    webhooks.sort_by_key(|webhook| (webhook.id <= after, webhook.id));
    Ok(webhooks)
}

fn any_due(tx: &Transaction, due: &Due, webhook: i64, now: Timestamp) -> rusqlite::Result<bool> {
    tx.prepare_cached(&format!(
        "SELECT 1 FROM deliveries INDEXED BY deliveries_due WHERE {} LIMIT 1",
        due.condition()
    ))?
    .exists(named_params! {
        ":webhook": webhook,
        ":now": column::millis(now),
        ":newest": due.newest_attempt,
    })
}

fn take(
    tx: &Transaction,
    due: &Due,
    webhook: &Arc<Webhook>,
    most: usize,
    lease: Lease,
    now: Timestamp,
) -> rusqlite::Result<Vec<Claim>> {
    // A claim may wait for as long as one exchange takes before its own begins.
    let lease_until = lease.until(webhook, 2, now);
    let mut statement = tx.prepare_cached(&format!(
        "UPDATE deliveries SET fence = fence + 1, claimed_at = :now, due_at = :until
         WHERE id IN (SELECT id FROM deliveries INDEXED BY deliveries_due
                      WHERE {} ORDER BY due_at LIMIT :most)
         RETURNING id, fence, attempts - attempts_before",
        due.condition()
    ))?;
    let row = |row: &Row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, u32>(2)?));
    let mut held: Vec<(i64, i64, u32)> = statement
        .query_map(
            named_params! {
                ":webhook": webhook.id,
                ":now": column::millis(now),
                        ":newest": due.newest_attempt,
                ":until": column::millis(lease_until),
                ":most": i64::try_from(most).unwrap_or(i64::MAX),
            },
            row,
        )?
        .collect::<rusqlite::Result<_>>()?;
    // RETURNING has no order (https://www.sqlite.org/lang_returning.html, section 3).
    held.sort_unstable();
    let mut claims = Vec::with_capacity(held.len());
    for (delivery, fence, attempts) in held {
        if let Some(event) = events::of_delivery(tx, delivery)? {
            let (webhook, event) = (Arc::clone(webhook), Arc::new(event));
            claims.push(Claim { delivery, fence, attempt: attempts + 1, lease_until, webhook, event });
        }
    }
    Ok(claims)
}
