//! What a caller changes of a webhook. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::rotation::under_way;
use super::subscriptions::{Subscription, Subscriptions};
use super::{ClientFiles, Header, Rate, Schedule, TlsFiles, Webhook};
use crate::error::{Problem, Result};
use crate::signature::Secret;

/// What a caller changes; `None` keeps what is there.
#[derive(Debug, Clone, Default)]
pub struct WebhookChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new address.
    pub url: Option<String>,
    /// A new secret, which signs from the next attempt on.
    pub secret: Option<Secret>,
    /// Another project, or `Some(None)` for all.
    pub project: Option<Option<i64>>,
    /// Whether it is owed events from now on.
    pub enabled: Option<bool>,
    /// Replaces the subscriptions.
    pub events: Option<Vec<String>>,
    /// Added to the subscriptions.
    pub add_events: Vec<String>,
    /// Taken from the subscriptions.
    pub remove_events: Vec<String>,
    /// Another timeout, or `Some(None)` for the configured default.
    pub timeout: Option<Option<Duration>>,
    /// Replaces the headers.
    pub headers: Option<Vec<Header>>,
    /// Another schedule, or `Some(None)` for the configured one.
    pub schedule: Option<Option<Schedule>>,
    /// Another bound on what is sent, or `Some(None)` for none.
    pub rate: Option<Option<Rate>>,
    /// Whether what concerns one permit is sent in its order.
    pub ordered: Option<bool>,
    /// Another client certificate and key, or `Some(None)` for none.
    pub client: Option<Option<ClientFiles>>,
    /// Another file of authorities, or `Some(None)` for none.
    pub ca_file: Option<Option<String>>,
    /// Whether nothing is sent to it for now.
    pub paused: Option<bool>,
}

impl WebhookChanges {
    /// Only whether it is enabled.
    pub fn enabled(enabled: bool) -> Self {
        Self { enabled: Some(enabled), ..Self::default() }
    }

    /// Only whether it is paused.
    pub fn paused(paused: bool) -> Self {
        Self { paused: Some(paused), ..Self::default() }
    }

    /// The files that are to be used from now on, and were not looked at yet.
    pub fn new_files(&self) -> TlsFiles {
        TlsFiles { client: self.client.clone().flatten(), ca_file: self.ca_file.clone().flatten() }
    }

    /// `webhook` with these changes made.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] with every problem at once; `Refused` where it changes a secret that is being
    /// rotated.
    pub fn apply(self, webhook: &Webhook, now: Timestamp) -> Result<Webhook> {
        let mut changed = webhook.clone();
        let mut problems = Vec::new();
        if let Some(names) = self.events {
            let (events, found) = Subscriptions::known_of(&names);
            changed.events = events;
            problems.extend(found);
        }
        let (added, found) = Subscriptions::known_of(&self.add_events);
        added.0.into_iter().for_each(|one| changed.events.add(one));
        problems.extend(found);
        let (removed, found) = Subscriptions::known_of(&self.remove_events);
        changed.events.0.retain(|one| !removed.0.contains(one));
        problems.extend(found);
        if !removed.0.is_empty()
            && !removed.0.contains(&Subscription::All)
            && changed.events.0.contains(&Subscription::All)
        {
            problems.push(
                Problem::other(
                    "events",
                    "events cannot be removed one by one: the webhook subscribes to `*`",
                )
                .hint("name those that it keeps with `--event`"),
            );
        }
        changed.name = self.name.map_or(changed.name, |name| name.trim().to_owned());
        changed.url = self.url.map_or(changed.url, |url| url.trim().to_owned());
        if let Some(secret) = self.secret {
            // Which of the two would be replaced, and for how long, is for whoever rotates to say.
            if webhook.rotation_at(now).is_some() && secret != webhook.secret {
                return Err(under_way(webhook, "cannot be changed while it is being rotated"));
            }
            changed.secret = secret;
        }
        changed.project = self.project.unwrap_or(changed.project);
        changed.timeout = self.timeout.unwrap_or(changed.timeout);
        changed.headers = self.headers.unwrap_or(changed.headers);
        changed.schedule = self.schedule.unwrap_or(changed.schedule);
        changed.rate = self.rate.unwrap_or(changed.rate);
        changed.ordered = self.ordered.unwrap_or(changed.ordered);
        changed.tls.client = self.client.unwrap_or(changed.tls.client);
        changed.tls.ca_file = self.ca_file.unwrap_or(changed.tls.ca_file);
        if let Some(paused) = self.paused {
            changed.paused_at = paused.then(|| changed.paused_at.unwrap_or(now));
        }
        if let Some(enabled) = self.enabled {
            changed.set_enabled(enabled, "disabled by hand", now);
        }
        changed.updated_at = now;
        changed.checked(problems)
    }
}
