//! The columns of `webhooks` that hold a rotation: which secret leads, and erasing what an overlap leaves behind.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};

use super::{Store, changes, column};
use crate::error::Result;
use crate::signature::Secret;
use crate::webhook::{Actor, Deed, Generation, Rotation};

/// Which overlaps are over; the index has nothing but what is being rotated.
const ENDED: &str = "FROM webhooks WHERE rotation_until <= unixepoch('subsec') * 1000";

/// The other secret of a rotation was accepted where the leading one was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Led {
    /// By [`Rotation::id`].
    pub rotation: i64,
    /// Which one leads from now on.
    pub leads: Generation,
}

impl Store {
    /// Lets the other secret of a rotation lead; nothing happens where another one is under way by now, or none.
    pub fn lead(&self, webhook: i64, led: Led, now: Timestamp) -> Result<()> {
        self.write(|tx| Ok(lead(tx, webhook, led, now)?))
    }
}

/// Lets the other secret lead; nothing happens where another rotation is under way by now, or none.
pub(super) fn lead(tx: &Transaction, webhook: i64, led: Led, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE webhooks
         SET rotation_leads = ?3,
             rotation_accepted_at = coalesce(rotation_accepted_at, iif(?3 = 'new', ?4, NULL))
         WHERE id = ?1 AND rotation_id = ?2 AND rotation_until > ?4 AND rotation_leads <> ?3",
    )?
    .execute(params![webhook, led.rotation, led.leads.name(), column::millis(now)])?;
    Ok(())
}

/// Erases the old secrets whose overlap is over, and notes that nobody else did; says whether there was one.
pub(super) fn erase_ended(tx: &Transaction) -> rusqlite::Result<bool> {
    let ended: Vec<i64> = tx
        .prepare_cached(&format!("SELECT id {ENDED}"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &ended {
        // Whoever holds the webhook in memory sees by the time of its last change that it is another one now.
        let until = tx
            .prepare_cached(
                "UPDATE webhooks
                 SET old_secret = NULL, rotation_id = NULL, rotation_leads = NULL, rotation_started_at = NULL,
                     rotation_until = NULL, rotation_accepted_at = NULL,
                     updated_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
                 WHERE id = ?1 RETURNING updated_at",
            )?
            .query_row([id], |row| column::time(0, row.get(0)?))?;
        changes::note(tx, *id, until, &Actor::Program, (Deed::Rotated, vec!["rotation"]))?;
    }
    Ok(!ended.is_empty())
}

/// Whether there is something to erase.
pub(super) fn any_ended(tx: &Transaction) -> rusqlite::Result<bool> {
    tx.prepare_cached(&format!("SELECT 1 {ENDED}"))?.exists([])
}

/// The rotation in a row that has its six columns from `first` on; the old secret is NULL where there is none.
pub(super) fn from_row(row: &Row, first: usize) -> rusqlite::Result<Option<Rotation>> {
    let Some(old) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
    let leads: String = row.get(first + 2)?;
    Ok(Some(Rotation {
        old: Secret::unchecked(old),
        id: row.get(first + 1)?,
        leads: column::named(first + 2, &Generation::ALL, Generation::name, &leads)?,
        started_at: column::time(first + 3, row.get(first + 3)?)?,
        until: column::time(first + 4, row.get(first + 4)?)?,
        accepted_at: column::time_or_none(first + 5, row.get(first + 5)?)?,
    }))
}
