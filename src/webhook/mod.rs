//! Webhooks: the stored definition, what creates it, what changes it and who did,
//! and which events it is owed. Pure.

mod actor;
mod changes;
pub mod headers;
mod history;
mod rate;
mod rotation;
mod schedule;
mod subscriptions;
pub mod tls;
pub mod url;

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Problem, Result};
use crate::event::{EventType, check_text};
use crate::signature::Secret;

pub use actor::Actor;
pub use changes::WebhookChanges;
pub use headers::Header;
pub use history::{Change, Deed, deeds};
pub use rate::Rate;
pub use rotation::{Generation, OVERLAP, OVERLAPS, Rotating, Rotation, Secrets};
pub use schedule::{Schedule, wait};
pub use subscriptions::Subscriptions;
pub use tls::{ClientFiles, TlsFiles};

/// What an exchange with a receiver may take, from the name look-up to the last byte of the answer.
pub const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(30);

/// One receiver: where events go, which ones, and what proves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Counts from 1 and is never given twice.
    pub id: i64,
    /// For people; several webhooks may share one.
    pub name: String,
    /// Where requests are sent, http or https.
    pub url: String,
    /// The key of both signatures; during a rotation, the new one.
    pub secret: Secret,
    /// Under way, or over and not erased yet: [`Webhook::rotation_at`] tells.
    pub rotation: Option<Rotation>,
    /// The project whose events it is owed; `None` is owed those of every project.
    pub project: Option<i64>,
    /// A disabled webhook is owed nothing; what it misses is recorded.
    pub enabled: bool,
    /// The events that it is owed.
    pub events: Subscriptions,
    /// For the whole exchange; `None` takes the configured default.
    pub timeout: Option<Duration>,
    /// Sent with every request.
    pub headers: Vec<Header>,
    /// The waits between attempts; `None` takes the configured ones.
    pub schedule: Option<Schedule>,
    /// A bound on what is sent; `None` has none.
    pub rate: Option<Rate>,
    /// Whether what concerns one permit is sent in the order in which it was accepted, one at a time.
    pub ordered: bool,
    /// What it shows and trusts over TLS.
    pub tls: TlsFiles,
    /// Since when nothing is sent to it. It is owed events all the same, and they wait.
    pub paused_at: Option<Timestamp>,
    /// Why and when it was disabled.
    pub disabled: Option<Disabled>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its definition last changed.
    pub updated_at: Timestamp,
    /// When a request was last sent to it.
    pub last_sent_at: Option<Timestamp>,
    /// The status code of the last answer, if the last request was answered.
    pub last_status_code: Option<u16>,
    /// What went wrong with the last request; empty if nothing did.
    pub last_error: String,
}

/// Why a webhook is disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// One clause.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// What an event means to one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is owed the event.
    Owed,
    /// It would be, but is disabled.
    Disabled,
    /// It belongs to another project than the event.
    OtherProject,
    /// It does not subscribe to this event.
    NotSubscribed,
}

impl Webhook {
    /// What an event of this type and project means to this webhook.
    pub fn matches(&self, event: EventType, project: Option<i64>) -> Match {
        if !self.events.contains(event) {
            Match::NotSubscribed
        } else if self.project.is_some() && self.project != project {
            Match::OtherProject
        } else if self.enabled {
            Match::Owed
        } else {
            Match::Disabled
        }
    }
}

/// What a caller gives to create a webhook, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// For people.
    pub name: String,
    /// Where requests go.
    pub url: String,
    /// The key of the signatures.
    pub secret: Secret,
    /// The project, or `None` for all.
    pub project: Option<i64>,
    /// Whether it is owed events from now on.
    pub enabled: bool,
    /// Names of events, or `*`.
    pub events: Vec<String>,
    /// For the whole exchange.
    pub timeout: Option<Duration>,
    /// Sent with every request.
    pub headers: Vec<Header>,
    /// The waits between attempts.
    pub schedule: Option<Schedule>,
    /// A bound on what is sent.
    pub rate: Option<Rate>,
    /// Whether what concerns one permit is sent in its order.
    pub ordered: bool,
    /// What it shows and trusts over TLS.
    pub tls: TlsFiles,
}

impl NewWebhook {
    /// One that subscribes to nothing, takes events of every project and has no further settings.
    pub fn plain(name: impl Into<String>, url: impl Into<String>, secret: Secret) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            secret,
            project: None,
            enabled: true,
            events: Vec::new(),
            timeout: None,
            headers: Vec::new(),
            schedule: None,
            rate: None,
            ordered: false,
            tls: TlsFiles::default(),
        }
    }

    /// The webhook that results, with id 0 until it is stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem at once.
    pub fn validate(self, now: Timestamp) -> Result<Webhook> {
        let (events, problems) = Subscriptions::known_of(&self.events);
        let webhook = Webhook {
            id: 0,
            name: self.name.trim().to_owned(),
            url: self.url.trim().to_owned(),
            secret: self.secret,
            rotation: None,
            project: self.project,
            enabled: self.enabled,
            events,
            timeout: self.timeout,
            headers: self.headers,
            schedule: self.schedule,
            rate: self.rate,
            ordered: self.ordered,
            tls: self.tls,
            paused_at: None,
            disabled: (!self.enabled).then(|| Disabled { reason: "created disabled".to_owned(), at: now }),
            created_at: now,
            updated_at: now,
            last_sent_at: None,
            last_status_code: None,
            last_error: String::new(),
        };
        webhook.checked(problems)
    }
}

impl Webhook {
    /// Enables or disables, and keeps the reason of the first disabling.
    pub fn set_enabled(&mut self, enabled: bool, reason: &str, now: Timestamp) {
        if enabled {
            self.disabled = None;
        } else if self.enabled {
            self.disabled = Some(Disabled { reason: reason.to_owned(), at: now });
        }
        self.enabled = enabled;
    }

    /// The webhook, if nothing is wrong with it and `problems` is empty.
    fn checked(self, mut problems: Vec<Problem>) -> Result<Self> {
        problems.extend(check_text("name", &self.name, 200).err());
        if self.name.chars().any(char::is_control) {
            problems.push(Problem::other("name", "name cannot hold control characters"));
        }
        problems.extend(url::check(&self.url).err());
        problems.extend(headers::check(&self.headers));
        problems.extend(tls::check(&self.tls, &self.url));
        if let Some(project) = self.project {
            problems.extend(crate::event::integer("project", &project.to_string()).err());
        }
        let whole = |timeout: &Duration| timeout.subsec_nanos() == 0 && TIMEOUTS.contains(timeout);
        if !self.timeout.as_ref().is_none_or(whole) {
            problems.push(Problem::other(
                "timeout",
                "timeout cannot be used: it is from 1s to 30s, in whole seconds",
            ));
        }
        if let Some(fault) = self.schedule.as_ref().and_then(Schedule::fault) {
            problems.push(Problem::other("retry_schedule", format!("retry_schedule {fault}")));
        }
        if problems.is_empty() { Ok(self) } else { Err(Error::Invalid(problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2024-01-15T10:30:00Z".parse().unwrap()
    }

    fn new(events: &[&str]) -> NewWebhook {
        NewWebhook {
            events: events.iter().map(|name| (*name).to_owned()).collect(),
            ..NewWebhook::plain("ERP", "https://erp.example/x", Secret::unchecked("abcdefgh".into()))
        }
    }

    #[test]
    fn an_event_is_owed_to_enabled_subscribers_of_its_project_and_to_global_ones() {
        let mut webhook = new(&["permit_created"]).validate(now()).unwrap();
        assert_eq!(webhook.matches(EventType::PermitCreated, Some(5)), Match::Owed);
        assert_eq!(webhook.matches(EventType::PermitCreated, None), Match::Owed);
        assert_eq!(webhook.matches(EventType::PermitApproved, None), Match::NotSubscribed);
        webhook.project = Some(5);
        assert_eq!(webhook.matches(EventType::PermitCreated, Some(5)), Match::Owed);
        assert_eq!(webhook.matches(EventType::PermitCreated, Some(6)), Match::OtherProject);
        assert_eq!(webhook.matches(EventType::PermitCreated, None), Match::OtherProject);
        webhook.enabled = false;
        assert_eq!(webhook.matches(EventType::PermitCreated, Some(5)), Match::Disabled);
    }

    #[test]
    fn every_problem_of_a_new_webhook_is_reported_at_once() {
        let bad = NewWebhook {
            name: " ".into(),
            url: "ftp://x".into(),
            timeout: Some(Duration::from_secs(31)),
            project: Some(i64::MAX),
            headers: vec![Header { name: "Host".into(), value: "x".into() }],
            ..new(&["permit_aproved", "webhook_test"])
        };
        let Err(Error::Invalid(problems)) = bad.validate(now()) else { panic!("accepted") };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["events", "events", "name", "url", "headers", "project", "timeout"]);
    }

    #[test]
    fn subscriptions_are_replaced_added_to_and_taken_from() {
        let webhook = new(&["permit_created", "permit_created", "permit_approved"]).validate(now()).unwrap();
        assert_eq!(webhook.events.names(), ["permit_created", "permit_approved"]);
        let change = |add: &[&str], remove: &[&str]| WebhookChanges {
            add_events: add.iter().map(|s| (*s).to_owned()).collect(),
            remove_events: remove.iter().map(|s| (*s).to_owned()).collect(),
            ..WebhookChanges::default()
        };
        let changed = change(&["permit_expired"], &["permit_created"]).apply(&webhook, now()).unwrap();
        assert_eq!(changed.events.names(), ["permit_approved", "permit_expired"]);
        let all = new(&["*"]).validate(now()).unwrap();
        assert!(change(&[], &["permit_created"]).apply(&all, now()).is_err());
        assert!(change(&[], &["*"]).apply(&all, now()).unwrap().events.names().is_empty());
    }

    #[test]
    fn the_first_reason_for_being_disabled_stays() {
        let mut webhook = new(&[]).validate(now()).unwrap();
        webhook.set_enabled(false, "gone", now());
        webhook.set_enabled(false, "by hand", now());
        assert_eq!(webhook.disabled.as_ref().unwrap().reason, "gone");
        webhook.set_enabled(true, "", now());
        assert_eq!(webhook.disabled, None);
    }
}
