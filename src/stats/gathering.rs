//! Delivery after delivery to figures, in memory that does not grow with their number. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::{ErrorCount, Histogram, PARTS, Part, Stats, TOP_ERRORS, Window};
use crate::delivery::{OutcomeKind, Status};

/// What counts of a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the last of them began, and how long it took.
    pub last: Option<(Timestamp, Duration)>,
}

impl Sample {
    /// When the last attempt ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.last.and_then(|(at, took)| at.checked_add(took).ok())
    }
}

/// The figures so far.
#[derive(Debug, Clone)]
pub struct Gathering {
    stats: Stats,
    delivery_times: Histogram,
    attempt_times: Histogram,
}

impl Gathering {
    /// No figures yet, of this webhook over this time.
    pub fn new(webhook: i64, webhook_name: String, window: Window) -> Self {
        let stats = Stats {
            webhook,
            webhook_name,
            window,
            parts: [Part::default(); PARTS],
            accepted: 0,
            delivered: 0,
            failed: 0,
            pending: 0,
            at_first: 0,
            attempts: 0,
            attempted: 0,
            delivery_time: None,
            delivery_times: Vec::new(),
            attempt_time: None,
            outcomes: [0; OutcomeKind::ALL.len()],
            errors: Vec::new(),
            last_success: None,
            oldest_pending: None,
        };
        Self { stats, delivery_times: Histogram::default(), attempt_times: Histogram::default() }
    }

    /// Counts a delivery. Attempts that did not deliver it at once are counted by [`Self::attempts`].
    pub fn delivery(&mut self, sample: &Sample) {
        let stats = &mut self.stats;
        let part = &mut stats.parts[stats.window.part(sample.accepted_at)];
        stats.accepted += 1;
        part.accepted += 1;
        stats.attempts += u64::from(sample.attempts);
        stats.attempted += u64::from(sample.attempts > 0);
        match sample.status {
            Status::Pending => stats.pending += 1,
            Status::Failed => {
                stats.failed += 1;
                part.failed += 1;
            }
            Status::Success => {
                stats.delivered += 1;
                part.delivered += 1;
                if sample.attempts == 1 {
                    stats.at_first += 1;
                    stats.outcomes[place(OutcomeKind::Delivered)] += 1;
                }
                if let (Some(ended), Some((_, took))) = (sample.ended_at(), sample.last) {
                    // A clock that was set back in between is no negative duration.
                    let time = Duration::try_from(ended.duration_since(sample.accepted_at));
                    self.delivery_times.add(time.unwrap_or_default());
                    self.attempt_times.add(took);
                    stats.last_success = stats.last_success.max(Some(ended));
                }
            }
        }
    }

    /// Counts attempts that ended alike, beside those that delivered something at once.
    pub fn attempts(&mut self, ended: ErrorCount) {
        self.stats.outcomes[place(ended.kind)] += ended.count;
        if ended.kind != OutcomeKind::Delivered {
            let errors = &mut self.stats.errors;
            let before =
                errors.partition_point(|error| (error.count, error.last_at) >= (ended.count, ended.last_at));
            errors.insert(before, ended);
            errors.truncate(TOP_ERRORS);
        }
    }

    /// Whether it is still to be found when something was delivered last.
    pub fn lacks_success(&self) -> bool {
        self.stats.last_success.is_none()
    }

    /// The figures, with what does not follow from the deliveries of the time.
    pub fn finish(self, last_success: Option<Timestamp>, oldest_pending: Option<Timestamp>) -> Stats {
        Stats {
            delivery_time: self.delivery_times.percentiles(),
            delivery_times: self.delivery_times.ranges(),
            attempt_time: self.attempt_times.percentiles(),
            last_success: self.stats.last_success.or(last_success),
            oldest_pending,
            ..self.stats
        }
    }
}

fn place(kind: OutcomeKind) -> usize {
    OutcomeKind::ALL.iter().position(|other| *other == kind).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn figures_are_of_what_they_say() {
        let mut gathering = Gathering::new(1, "ERP".into(), Window { since: at(0), until: at(2400) });
        let took = Duration::from_millis(10);
        let mut add = |second, status, attempts, last: Option<i64>| {
            let last = last.map(|second| (at(second), took));
            gathering.delivery(&Sample { accepted_at: at(second), status, attempts, last });
        };
        add(0, Status::Success, 1, Some(0));
        add(99, Status::Success, 3, Some(150));
        add(100, Status::Failed, 2, Some(200));
        add(2399, Status::Pending, 1, Some(2399));
        // Accepted while it is counted, and one that a clock has put before its acceptance.
        add(2500, Status::Pending, 0, None);
        add(2300, Status::Success, 1, Some(2200));
        for (error, count) in [("a", 1), ("b", 3), ("c", 2), ("d", 2)] {
            gathering.attempts(ErrorCount {
                kind: OutcomeKind::Connect,
                error: error.into(),
                count,
                last_at: at(count.cast_signed()),
            });
        }
        assert!(!gathering.lacks_success());
        let stats = gathering.finish(Some(at(9999)), Some(at(5)));
        assert_eq!((stats.accepted, stats.delivered, stats.failed, stats.pending), (6, 3, 1, 2));
        assert_eq!((stats.at_first, stats.attempts, stats.attempted), (2, 8, 5));
        assert_eq!((stats.success_rate(), stats.first_attempt_rate()), (Some(0.75), Some(0.5)));
        assert_eq!(stats.attempts_per_delivery(), Some(1.6));
        assert_eq!(stats.delivery_time.unwrap().p99, Duration::from_millis(51_010));
        assert_eq!(stats.attempt_time.unwrap().p50, took);
        assert_eq!([0, 1, 22, 23].map(|part: usize| stats.parts[part].accepted), [2, 1, 0, 3]);
        assert_eq!(stats.parts[1], Part { accepted: 1, delivered: 0, failed: 1 });
        let errors: Vec<_> = stats.errors.iter().map(|error| error.error.as_str()).collect();
        assert_eq!(errors, ["b", "c", "d"]);
        assert_eq!((stats.outcomes[0], stats.outcomes.iter().sum()), (2, 10));
        assert_eq!(stats.last_success, at(2200).checked_add(took).ok());
        let none = Gathering::new(1, String::new(), Window { since: at(9), until: at(0) }).finish(None, None);
        assert_eq!(
            (none.success_rate(), none.delivery_time, none.attempts_per_delivery()),
            (None, None, None)
        );
    }
}
