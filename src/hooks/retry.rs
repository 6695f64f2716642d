//! The verbs that send what is owed already: retry and redeliver.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Heard, Hooks};
use crate::delivery::{Delivery, DeliveryFilter, Status, WaitsFor};
use crate::dispatcher::{Told, Work};
use crate::error::{Error, Report, Result};
use crate::store::{Due, webhook_deleted};
use crate::webhook::Webhook;

/// This many deliveries are owed again at once; the next follow when all of them were attempted.
const AT_ONCE: usize = 256;

/// So long a run that ends waits for the turns of webhooks with a rate: until cron starts the next one.
const PATIENCE: Duration = Duration::from_secs(55);

/// What `retry` is to send.
#[derive(Debug, Clone, Default)]
pub struct Retrying {
    /// Only to this webhook, by its id or its name.
    pub webhook: Option<String>,
    /// Also what is not due yet.
    pub early: bool,
}

/// How the attempts of one webhook ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The webhook's name.
    pub webhook_name: String,
    /// Delivered.
    pub delivered: u64,
    /// Failed, and owed still.
    pub pending: u64,
    /// Failed, and given up.
    pub failed: u64,
}

impl Tally {
    /// Counts an attempt after which its delivery stands so.
    pub(super) fn count(&mut self, status: Status) {
        match status {
            Status::Success => self.delivered += 1,
            Status::Pending => self.pending += 1,
            Status::Failed => self.failed += 1,
        }
    }
}

impl Hooks {
    /// Sends what is due until it is stopped, and tells `heard` meanwhile which receivers have begun to fail or are
    /// well again. The answer is that of [`Self::retry`].
    ///
    /// # Errors
    /// As [`Hooks::show`].
    pub fn watch(
        &self,
        retrying: &Retrying,
        stop: &AtomicBool,
        heard: &(dyn Fn(Heard) + Sync),
    ) -> Result<BTreeMap<i64, Tally>> {
        let send = || self.send_due(retrying, true, stop);
        self.alerting(stop, heard, || self.retaining(stop, send))
    }

    /// Makes one attempt for each delivery that is due; `stop` ends it early without loss. The answer has a
    /// tally for each webhook that something was sent to, by its id.
    ///
    /// # Errors
    /// As [`Hooks::show`].
    pub fn retry(&self, retrying: &Retrying, stop: &AtomicBool) -> Result<BTreeMap<i64, Tally>> {
        self.send_due(retrying, false, stop)
    }

    fn send_due(&self, retrying: &Retrying, watch: bool, stop: &AtomicBool) -> Result<BTreeMap<i64, Tally>> {
        let webhook = retrying.webhook.as_deref().map(|named| self.show(named)).transpose()?;
        let due = Due {
            webhook: webhook.map(|webhook| webhook.id),
            only: None,
            early: retrying.early,
            // A worker that watches makes the next attempt when it is due, too.
            newest_attempt: if watch { i64::MAX } else { self.store.newest_attempt()? },
        };
        let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
        let mut told = |told: Told| {
            if let Told::Finished(finished) = told {
                let webhook = &finished.claim.webhook;
                let tally = tallies.entry(webhook.id).or_default();
                tally.webhook_name.clone_from(&webhook.name);
                tally.count(finished.next.status);
            }
        };
        let patience = (!watch).then(|| Instant::now() + PATIENCE);
        let work = Work { due, watch, endures: false, inbox: None, patience, stop, told: &mut told };
        self.dispatcher(&self.schedule).work(work)?;
        Ok(tallies)
    }

    /// The webhooks that a retry sends nothing, or less than is due, with what that waits for and how many
    /// deliveries wait; from a thousand on they are not counted further.
    ///
    /// # Errors
    /// As [`Hooks::show`].
    pub fn held_back(&self, webhook: Option<&str>) -> Result<Vec<(Webhook, WaitsFor, u32)>> {
        let only = webhook.map(|named| self.show(named)).transpose()?;
        let found = self.store.held_back(only.map(|webhook| webhook.id), 1000)?;
        let webhook =
            |(id, waits_for, count)| Ok(self.store.webhook(id)?.map(|webhook| (webhook, waits_for, count)));
        found.into_iter().filter_map(|found| webhook(found).transpose()).collect()
    }

    /// Sends deliveries again, whether they succeeded or failed: the same event with the same id and body,
    /// and the whole schedule before it.
    ///
    /// # Errors
    /// `NotFound` where one does not exist; `Refused` where its webhook is disabled or deleted; nothing is
    /// sent then. `Refused` where another process is sending one at this moment; of many, those that come
    /// long before it were sent. `stop` ends it early; what was not sent stays owed.
    pub fn redeliver(&self, ids: &[i64], stop: &AtomicBool) -> Result<Vec<Delivery>> {
        // One that is named twice would be held by ourselves the second time.
        let mut named = HashSet::new();
        let ids: Vec<i64> = ids.iter().copied().filter(|id| named.insert(*id)).collect();
        self.can_be_sent_again(&ids)?;
        for some in ids.chunks(AT_ONCE) {
            if stop.load(Ordering::Acquire) {
                break;
            }
            let newest_attempt = self.store.newest_attempt()?;
            self.store.owe_again(some, Timestamp::now())?;
            let due = Due { only: Some(some.to_vec()), newest_attempt, ..Due::default() };
            let told = &mut |_: Told| {};
            let work = Work { due, watch: false, endures: false, inbox: None, patience: None, stop, told };
            self.dispatcher(&self.schedule).work(work)?;
        }
        self.store.deliveries_by_id(&ids)
    }

    /// As [`Self::redeliver`], of one delivery that a worker sends later.
    ///
    /// # Errors
    /// As [`Self::redeliver`].
    pub fn requeue(&self, id: i64) -> Result<Option<Delivery>> {
        self.can_be_sent_again(&[id])?;
        self.store.owe_again(&[id], Timestamp::now())?;
        Ok(self.store.deliveries_by_id(&[id])?.pop())
    }

    fn can_be_sent_again(&self, ids: &[i64]) -> Result<()> {
        for id in ids {
            let delivery = self.inspect(*id)?.delivery;
            let refused =
                |message: String, hint: String| Err(Error::Refused(Report::new(message).hint(hint)));
            match self.store.webhook(delivery.webhook)? {
                None => return Err(webhook_deleted(*id)),
                Some(webhook) if !webhook.enabled => {
                    return refused(
                        format!("delivery {id} cannot be sent again: webhook `{}` is disabled", webhook.name),
                        format!("`ptw-hooks enable {}` comes first", webhook.id),
                    );
                }
                Some(webhook) if webhook.paused_at.is_some() => {
                    return refused(
                        format!("delivery {id} cannot be sent again: webhook `{}` is paused", webhook.name),
                        format!("`ptw-hooks resume {}` comes first", webhook.id),
                    );
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The ids of the deliveries that pass the filter, oldest first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn ids(&self, filter: &DeliveryFilter) -> Result<Vec<i64>> {
        let mut ids: Vec<i64> = self.deliveries(filter)?.iter().map(|delivery| delivery.id).collect();
        ids.reverse();
        Ok(ids)
    }
}
