//! The verb that owes webhooks what they have missed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::{Hooks, Retrying, Tally};
use crate::error::{Error, Report, Result};
use crate::store::{Missed, WebhookFilter};
use crate::webhook::Webhook;

/// So many missed events become deliveries in one transaction.
const AT_ONCE: u32 = 500;

/// What to replay.
#[derive(Debug, Clone)]
pub struct Replaying {
    /// Only for this webhook, by its id or its name.
    pub webhook: Option<String>,
    /// What was missed since then.
    pub since: Timestamp,
}

/// What one webhook had missed, and what became of it.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The webhook.
    pub webhook: Webhook,
    /// Events, and the deliveries that they owe now.
    pub missed: Missed,
    /// How attempts ended, where some were made.
    pub tally: Tally,
}

impl Hooks {
    /// What [`Self::replay`] would do: the webhooks that have missed something, oldest first. Those that are
    /// disabled are among them.
    ///
    /// # Errors
    /// As [`Hooks::show`].
    pub fn missed(&self, replaying: &Replaying) -> Result<Vec<Replayed>> {
        let webhooks = match replaying.webhook.as_deref() {
            Some(named) => vec![self.show(named)?],
            None => self.store.webhooks(&WebhookFilter::default())?,
        };
        let mut found = Vec::new();
        for webhook in webhooks.into_iter().rev() {
            let missed = self.store.missed(webhook.id, replaying.since)?;
            if missed.missed > 0 {
                found.push(Replayed { webhook, missed, tally: Tally::default() });
            }
        }
        Ok(found)
    }

    /// Owes webhooks what they have missed while they were disabled, each event once. Those that are still
    /// disabled are passed over.
    ///
    /// # Errors
    /// `Refused` where the webhook that is named is disabled; else as [`Hooks::show`]. `stop` ends it early;
    /// what was not replayed can be replayed later.
    pub fn replay(&self, replaying: &Replaying, stop: &AtomicBool) -> Result<Vec<Replayed>> {
        let mut found = self.missed(replaying)?;
        if let Some(named) = &replaying.webhook {
            let webhook = self.show(named)?;
            if !webhook.enabled {
                let report = Report::new(format!("webhook `{}` is disabled", webhook.name));
                let hint = format!("`ptw-hooks enable {}` comes first", webhook.id);
                return Err(Error::Refused(report.hint(hint)));
            }
        }
        found.retain(|one| one.webhook.enabled);
        for one in &mut found {
            one.missed = Missed::default();
            while !stop.load(Ordering::Acquire) {
                let some = self.store.replay(&one.webhook, replaying.since, AT_ONCE, Timestamp::now())?;
                one.missed.missed += some.missed;
                one.missed.owed += some.owed;
                if some.missed < u64::from(AT_ONCE) {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Makes an attempt for all that is due to the webhooks of a replay.
    ///
    /// # Errors
    /// As [`Hooks::retry`].
    pub fn send_replayed(&self, replayed: &mut [Replayed], stop: &AtomicBool) -> Result<()> {
        for one in replayed {
            let id = one.webhook.id;
            let retrying = Retrying { webhook: Some(id.to_string()), ..Retrying::default() };
            let mut tallies: BTreeMap<i64, Tally> = self.retry(&retrying, stop)?;
            one.tally = tallies.remove(&id).unwrap_or_default();
        }
        Ok(())
    }
}
