//! What waits to be sent, a lane for each webhook, so that one that is slow holds up nobody else. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::time::{Duration, Instant};

use crate::delivery::{Claim, OutcomeKind};

/// The most requests that are under way to one webhook at once.
const WIDEST: usize = 32;
/// A receiver that answers at once is kept busy by so many; more would only wait for each other on this side.
const QUICK: usize = 8;
/// For each so much that an answer takes, one more request may be under way.
const SLOWER: Duration = Duration::from_micros(500);
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
/// By so much a request may be late and the next one not be late with it: threads wake when the system likes.
const LATE: Duration = Duration::from_millis(20);
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

/// A claim in its lane.
#[derive(Debug)]
struct Waiting {
    claim: Claim,
    /// Not to be sent before then; `None` where the webhook has no rate.
    turn: Option<Instant>,
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Waiting>,
    under_way: usize,
    /// How many requests may be under way: halved by each timeout, one more with every answer.
    width: usize,
    /// How long an exchange takes, as of late.
    took: Duration,
    failed_in_a_row: u32,
    /// With a rate: from when the interval to the next request counts.
    paced: Option<Instant>,
}

impl Lane {
    /// Before when the first one is not to be sent; `None` where the webhook has no rate. Turns that have passed
    /// while the receiver was busy are not made up for all at once.
    fn turn(&self) -> Option<Instant> {
        let first = self.waiting.front()?;
        let spaced = self.paced.zip(first.claim.webhook.rate).map(|(paced, rate)| paced + rate.interval());
        first.turn.map(|turn| spaced.map_or(turn, |spaced| turn.max(spaced)))
    }

    /// Notes that the first one is sent now.
    fn pace(&mut self, now: Instant) {
        if let Some(turn) = self.turn() {
            self.paced = Some(now.checked_sub(LATE).map_or(turn, |earliest| turn.max(earliest)));
        }
    }

    /// How many requests may be under way at the moment.
    fn limit(&self) -> usize {
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
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::event::{Event, Identity};
    use crate::signature::Secret;
    use crate::webhook::NewWebhook;

    fn claim(webhook: i64, delivery: i64) -> Claim {
        let now = Timestamp::UNIX_EPOCH;
        let new = NewWebhook {
            name: "x".into(),
            url: "http://127.0.0.1/".into(),
            secret: Secret::unchecked("s".into()),
            project: None,
            enabled: true,
            events: Vec::new(),
            timeout: None,
            headers: Vec::new(),
            schedule: None,
            rate: None,
            ordered: false,
        };
        let mut made = new.validate(now).unwrap();
        made.id = webhook;
        let event = Event::test(None, Identity { now, random: [0; 10] }).unwrap();
        Claim {
            delivery,
            fence: 1,
            attempt: 1,
            lease_until: Timestamp::MAX,
            turn: Duration::ZERO,
            webhook: Arc::new(made),
            event: Arc::new(event),
        }
    }

    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn what_has_a_turn_waits_for_it_and_holds_up_nobody() {
        let mut lanes = Lanes::default();
        let start = now();
        let later = |delivery, turn| Claim { turn, ..claim(1, delivery) };
        let turn = Duration::from_secs(3);
        lanes.extend(vec![later(10, turn), later(11, turn * 2), claim(2, 20)], start);
        assert_eq!(lanes.take(start).unwrap().delivery, 20);
        assert!(lanes.take(start).is_none() && !lanes.is_busy() && !lanes.is_idle());
        assert_eq!(lanes.next_turn(), Some(start + turn));
        assert_eq!(lanes.take(start + turn).unwrap().delivery, 10);
        assert!(lanes.take(start + turn).is_none());
        assert_eq!(lanes.drain().len(), 1);
        assert_eq!(lanes.next_turn(), None);
    }

    #[test]
    fn lanes_take_turns() {
        let mut lanes = Lanes::default();
        for (webhook, delivery) in [(1, 10), (1, 11), (1, 12), (2, 20), (3, 30)] {
            lanes.extend(vec![claim(webhook, delivery)], now());
        }
        let order: Vec<_> = std::iter::from_fn(|| lanes.take(now())).map(|claim| claim.delivery).collect();
        assert_eq!(order, [10, 20, 30, 11, 12]);
        assert!(!lanes.is_idle());
    }

    #[test]
    fn a_lane_that_times_out_ends_up_with_one_request_at_a_time_and_recovers() {
        let mut lanes = Lanes::default();
        for delivery in 0..200 {
            lanes.extend(vec![claim(1, delivery)], now());
        }
        let mut under_way = 0;
        while lanes.take(now()).is_some() {
            under_way += 1;
        }
        assert_eq!(under_way, WIDEST / 2);
        for _ in 0..under_way {
            lanes.done(1, Some((OutcomeKind::Timeout, Duration::from_secs(10))));
        }
        assert!(lanes.take(now()).is_some());
        assert!(lanes.take(now()).is_none(), "a dead receiver has one request at a time");
        for _ in 0..100 {
            lanes.done(1, Some((OutcomeKind::Delivered, Duration::from_millis(1))));
            lanes.take(now()).unwrap();
        }
        assert!(lanes.take(now()).is_some(), "a receiver that answers again gets more");
    }

    #[test]
    fn no_more_is_claimed_than_a_lane_can_use() {
        let mut lanes = Lanes::default();
        let unknown = lanes.room(1);
        assert!((WIDEST / 2..200).contains(&unknown), "{unknown}");
        lanes.extend((0..20).map(|delivery| claim(1, delivery)).collect(), now());
        assert_eq!(lanes.room(1), unknown - 20);
        let mut answer = |took| {
            for _ in 0..60 {
                lanes.extend(vec![claim(1, 1)], now());
                lanes.take(now()).unwrap();
                lanes.done(1, Some((OutcomeKind::Delivered, took)));
            }
            lanes.room(1) + 20
        };
        assert_eq!(answer(Duration::from_micros(500)), DEEPEST);
        assert_eq!(answer(Duration::from_secs(2)), WIDEST);
        assert_eq!(lanes.drain().len(), 20);
        assert!(lanes.is_idle());
    }
}
