//! One lane: how many requests a receiver gets at once, and when the next one may go. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::delivery::Claim;

/// The most requests that are under way to one webhook at once.
pub const WIDEST: usize = 32;
/// A receiver that answers at once is kept busy by so many; more would only wait for each other on this side.
const QUICK: usize = 8;
/// For each so much that an answer takes, one more request may be under way.
const SLOWER: Duration = Duration::from_micros(500);
/// By so much a request may be late and the next one not be late with it: threads wake when the system likes.
const LATE: Duration = Duration::from_millis(20);

/// A claim in its lane.
#[derive(Debug)]
pub struct Waiting {
    pub claim: Claim,
    /// Not to be sent before then; `None` where the webhook has no rate.
    pub turn: Option<Instant>,
}

/// What waits for one webhook, and how its receiver fares.
#[derive(Debug)]
pub struct Lane {
    pub waiting: VecDeque<Waiting>,
    pub under_way: usize,
    /// How many requests may be under way: halved by each timeout, one more with every answer.
    pub width: usize,
    /// How long an exchange takes, as of late.
    pub took: Duration,
    pub failed_in_a_row: u32,
    /// With a rate: from when the interval to the next request counts.
    paced: Option<Instant>,
}

impl Lane {
    /// Before when the first one is not to be sent; `None` where the webhook has no rate. Turns that have passed
    /// while the receiver was busy are not made up for all at once.
    pub fn turn(&self) -> Option<Instant> {
        let first = self.waiting.front()?;
        let spaced = self.paced.zip(first.claim.webhook.rate).map(|(paced, rate)| paced + rate.interval());
        first.turn.map(|turn| spaced.map_or(turn, |spaced| turn.max(spaced)))
    }

    /// Notes that the first one is sent now.
    pub fn pace(&mut self, now: Instant) {
        if let Some(turn) = self.turn() {
            self.paced = Some(now.checked_sub(LATE).map_or(turn, |earliest| turn.max(earliest)));
        }
    }

    /// How many requests may be under way at the moment.
    pub fn limit(&self) -> usize {
        let useful = usize::try_from(self.took.as_micros() / SLOWER.as_micros()).unwrap_or(WIDEST);
        self.width.min(useful.max(QUICK))
    }
}

impl Default for Lane {
    fn default() -> Self {
        // A receiver that nothing is known of may be a slow one.
        let took = Duration::from_millis(100);
        let width = WIDEST / 2;
        Self { waiting: VecDeque::new(), under_way: 0, width, took, failed_in_a_row: 0, paced: None }
    }
}
