//! The verbs that keep a copy of the file and look after its health: backup, check.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use super::Hooks;
use crate::error::Result;
use crate::upkeep::{Check, judge};

impl Hooks {
    /// Writes a copy of the database as it is at one moment into a file, while others go on writing, and says
    /// how many bytes it has. The file is whole or not there; `None` where `stop` has ended it before.
    ///
    /// # Errors
    /// `Refused` where the file exists and is not to be replaced, and where it is the database itself;
    /// `Storage`.
    pub fn backup(&self, to: &Path, replace: bool, stop: &AtomicBool) -> Result<Option<u64>> {
        self.store.backup(to, replace, stop)
    }

    /// Looks for everything that can be wrong in the file, and changes nothing.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<Check>> {
        let now = Timestamp::now();
        Ok(judge(&self.store.check(&self.schedule, now)?, now))
    }
}
