//! Keeping the file in order, as values: how old something has to be, what was removed, what a check found
//! and what to do about it. Pure.

mod age;
mod check;
mod machine;

pub use age::Age;
pub use check::{AHEAD, Check, Found, OVERDUE, Rows, Verdict, judge};
pub use machine::{Examined, Place, disk, modes, tokens};

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Events.
    pub events: u64,
    /// Their deliveries.
    pub deliveries: u64,
    /// The attempts of those.
    pub attempts: u64,
    /// Records of events that were not turned into deliveries.
    pub suppressions: u64,
    /// Webhooks that were deleted before and have no log any more.
    pub webhooks: u64,
    /// Bytes that the file is smaller by.
    pub returned: u64,
    /// Bytes that are free within the file and were not returned.
    pub free: u64,
}

impl Pruned {
    /// Counts what a further step has removed.
    pub fn add(&mut self, step: Self) {
        self.events += step.events;
        self.deliveries += step.deliveries;
        self.attempts += step.attempts;
        self.suppressions += step.suppressions;
    }
}
