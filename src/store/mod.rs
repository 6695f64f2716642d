//! The only SQL: opens the database file and offers what the verbs need of it in domain types. It knows no
//! rule of the product; nothing of rusqlite leaves it.

mod acceptance;
mod attempts;
mod backlog;
mod backup;
mod changes;
mod check;
mod chores;
mod claims;
mod column;
mod deliveries;
mod events;
mod evidence;
mod fault;
mod follow;
mod health;
mod hold;
mod incidents;
mod interrupt;
mod lines;
mod log;
mod look;
mod open;
mod place;
mod prune;
mod replays;
mod rotations;
mod space;
mod stats;
mod suppressions;
mod tokens;
mod turns;
mod webhooks;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::cell::Cell;
use std::path::{Path, PathBuf};

use crate::error::Result;
use fault::Fault;

pub use acceptance::{Accepted, Owed};
pub use backlog::Backlog;
pub use changes::Deletion;
pub use claims::{Due, Survey};
pub use deliveries::{Finished, webhook_deleted};
pub use events::Traced;
pub use follow::{News, Place};
pub use hold::{Grants, Hold, LONGEST_TURN, Lease};
pub use open::Presence;
pub use place::{FileId, file_id, place};
pub use replays::Missed;
pub use rotations::Led;
pub use webhooks::WebhookFilter;

/// The database file. Several processes may hold it open at once; within one, writes take turns.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    // One connection for all writes of the process: SQLite's own waiting starves writers that compete. The lock is
    // a fair one: a dispatcher that writes without a pause lets others in between.
    connection: Mutex<Connection>,
    // For reading beside the writer; without any, reads take turns with writes.
    readers: Vec<Mutex<Connection>>,
}

impl Store {
    /// Opens the file at `path`, and brings it to the current schema.
    ///
    /// # Errors
    /// `NotFound` where it does not exist and `presence` demands that it does; `Storage` where it is not
    /// ours, corrupt, from a newer version, or cannot be read and written. Nothing is changed then.
    pub fn open(path: &Path, presence: Presence) -> Result<Self> {
        let connection = open::open(path, presence)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection), readers: Vec::new() })
    }

    /// As [`Self::open`], with so many connections more that read while something is written: for a process that
    /// does many things at once.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_shared(path: &Path, presence: Presence, readers: usize) -> Result<Self> {
        let mut store = Self::open(path, presence)?;
        let readers = (0..readers).map(|_| Ok(Mutex::new(look::open_beside(path)?)));
        store.readers = readers.collect::<Result<_>>()?;
        Ok(store)
    }

    /// Opens the file at `path` as it is, to look at it and change nothing.
    ///
    /// # Errors
    /// As [`Self::open`] with a file that has to be there, and `Storage` where it is from an older version.
    pub fn open_to_look(path: &Path) -> Result<Self> {
        let connection = look::open_to_look(path)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection), readers: Vec::new() })
    }

    /// Opens the file at `path` as it is, to read a few rows and make no file beside it.
    ///
    /// # Errors
    /// As [`Self::open_to_look`], and `Unavailable` where another process holds it.
    pub fn open_for_a_glance(path: &Path) -> Result<Self> {
        let connection = look::open_for_a_glance(path)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection), readers: Vec::new() })
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in one transaction: all of it is on the disk when this returns, or none of it. What belongs
    /// together costs one fsync that way.
    pub fn together<T>(&self, work: impl FnOnce(&Round) -> Result<T>) -> Result<T> {
        let erased = Cell::new(false);
        let done =
            self.write(|tx| work(&Round { tx, path: &self.path, erased: &erased }).map_err(Fault::Rule))?;
        if erased.get() {
            self.forget();
        }
        Ok(done)
    }

    /// Runs `work` on a consistent view.
    fn read<T>(&self, work: impl FnOnce(&Transaction) -> std::result::Result<T, Fault>) -> Result<T> {
        let free = self.readers.iter().find_map(Mutex::try_lock);
        let next = || self.readers.first().unwrap_or(&self.connection).lock();
        self.within(free.unwrap_or_else(next), TransactionBehavior::Deferred, work)
    }

    /// Runs `work` in one transaction: all of it is on the disk when this returns, or none of it. Whoever writes
    /// erases what is to be erased by then.
    fn write<T>(&self, work: impl FnOnce(&Transaction) -> std::result::Result<T, Fault>) -> Result<T> {
        let mut erased = false;
        let done = self.within(self.connection.lock(), TransactionBehavior::Immediate, |tx| {
            erased = rotations::erase_ended(tx)?;
            work(tx)
        });
        if erased && done.is_ok() {
            self.forget();
        }
        done
    }

    /// Cuts the write-ahead log, in which what was just erased still stands. Where somebody reads at this moment, it
    /// stays until the log is written over.
    fn forget(&self) {
        // The transaction is on the disk: nothing of what it did depends on this.
        let _ = self.cut_log();
    }

    /// Runs `work` outside a transaction: for what SQLite does in one of its own, or not at all.
    fn alone<T>(&self, work: impl FnOnce(&mut Connection) -> std::result::Result<T, Fault>) -> Result<T> {
        work(&mut self.connection.lock()).map_err(|fault| fault.into_error(&self.path))
    }

    fn within<T>(
        &self,
        mut connection: MutexGuard<Connection>,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        // A panic elsewhere left no transaction open: rusqlite rolls back on drop.
        let run = || -> std::result::Result<T, Fault> {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|fault| fault.into_error(&self.path))
    }
}

/// A transaction that accepts, claims and records, or defines webhooks; it is over when [`Store::together`] returns.
pub struct Round<'a> {
    tx: &'a Transaction<'a>,
    path: &'a Path,
    /// Whether a secret was erased.
    erased: &'a Cell<bool>,
}

impl Round<'_> {
    fn run<T>(&self, work: impl FnOnce(&Transaction) -> std::result::Result<T, Fault>) -> Result<T> {
        work(self.tx).map_err(|fault| fault.into_error(self.path))
    }
}
