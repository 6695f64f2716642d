//! What goes over the wire in one attempt: one request, and a second one where a secret is being rotated and the
//! receiver has refused the one that leads. Nothing else brings about a second request, and both of them together take
//! no longer than an exchange may.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Dispatcher;
use crate::delivery::{Claim, Outcome, OutcomeKind, Signing};
use crate::error::Result;
use crate::event::Event;
use crate::request::Request;
use crate::store::Led;
use crate::webhook::{Generation, Rotation, Secrets, Webhook};

/// Which secrets lead, as far as the attempts of this run have shown: what waits in the lanes was read before.
#[derive(Default)]
pub(super) struct Leads(Mutex<HashMap<i64, Led>>);

impl Leads {
    /// What a request to `webhook` is signed with at the moment `at`.
    pub fn secrets<'w>(&self, webhook: &'w Webhook, at: Timestamp) -> Secrets<'w> {
        let secrets = webhook.secrets(at);
        let Some(rotation) = &webhook.rotation else { return secrets };
        // Every statement leaves it consistent: a panic elsewhere does no harm.
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&webhook.id).copied();
        match seen {
            Some(led) if led.rotation == rotation.id => secrets.led_by(led.leads),
            _ => secrets,
        }
    }

    fn note(&self, webhook: i64, led: Led) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(webhook, led);
    }
}

/// What an exchange has come to.
pub(super) struct Exchanged {
    /// The last request that was made.
    pub request: Request,
    /// How it ended, with the time that all of it took.
    pub outcome: Outcome,
    /// By which secret it was signed, where one is being rotated.
    pub signing: Option<Signing>,
    /// That another secret leads from now on.
    pub led: Option<Led>,
}

impl Dispatcher<'_> {
    /// Sends an event that stands in no log.
    ///
    /// # Errors
    /// `Storage` where it cannot be noted which secret leads.
    pub fn send_unlogged(&self, webhook: Webhook, event: Event) -> Result<Outcome> {
        let now = Timestamp::now();
        let claim = Claim {
            delivery: 0,
            fence: 0,
            attempt: 1,
            lease_until: now,
            turn: Duration::ZERO,
            webhook: Arc::new(webhook),
            event: Arc::new(event),
        };
        let (webhook, leads) = (&claim.webhook, Leads::default());
        let secrets = webhook.secrets(now);
        let request = Request::new(webhook, secrets, &claim.event, claim.delivery, now, self.timeout);
        let exchanged = self.exchange(&claim, request, secrets, now, &leads);
        if let Some(led) = exchanged.led {
            self.store.lead(webhook.id, led, now)?;
        }
        Ok(exchanged.outcome)
    }

    /// Sends `request`, which was signed with `secrets`; where the receiver refuses the leading one, it is sent once
    /// more, signed with the other one. `started_at` is the moment that both are signed for.
    pub(super) fn exchange(
        &self,
        claim: &Claim,
        request: Request,
        secrets: Secrets,
        started_at: Timestamp,
        leads: &Leads,
    ) -> Exchanged {
        let begun = Instant::now();
        let outcome = self.sender.send(&request);
        if is_refused(&outcome)
            && let Some(webhook) = self.as_it_is_now(&claim.webhook)
            && let Some((rotation, with)) = other_of(&webhook, secrets)
        {
            let left = request.timeout.saturating_sub(begun.elapsed());
            if !left.is_zero() {
                let refused = outcome.answer.map(|answer| answer.status);
                let secrets = webhook.secrets(rotation.started_at).led_by(with);
                let (delivery, timeout) = (claim.delivery, self.timeout);
                let again =
                    Request::new(&claim.webhook, secrets, &claim.event, delivery, started_at, timeout);
                let second = self.sender.send_within(&again, left);
                let led = (second.kind == OutcomeKind::Delivered)
                    .then_some(Led { rotation: rotation.id, leads: with });
                if let Some(led) = led {
                    leads.note(webhook.id, led);
                }
                let outcome = Outcome { duration: begun.elapsed(), ..second };
                return Exchanged { request: again, outcome, signing: Some(Signing { with, refused }), led };
            }
        }
        let signing = secrets.leads.map(|with| Signing { with, refused: None });
        Exchanged { request, outcome, signing, led: None }
    }

    /// The webhook as it stands in the file: a rotation may have begun or ended since it was claimed. Where the file
    /// cannot be read, what is known of it has to do.
    fn as_it_is_now(&self, known: &Webhook) -> Option<Webhook> {
        self.store.webhook(known.id).unwrap_or_else(|_| Some(known.clone()))
    }
}

/// Whether the receiver did not accept the signature.
fn is_refused(outcome: &Outcome) -> bool {
    outcome.kind == OutcomeKind::HttpStatus
        && outcome.answer.as_ref().is_some_and(|answer| matches!(answer.status, 401 | 403))
}

/// The rotation that is under way, and the secret of it that did not lead in `secrets`; `None` where that was signed
/// with neither of its secrets.
fn other_of<'w>(webhook: &'w Webhook, secrets: Secrets) -> Option<(&'w Rotation, Generation)> {
    let rotation = webhook.rotation_at(Timestamp::now())?;
    if *secrets.leading == rotation.old {
        Some((rotation, Generation::New))
    } else if *secrets.leading == webhook.secret {
        Some((rotation, Generation::Old))
    } else {
        None
    }
}
