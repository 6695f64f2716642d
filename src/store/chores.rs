//! The table `chores`: when something that has to be done now and then was done last, by whichever process.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::params;

use super::{Store, column};
use crate::error::Result;

impl Store {
    /// Whether a chore is due because nobody has done it for `every`. Then it counts as done, so that nobody
    /// else begins it. A time that is still to come is one of a clock that was ahead, and counts for nothing.
    pub fn take_turn(&self, chore: &str, every: Duration, now: Timestamp) -> Result<bool> {
        let now = column::millis(now);
        let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        let recent = "done_at > ?2 - ?3 AND done_at <= ?2";
        // Looking takes no lock, and mostly there is nothing to do.
        let done = format!("SELECT 1 FROM chores WHERE name = ?1 AND {recent}");
        if self.read(|tx| Ok(tx.prepare_cached(&done)?.exists(params![chore, now, every])?))? {
            return Ok(false);
        }
        let take = format!(
            "INSERT INTO chores (name, done_at) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET done_at = excluded.done_at WHERE NOT ({recent})"
        );
        self.write(|tx| Ok(tx.prepare_cached(&take)?.execute(params![chore, now, every])? > 0))
    }

    /// Makes a chore due again: it was begun and not finished.
    pub fn return_turn(&self, chore: &str) -> Result<()> {
        self.write(|tx| {
            tx.execute("DELETE FROM chores WHERE name = ?1", [chore])?;
            Ok(())
        })
    }
}
