//! How much waits, and whether the file can be written: what a server says of itself.

use jiff::Timestamp;

use super::{Store, column};
use crate::error::Result;

/// What is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many deliveries.
    pub pending: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// What is pending. It takes milliseconds where a million is.
    pub fn backlog(&self) -> Result<Backlog> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT count(*), min(created_at) FROM deliveries INDEXED BY deliveries_by_status
                 WHERE status = 'pending'",
            )?;
            Ok(statement.query_row([], |row| {
                let oldest = column::time_or_none(1, row.get(1)?)?;
                Ok(Backlog { pending: column::count(row, 0)?, oldest })
            })?)
        })
    }

    /// When the oldest of what is pending was accepted.
    pub fn oldest_pending(&self) -> Result<Option<Timestamp>> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT min(created_at) FROM deliveries INDEXED BY deliveries_by_status WHERE status = 'pending'",
            )?;
            Ok(statement.query_row([], |row| column::time_or_none(0, row.get(0)?))?)
        })
    }

    /// Writes something that changes nothing, to see whether that works.
    pub fn try_writing(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO chores (name, done_at) VALUES ('probe', unixepoch())
                 ON CONFLICT (name) DO UPDATE SET done_at = excluded.done_at",
                [],
            )?;
            Ok(())
        })
    }
}
