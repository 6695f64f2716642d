//! The last attempts that were read. SQLite gives the ids of the newest ones again once these were pruned, so a place
//! in the table `attempts` is not an id but what stood there: an attempt is known by its id and its delivery, because
//! the ids of deliveries are never given twice and an attempt goes only together with its delivery.

use std::collections::VecDeque;

use rusqlite::{OptionalExtension, Transaction, params};

/// So many are remembered: more than can be pruned between two looks, as a rule.
const MOST: usize = 4096;

/// The last attempts that were read, by id and delivery, without a gap but those of the table itself.
#[derive(Debug, Clone)]
pub struct Tail {
    known: VecDeque<(i64, i64)>,
    /// Whether no attempt stands before the first of them.
    whole: bool,
}

impl Tail {
    /// The end of the table as it is.
    pub fn of(tx: &Transaction) -> rusqlite::Result<Self> {
        let mut tail = Self { known: VecDeque::new(), whole: false };
        tail.fill(tx, i64::MAX)?;
        Ok(tail)
    }

    /// The id of the last one that was read; 0 where there is none.
    pub fn last(&self) -> i64 {
        self.known.back().map_or(0, |(id, _)| *id)
    }

    /// Goes back to the last one that is still there: a new attempt always gets a higher id than all that are there, so
    /// what stands behind it is new. Says `false` where none is there any more of those that are remembered, and others
    /// were before them: then the place is the end of the table.
    pub fn rewind(&mut self, tx: &Transaction) -> rusqlite::Result<bool> {
        let mut find = tx.prepare_cached("SELECT delivery_id FROM attempts WHERE id = ?1")?;
        while let Some((id, delivery)) = self.known.back() {
            let found: Option<i64> = find.query_row([id], |row| row.get(0)).optional()?;
            if found == Some(*delivery) {
                break;
            }
            self.known.pop_back();
        }
        match self.known.front() {
            Some((first, _)) => {
                // What stands before one that was read was read as well.
                let first = *first;
                if !self.whole && self.known.len() < MOST / 2 {
                    self.fill(tx, first)?;
                }
                Ok(true)
            }
            None if self.whole => Ok(true),
            None => {
                self.fill(tx, i64::MAX)?;
                Ok(false)
            }
        }
    }

    /// Goes on over up to `most` attempts, and says over how many.
    pub fn extend(&mut self, tx: &Transaction, most: u32) -> rusqlite::Result<u32> {
        let mut statement = tx.prepare_cached(
            "SELECT id, delivery_id FROM attempts NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let mut rows = statement.query(params![self.last(), most])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            self.known.push_back((row.get(0)?, row.get(1)?));
            count += 1;
        }
        while self.known.len() > MOST {
            self.known.pop_front();
            self.whole = false;
        }
        Ok(count)
    }

    /// Remembers what stands before an id.
    fn fill(&mut self, tx: &Transaction, before: i64) -> rusqlite::Result<()> {
        let room = MOST - self.known.len();
        let mut statement = tx.prepare_cached(
            "SELECT id, delivery_id FROM attempts NOT INDEXED WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![before, i64::try_from(room).unwrap_or(i64::MAX)])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            self.known.push_front((row.get(0)?, row.get(1)?));
            count += 1;
        }
        self.whole = count < room;
        Ok(())
    }
}
