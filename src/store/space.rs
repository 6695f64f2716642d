//! The space that the file takes: giving back what is free within it, and cutting the write-ahead log.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::interrupt::interruptible;
use super::{Store, column, open};
use crate::error::Result;

/// A step gives back this many pages: of 4 KiB, a MiB.
const STEP: u32 = 256;
/// How often the log is tried to be cut, where a reader is in the way.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

impl Store {
    /// Makes the file smaller by some of what is free within it and says by how many bytes: 0 where nothing
    /// is left, and where the file was made without the means for it. The system has them when the log has
    /// been written into the file.
    pub fn give_back(&self) -> Result<u64> {
        let possible =
            self.read(|tx| Ok(number(tx, "auto_vacuum")? != 0 && number(tx, "freelist_count")? > 0))?;
        if !possible {
            return Ok(0);
        }
        self.write(|tx| {
            let before = number(tx, "page_count")?;
            // A page for each row that it is asked for; `execute` would ask once.
            let mut statement = tx.prepare(&format!("PRAGMA incremental_vacuum({STEP})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            let after = number(tx, "page_count")?;
            Ok(before.saturating_sub(after) * number(tx, "page_size")?)
        })
    }

    /// How many bytes are free within the file.
    pub fn free(&self) -> Result<u64> {
        self.read(|tx| Ok(number(tx, "freelist_count")? * number(tx, "page_size")?))
    }

    /// Writes the whole file anew, without what is free within it, and says by how many bytes it is smaller;
    /// `None` where `stop` ended it, which changes nothing. Nobody else can write meanwhile.
    pub fn vacuum(&self, stop: &AtomicBool) -> Result<Option<u64>> {
        self.alone(|connection| {
            let before = number(connection, "page_count")?;
            // For files that were made before it was the rule. It comes into force with the next line.
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
            let ended = interruptible(connection, stop, || connection.execute_batch("VACUUM"))?;
            let after = number(connection, "page_count")?;
            let page = number(connection, "page_size")?;
            Ok(ended.map(|()| before.saturating_sub(after) * page))
        })
    }

    /// Writes the log into the file, which cuts both to their size, if nobody is reading at this moment. Where
    /// somebody is, it is left to whoever closes the file last.
    pub fn cut_log(&self) -> Result<()> {
        self.alone(|connection| {
            // Others cannot write while this waits for a reader: it asks, and does not wait.
            connection.busy_timeout(Duration::ZERO)?;
            let mut done = Ok(false);
            for _ in 0..TRIES {
                done = connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(!row.get::<_, bool>(0)?));
                match &done {
                    Ok(true) => break,
                    Err(error) if !open::is_busy(error) => break,
                    _ => thread::sleep(BETWEEN_TRIES),
                }
            }
            open::wait_for_others(connection)?;
            match done {
                Err(error) if !open::is_busy(&error) => Err(error.into()),
                _ => Ok(()),
            }
        })
    }
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    connection.query_row(&format!("PRAGMA {pragma}"), [], |row| column::count(row, 0))
}
