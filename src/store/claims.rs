//! Claims: taking what is due for sending, so that nobody else sends it, and giving it back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, Transaction, named_params, params};

use super::{Grants, Lease, Round, Store, column, events, lines, rotations, turns, webhooks};
use crate::delivery::Claim;
use crate::error::Result;
use crate::webhook::Webhook;

/// Turns are taken this far ahead, so that a receiver with a high rate does not wait for the next claim.
const AHEAD: Duration = Duration::from_millis(500);
/// Who claimed something later than now, by more than these milliseconds, did so before the clock was set back.
/// Such a lease may not end for years; whoever asks for a delivery by name or for all that is pending need not
/// wait.
pub(super) const CLOCK_SET_BACK: i64 = 60_000;

/// Which deliveries to claim.
#[derive(Debug, Clone, Default)]
pub struct Due {
    /// Only those of this webhook.
    pub webhook: Option<i64>,
    /// Only these, by their ids.
    pub only: Option<Vec<i64>>,
    /// Also those whose time has not come.
    pub early: bool,
    /// Only those without an attempt after this one, so that one run makes one attempt for each. An id,
    /// because a clock may be set back.
    pub newest_attempt: i64,
}

impl Due {
    /// The rest of a query for what a claim takes: pending, first in its line, due or `early`, and not held by
    /// another worker. Several texts, because SQLite searches no index for a choice between them, and would
    /// read everything that is pending. The `+` keeps it from reading all attempts of the run instead of those
    /// of the delivery. Several of a line wait for nothing where they were held when the webhook became an ordered
    /// one, and the oldest of them goes first.
    fn query(&self) -> String {
        let due = if self.early {
            format!("(due_at <= :now OR claimed_at IS NULL OR claimed_at > :now + {CLOCK_SET_BACK})")
        } else {
            "due_at <= :now".to_owned()
        };
        let (from, chosen) = match self.only {
            Some(_) => ("deliveries", "id IN (SELECT value FROM json_each(:only)) AND"),
            None => ("deliveries INDEXED BY deliveries_due", ":only IS NULL AND"),
        };
        format!(
            "FROM {from}
             WHERE {chosen} webhook_id = :webhook AND status = 'pending' AND waits = 0 AND {due}
               AND (line IS NULL OR NOT EXISTS (
                   SELECT 1 FROM deliveries older INDEXED BY deliveries_line
                   WHERE older.webhook_id = deliveries.webhook_id AND older.line = deliveries.line
                     AND older.status = 'pending' AND older.waits = 0 AND older.id < deliveries.id))
               AND NOT EXISTS (SELECT 1 FROM attempts
                               WHERE delivery_id = deliveries.id AND +attempts.id > :newest)"
        )
    }

    fn only_json(&self) -> Option<String> {
        self.only.as_ref().map(|ids| serde_json::Value::from(ids.clone()).to_string())
    }
}

/// What can be sent, as far as a look at the file shows.
#[derive(Debug)]
pub struct Survey {
    /// How long it is until something can be claimed: nothing where it is at once, longer where a webhook with
    /// a rate has to wait for its turn, `None` where nothing is due.
    pub due_in: Option<Duration>,
    /// The webhooks that may be sent to, with when each was changed last.
    pub open: BTreeMap<i64, Timestamp>,
    /// Whether a secret is to be erased, which the next transaction does.
    pub to_erase: bool,
}

impl Store {
    /// Looks whether something can be claimed of the webhooks that have `room`. Other than [`Round::claim`] it
    /// takes no lock.
    pub fn survey(&self, due: &Due, room: &dyn Fn(i64) -> usize, now: Timestamp) -> Result<Survey> {
        self.read(|tx| {
            let mut due_in: Option<Duration> = None;
            let candidates = candidates(tx, due, 0)?;
            for webhook in &candidates {
                let sooner = due_in.is_none_or(|due_in| !due_in.is_zero());
                if sooner && room(webhook.id) > 0 && any_due(tx, due, webhook.id, now)? {
                    let turn = turns::next(tx, webhook, now)?.unwrap_or_default().saturating_sub(AHEAD);
                    due_in = Some(due_in.map_or(turn, |due_in| due_in.min(turn)));
                }
            }
            let open = candidates.iter().map(|webhook| (webhook.id, webhook.updated_at)).collect();
            Ok(Survey { due_in, open, to_erase: rotations::any_ended(tx)? })
        })
    }

    /// The id of the attempt that was recorded last; 0 where there is none.
    pub fn newest_attempt(&self) -> Result<i64> {
        self.read(|tx| Ok(tx.query_row("SELECT coalesce(max(id), 0) FROM attempts", [], |row| row.get(0))?))
    }
}

impl Round<'_> {
    /// Holds up to `limit` deliveries that are due, of each enabled webhook no more than are granted. The
    /// webhooks take turns, beginning after `after`; the oldest deliveries of each come first.
    pub fn claim(
        &self,
        due: &Due,
        grants: &mut Grants,
        after: i64,
        limit: usize,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claim>> {
        self.run(|tx| {
            let mut claims = Vec::new();
            for webhook in candidates(tx, due, after)? {
                let most = grants.left(webhook.id).min(limit.saturating_sub(claims.len()));
                if most > 0 {
                    let taken = take(tx, due, &Arc::new(webhook), most, lease, now)?;
                    if let Some(first) = taken.first() {
                        grants.hold(first.webhook.id, taken.len());
                    }
                    claims.extend(taken);
                }
            }
            Ok(claims)
        })
    }

    /// Gives back what is held and was not sent: it is due at once.
    pub fn release(&self, claims: &[Claim], now: Timestamp) -> Result<()> {
        self.run(|tx| {
            let mut statement = tx.prepare_cached(
                "UPDATE deliveries SET due_at = ?3, claimed_at = NULL
                 WHERE id = ?1 AND fence = ?2 AND status = 'pending'",
            )?;
            for claim in claims {
                if statement.execute(params![claim.delivery, claim.fence, column::millis(now)])? > 0 {
                    lines::rejoin(tx, claim.delivery)?;
                }
            }
            Ok(())
        })
    }
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
    tx.prepare_cached(&format!("SELECT 1 {} LIMIT 1", due.query()))?.exists(named_params! {
        ":webhook": webhook,
        ":now": column::millis(now),
        ":newest": due.newest_attempt,
        ":only": due.only_json(),
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
    let mut statement = tx.prepare_cached(&format!(
        "SELECT id, fence + 1, attempts - attempts_before + 1 {} ORDER BY due_at, id LIMIT :most",
        due.query()
    ))?;
    let row = |row: &Row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, u32>(2)?));
    let found: Vec<(i64, i64, u32)> = statement
        .query_map(
            named_params! {
                ":webhook": webhook.id,
                ":now": column::millis(now),
                ":newest": due.newest_attempt,
                ":only": due.only_json(),
                ":most": i64::try_from(most).unwrap_or(i64::MAX),
            },
            row,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let turns = turns::take(tx, webhook, found.len(), AHEAD, now)?;
    let turns = turns.unwrap_or_else(|| vec![Duration::ZERO; found.len()]);
    let mut hold =
        tx.prepare_cached("UPDATE deliveries SET fence = ?2, claimed_at = ?3, due_at = ?4 WHERE id = ?1")?;
    let mut claims = Vec::with_capacity(found.len());
    for ((delivery, fence, attempt), turn) in found.into_iter().zip(turns) {
        // A claim may wait for as long as one exchange takes before its own begins.
        let lease_until = lease.until(webhook, 2, turn, now);
        hold.execute(params![delivery, fence, column::millis(now), column::millis(lease_until)])?;
        if let Some(event) = events::of_delivery(tx, delivery)? {
            let (webhook, event) = (Arc::clone(webhook), Arc::new(event));
            claims.push(Claim { delivery, fence, attempt, lease_until, turn, webhook, event });
        }
    }
    Ok(claims)
}
