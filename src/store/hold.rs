//! Who may send what was just accepted: the lease of whoever accepts it, and how much is held with it.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::webhook::Webhook;

/// How long a run that ends waits for the turn of a webhook with a rate.
pub const LONGEST_TURN: Duration = Duration::from_secs(10);

/// By this an emitter holds what it is about to send. Whatever is not recorded when the lease ends may be
/// claimed by another worker.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// What an exchange may take, where a webhook has no timeout of its own.
    pub timeout: Duration,
    /// How many requests are under way at once.
    pub at_once: usize,
}

impl Lease {
    /// What a lease lasts beyond the longest time that its requests may take.
    const MARGIN: Duration = Duration::from_secs(15);

    /// Until when `webhook` is held, if its request waits for others (all of them go out in so many rounds)
    /// and for its turn.
    pub(super) fn until(self, webhook: &Webhook, rounds: usize, turn: Duration, now: Timestamp) -> Timestamp {
        let timeout = webhook.timeout.unwrap_or(self.timeout);
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        let length = timeout.saturating_mul(rounds).saturating_add(Self::MARGIN).saturating_add(turn);
        let until = SignedDuration::try_from(length).ok().and_then(|length| now.checked_add(length).ok());
        until.unwrap_or(Timestamp::MAX)
    }
}

/// How many deliveries of each webhook a transaction may hold.
pub struct Grants<'a> {
    /// How many there is room for, by the webhook's id.
    room: &'a dyn Fn(i64) -> usize,
    /// How much of it is left. Asked for once a webhook: the answer may have to wait for the threads that send.
    left: HashMap<i64, usize>,
}

impl<'a> Grants<'a> {
    /// Grants for what there is room for.
    pub fn new(room: &'a dyn Fn(i64) -> usize) -> Self {
        Self { room, left: HashMap::new() }
    }

    /// How many more may be held.
    pub(super) fn left(&mut self, webhook: i64) -> usize {
        *self.left.entry(webhook).or_insert_with(|| (self.room)(webhook))
    }

    /// Notes that so many are held.
    pub(super) fn hold(&mut self, webhook: i64, count: usize) {
        let left = self.left(webhook).saturating_sub(count);
        self.left.insert(webhook, left);
    }
}

/// Which of the deliveries that are accepted are held for sending; the others are queued.
pub enum Hold<'g, 'r> {
    /// None.
    Nothing,
    /// The one of each webhook: an event on its own.
    All(Lease),
    /// As many as are granted.
    Granted(Lease, &'g mut Grants<'r>),
}

impl Hold<'_, '_> {
    /// The lease for a delivery to `webhook`, if it may be held, and in how many rounds what is held goes out.
    pub(super) fn lease(&mut self, webhook: &Webhook, webhooks: usize) -> Option<(Lease, usize)> {
        match self {
            Self::Nothing => None,
            Self::All(lease) => Some((*lease, webhooks.div_ceil(lease.at_once.max(1)))),
            Self::Granted(lease, grants) => (grants.left(webhook.id) > 0).then_some((*lease, 2)),
        }
    }

    /// Notes that a delivery to `webhook` is held.
    pub(super) fn note(&mut self, webhook: &Webhook) {
        if let Self::Granted(_, grants) = self {
            grants.hold(webhook.id, 1);
        }
    }
}
