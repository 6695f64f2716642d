//! The verbs that make events: emit, its preview, and test.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Hooks, Inspection, after, identity};
use crate::delivery::{Delivery, Suppression, Unmatched};
use crate::dispatcher::THREADS;
use crate::error::Result;
use crate::event::{Event, NewEvent};
use crate::request::Request;
use crate::store::{Accepted, Hold, Lease};
use crate::webhook::{Schedule, Webhook};

/// Whether an emission waits for its first attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Make the first attempt of each delivery and wait for how they end.
    Now,
    /// Only accept; a worker sends later.
    Later,
}

/// What became of an event.
#[derive(Debug, Clone)]
pub struct Emission {
    /// The event, as it was accepted.
    pub event: Arc<Event>,
    /// What it owes, and where that stands.
    pub deliveries: Vec<Delivery>,
    /// What it would have owed, and why it does not.
    pub suppressed: Vec<Suppression>,
    /// The webhooks that it does not concern.
    pub unmatched: Vec<Unmatched>,
}

/// What would become of an event.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The event, as it would be accepted.
    pub event: Arc<Event>,
    /// The requests that would be made, with the webhooks that they would go to.
    pub requests: Vec<(Arc<Webhook>, Request)>,
    /// What it would have owed, and why it does not.
    pub suppressed: Vec<Suppression>,
    /// The webhooks that it does not concern.
    pub unmatched: Vec<Unmatched>,
}

impl Preview {
    /// What is known of an event and what the store says to it.
    fn new(event: Arc<Event>, accepted: Accepted, at: Timestamp, timeout: Duration) -> Self {
        let request = |webhook: &Webhook, delivery| {
            Request::new(webhook, webhook.secrets(at), &event, delivery, at, timeout)
        };
        let requests = accepted
            .claims
            .iter()
            .map(|claim| (Arc::clone(&claim.webhook), request(&claim.webhook, claim.delivery)))
            .collect();
        Self { event, requests, suppressed: accepted.suppressed, unmatched: accepted.unmatched }
    }
}

impl Hooks {
    /// Accepts an event: it and all that it owes are on the disk before anything is sent.
    ///
    /// # Errors
    /// `Invalid` with every problem at once, and nothing is stored then; `Storage`. A failed request is no
    /// error: the deliveries say where they stand.
    pub fn emit(&self, new: &NewEvent, sending: Sending) -> Result<Emission> {
        let identity = identity()?;
        let event = Arc::new(Event::new(new, identity)?);
        let hold = match sending {
            Sending::Now => Hold::All(self.lease()),
            Sending::Later => Hold::Nothing,
        };
        let mut accepted = self.store.accept(std::slice::from_ref(&event), identity.now, hold)?;
        let accepted = accepted.pop().unwrap_or_default();
        let ids: Vec<i64> = accepted.deliveries.iter().map(|owed| owed.id).collect();
        if !accepted.claims.is_empty() {
            self.dispatcher(&self.schedule).send(accepted.claims).map_err(|error| {
                after(error, "the event was accepted before, and `ptw-hooks retry` sends what it owes")
            })?;
        }
        Ok(Emission {
            event,
            deliveries: self.store.deliveries_by_id(&ids)?,
            suppressed: accepted.suppressed,
            unmatched: accepted.unmatched,
        })
    }

    /// What [`Self::emit`] would send. Nothing is stored and nothing is sent.
    ///
    /// # Errors
    /// As [`Self::emit`].
    pub fn preview(&self, new: &NewEvent) -> Result<Preview> {
        let identity = identity()?;
        let event = Arc::new(Event::new(new, identity)?);
        let accepted = self.store.preview(&event)?;
        Ok(Preview::new(event, accepted, identity.now, self.timeout))
    }

    /// Sends a `webhook_test` event to one webhook, enabled or not, once and without a retry.
    ///
    /// # Errors
    /// As [`Hooks::show`].
    pub fn test(&self, named: &str) -> Result<Inspection> {
        self.test_webhook(self.show(named)?)
    }

    /// As [`Self::test`], of a webhook that was looked up before.
    ///
    /// # Errors
    /// `Storage`.
    pub fn test_webhook(&self, webhook: Webhook) -> Result<Inspection> {
        let webhook = Arc::new(webhook);
        let identity = identity()?;
        let event = Arc::new(Event::test(webhook.project, identity)?);
        let claim = self.store.accept_for(&webhook, &event, identity.now, self.lease())?;
        let id = claim.delivery;
        self.dispatcher(&Schedule(Vec::new())).send(vec![claim])?;
        self.inspect(id)
    }

    pub(super) fn lease(&self) -> Lease {
        Lease { timeout: self.timeout, at_once: THREADS }
    }
}
