//! The verb that looks after the health of the file: check.

use jiff::Timestamp;

use super::Hooks;
use crate::error::Result;
use crate::upkeep::{Check, judge};

impl Hooks {
    /// Looks for everything that can be wrong in the file, and changes nothing.
    ///
    /// # Errors
    /// `Storage` where the file cannot be read at all.
    pub fn check(&self) -> Result<Vec<Check>> {
        let now = Timestamp::now();
        Ok(judge(&self.store.check(&self.schedule, now)?, now))
    }
}
