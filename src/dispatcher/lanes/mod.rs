//! What waits to be sent, a lane for each webhook, so that one that is slow holds up nobody else. Pure.

mod lane;

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::time::{Duration, Instant};

use crate::delivery::{Claim, OutcomeKind};
use lane::{Lane, WIDEST, Waiting};

/// So many threads serve only webhooks that nothing is under way to.
const RESERVED: usize = 16;
/// A lane takes as much as its receiver answers within this time: what waits longer is better left to others.
const SUPPLY: Duration = Duration::from_millis(500);
/// The most that waits in one lane.
const DEEPEST: usize = 2048;
/// As long as less than this waits in all lanes, more is wanted: it keeps the threads busy for some milliseconds.
const LOW: usize = 512;
/// What waits in all lanes has at most this many bytes, and at least one claim a lane.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// A webhook whose attempts have failed so often in a row gets no more in a run that ends.
const GIVE_UP_AFTER: u32 = 10;

/// The lanes of all webhooks.
#[derive(Debug, Default)]
pub struct Lanes {
    /// By the webhook's id.
    by_webhook: BTreeMap<i64, Lane>,
    /// The lane that was served last; the next one is served next.
    served: i64,
    waiting: usize,
    /// Those of the waiting ones that wait for a turn of their own.
    with_turn: usize,
    waiting_bytes: usize,
    under_way: usize,
    closed: bool,
}

impl Lanes {
    /// Puts claims that were made at `now` at the ends of their lanes.
    pub fn extend(&mut self, claims: Vec<Claim>, now: Instant) {
        for claim in claims {
            let turn = (!claim.turn.is_zero() || claim.webhook.rate.is_some()).then(|| now + claim.turn);
            self.waiting += 1;
            self.with_turn += usize::from(turn.is_some());
            self.waiting_bytes += claim.event.body.len();
            self.by_webhook.entry(claim.webhook.id).or_default().waiting.push_back(Waiting { claim, turn });
        }
    }

    /// Notes that these are no longer waiting.
    fn removed(&mut self, waiting: Vec<Waiting>) -> Vec<Claim> {
        self.waiting -= waiting.len();
        self.with_turn -= waiting.iter().filter(|one| one.turn.is_some()).count();
        self.waiting_bytes -= waiting.iter().map(|one| one.claim.event.body.len()).sum::<usize>();
        waiting.into_iter().map(|one| one.claim).collect()
    }

    /// The next claim to send: the lanes take turns, and those that are full, or whose turn is still to come,
    /// are passed over.
    pub fn take(&mut self, now: Instant) -> Option<Claim> {
        let after = self.by_webhook.range((Excluded(self.served), Unbounded));
        // The last threads are kept for lanes that have none: slow receivers must not take them all.
        let spare = self.under_way + RESERVED < super::THREADS;
        let open = |(_, lane): &(&i64, &Lane)| {
            !lane.waiting.is_empty()
                && lane.turn().is_none_or(|turn| turn <= now)
                && lane.under_way < lane.limit()
                && (spare || lane.under_way == 0)
        };
        let id = *after.chain(self.by_webhook.range(..=self.served)).find(open)?.0;
        let lane = self.by_webhook.get_mut(&id)?;
        lane.pace(now);
        let first = lane.waiting.pop_front()?;
        lane.under_way += 1;
        self.served = id;
        self.under_way += 1;
        self.waiting -= 1;
        self.with_turn -= usize::from(first.turn.is_some());
        self.waiting_bytes -= first.claim.event.body.len();
        Some(first.claim)
    }

    /// Notes that a request to this webhook has ended so, and how long it took; `None` where it was not made.
    /// Whether more threads than this one have something to send now.
    pub fn done(&mut self, webhook: i64, ended: Option<(OutcomeKind, Duration)>) -> bool {
        self.under_way -= 1;
        let Some(lane) = self.by_webhook.get_mut(&webhook) else { return false };
        lane.under_way -= 1;
        lane.failed_in_a_row = match ended {
            Some((OutcomeKind::Delivered, _)) => 0,
            Some(_) => lane.failed_in_a_row.saturating_add(1),
            None => lane.failed_in_a_row,
        };
        let before = lane.limit();
        lane.width = match ended {
            Some((OutcomeKind::Timeout, _)) => (lane.width / 2).max(1),
            Some(_) => (lane.width + 1).min(WIDEST),
            None => lane.width,
        };
        if let Some((_, took)) = ended {
            lane.took = (lane.took * 7 + took) / 8;
        }
        lane.limit() > before && !lane.waiting.is_empty()
    }

    /// How many deliveries are to be added to keep every thread busy for a while; none where enough waits.
    pub fn wanted(&self) -> usize {
        if self.waiting < LOW { 2 * LOW - self.waiting } else { 0 }
    }

    /// Whether anything waits for a thread alone.
    pub fn is_busy(&self) -> bool {
        self.waiting > self.with_turn
    }

    /// When the next lane has its turn: the past where a thread is to be woken for it now, `None` where none
    /// waits for one.
    pub fn next_turn(&self) -> Option<Instant> {
        if self.with_turn == 0 {
            return None;
        }
        let open = self.by_webhook.values().filter(|lane| lane.under_way < lane.limit());
        open.filter_map(Lane::turn).min()
    }

    /// How many more claims the lane of this webhook can use soon: as many as can be under way, and those that
    /// follow them soon where the receiver is quick.
    pub fn room(&self, webhook: i64) -> usize {
        let first = Lane::default();
        let lane = self.by_webhook.get(&webhook).unwrap_or(&first);
        let rounds = SUPPLY.as_micros() / lane.took.as_micros().max(1);
        let wanted = usize::try_from(rounds).unwrap_or(DEEPEST).saturating_mul(lane.limit());
        let wanted = wanted.clamp(lane.limit(), DEEPEST);
        let wanted = if self.waiting_bytes < MOST_BYTES { wanted } else { 1 };
        wanted.saturating_sub(lane.waiting.len() + lane.under_way)
    }

    /// Whether the attempts of this webhook keep failing.
    pub fn is_given_up(&self, webhook: i64) -> bool {
        self.by_webhook.get(&webhook).is_some_and(|lane| lane.failed_in_a_row >= GIVE_UP_AFTER)
    }

    /// Takes out what waits for webhooks whose attempts keep failing.
    pub fn drain_given_up(&mut self) -> Vec<Claim> {
        let failing = self.by_webhook.values_mut().filter(|lane| lane.failed_in_a_row >= GIVE_UP_AFTER);
        let out = failing.flat_map(|lane| lane.waiting.drain(..)).collect();
        self.removed(out)
    }

    /// Takes out what waits and is chosen.
    pub fn drain_where(&mut self, chosen: impl Fn(&Claim) -> bool) -> Vec<Claim> {
        let mut out = Vec::new();
        for lane in self.by_webhook.values_mut() {
            let (chosen, stay) = lane.waiting.drain(..).partition::<Vec<_>, _>(|one| chosen(&one.claim));
            lane.waiting.extend(stay);
            out.extend(chosen);
        }
        self.removed(out)
    }

    /// Whether nothing waits and nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.waiting == 0 && self.under_way == 0
    }

    /// Says that nothing will be sent any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether nothing will be sent any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes out everything that waits.
    pub fn drain(&mut self) -> Vec<Claim> {
        let out = self.by_webhook.values_mut().flat_map(|lane| lane.waiting.drain(..)).collect();
        self.removed(out)
    }
}

#[cfg(test)]
mod tests;
