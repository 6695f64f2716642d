//! One of the threads that send: takes a claim from the lanes, makes its request, hands over how it ended.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::exchange::{Exchanged, Leads};
use super::{Dispatcher, Ended, Shared};
use crate::delivery::{Attempt, Claim};
use crate::event::EventType;
use crate::request::Request;
use crate::retry;
use crate::store::Finished;

/// What an attempt takes beside its exchange: a stale connection before it, the recording after it.
const AROUND: Duration = Duration::from_secs(5);

impl Dispatcher<'_> {
    /// Sends what waits in the lanes until all is over.
    pub(super) fn serve(&self, shared: &Shared) {
        let mut lanes = shared.lanes();
        loop {
            if lanes.is_closed() {
                return;
            }
            let Some(claim) = lanes.take(Instant::now()) else {
                lanes = shared.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(lanes);
            let webhook = claim.webhook.id;
            let ended = self.attempt(claim, &shared.leads);
            let kind = match &ended {
                Ended::Sent(finished) => {
                    let outcome = &finished.attempt.outcome;
                    Some((outcome.kind, outcome.duration))
                }
                Ended::Unsent(_) => None,
            };
            // Nobody records it where recording failed before; the lease brings the delivery back.
            shared.inbox.put(ended);
            lanes = shared.lanes();
            // This thread takes the next claim itself; waking another for it would only cost.
            if lanes.done(webhook, kind) {
                shared.changed.notify_one();
            }
        }
    }

    /// Nothing is sent where the lease is too short by now for a whole exchange: another worker may take it
    /// over in the middle, and two would send it at once.
    fn attempt(&self, claim: Claim, leads: &Leads) -> Ended {
        let started_at = Timestamp::now();
        let secrets = leads.secrets(&claim.webhook, started_at);
        let (delivery, timeout) = (claim.delivery, self.timeout);
        let request = Request::new(&claim.webhook, secrets, &claim.event, delivery, started_at, timeout);
        let left = claim.lease_until.duration_since(started_at);
        let needed = request.timeout.saturating_add(AROUND);
        if left < SignedDuration::try_from(needed).unwrap_or(SignedDuration::MAX) {
            return Ended::Unsent(claim);
        }
        let Exchanged { request, outcome, signing, led } =
            self.exchange(&claim, request, secrets, started_at, leads);
        let schedule = claim.webhook.schedule.as_ref().unwrap_or(self.schedule);
        let mut next = retry::next(schedule, claim.attempt, &outcome, Timestamp::now(), jitter);
        // Somebody who tries a webhook out does not want it disabled by the trial.
        next.gone &= claim.event.event != EventType::WebhookTest;
        let (url, headers) = request.into_shown();
        let attempt = Attempt { number: claim.attempt, started_at, url, headers, outcome, signing };
        Ended::Sent(Box::new(Finished { claim, attempt, next, led }))
    }
}

/// A random number from 0 to 1; where the system has no randomness, the middle does as well.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
