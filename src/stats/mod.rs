//! How the deliveries of a webhook fared over a time: counts, rates, percentiles, and what went wrong most. Pure.

mod gathering;
mod histogram;

use std::time::Duration;

use jiff::Timestamp;

use crate::delivery::OutcomeKind;

pub use gathering::{Gathering, Sample};
pub use histogram::Histogram;

/// The time is shown in so many parts.
pub const PARTS: usize = 24;
/// So many errors are named.
pub const TOP_ERRORS: usize = 3;

/// The time over which deliveries are looked at: those that were accepted in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub since: Timestamp,
    /// Its end: now.
    pub until: Timestamp,
}

impl Window {
    /// The length of each of its parts in milliseconds, at least one; the last has what is left over.
    pub fn step(&self) -> i64 {
        let length = self.until.as_millisecond().saturating_sub(self.since.as_millisecond());
        (length / i64::try_from(PARTS).unwrap_or(1)).max(1)
    }

    /// In which of its parts a moment lies; what is outside belongs to the nearest one.
    fn part(&self, at: Timestamp) -> usize {
        let after = at.as_millisecond().saturating_sub(self.since.as_millisecond());
        usize::try_from(after / self.step()).unwrap_or_default().min(PARTS - 1)
    }
}

/// Half, 95 and 99 of a hundred took no longer than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// The median.
    pub p50: Duration,
    /// 95 of a hundred.
    pub p95: Duration,
    /// 99 of a hundred.
    pub p99: Duration,
}

/// An error that attempts ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCount {
    /// How they ended.
    pub kind: OutcomeKind,
    /// The error.
    pub error: String,
    /// How many did.
    pub count: u64,
    /// When the last of them began.
    pub last_at: Timestamp,
}

/// What was accepted in a part of the time, and where that stands now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// How many deliveries.
    pub accepted: u64,
    /// Those of them that were delivered.
    pub delivered: u64,
    /// Those of them that were given up.
    pub failed: u64,
}

/// How the deliveries of a webhook fared that were accepted within a time.
#[derive(Debug, Clone)]
pub struct Stats {
    /// The webhook's id.
    pub webhook: i64,
    /// Its name.
    pub webhook_name: String,
    /// The time.
    pub window: Window,
    /// What was accepted in each part of it.
    pub parts: [Part; PARTS],
    /// How many deliveries were accepted.
    pub accepted: u64,
    /// How many of them were delivered.
    pub delivered: u64,
    /// How many of them were given up.
    pub failed: u64,
    /// How many of them are still owed.
    pub pending: u64,
    /// How many of them were delivered by their first attempt.
    pub at_first: u64,
    /// How many attempts were made for them.
    pub attempts: u64,
    /// For how many of them an attempt was made.
    pub attempted: u64,
    /// From acceptance to the end of the answer, of those that were delivered, waits between attempts included.
    pub delivery_time: Option<Percentiles>,
    /// The same, as counts by the upper bounds of what they took; the last one has none.
    pub delivery_times: Vec<(Option<Duration>, u64)>,
    /// The request alone, of the attempts that delivered them.
    pub attempt_time: Option<Percentiles>,
    /// How many attempts ended so; in the order of [`OutcomeKind::ALL`].
    pub outcomes: [u64; OutcomeKind::ALL.len()],
    /// What attempts ended with most often, the most frequent first.
    pub errors: Vec<ErrorCount>,
    /// When something was delivered last, also before that time; not looked for further back than
    /// [`LOOK_BACK`] deliveries.
    pub last_success: Option<Timestamp>,
    /// When the oldest delivery was accepted that is still owed, whenever that was.
    pub oldest_pending: Option<Timestamp>,
}

/// The last success is looked for among so many deliveries before the time.
pub const LOOK_BACK: u32 = 10_000;

#[expect(clippy::cast_precision_loss, reason = "a rate has no more digits than that")]
impl Stats {
    /// Of those that are settled, the part that was delivered.
    pub fn success_rate(&self) -> Option<f64> {
        let settled = self.delivered + self.failed;
        (settled > 0).then(|| self.delivered as f64 / settled as f64)
    }

    /// Of those that are settled, the part that was delivered by the first attempt.
    pub fn first_attempt_rate(&self) -> Option<f64> {
        let settled = self.delivered + self.failed;
        (settled > 0).then(|| self.at_first as f64 / settled as f64)
    }

    /// How many attempts a delivery took, of those for which one was made.
    pub fn attempts_per_delivery(&self) -> Option<f64> {
        (self.attempted > 0).then(|| self.attempts as f64 / self.attempted as f64)
    }
}
