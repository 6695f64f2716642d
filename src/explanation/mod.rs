//! Why an event was sent to a webhook or was not: what is recorded of it, what follows from that, and what can no
//! longer be told. Pure.

mod derived;
mod judgement;
mod reason;

use jiff::Timestamp;

use crate::delivery::{Delivery, OutcomeKind, Status, SuppressionReason};
use crate::event::Event;
use crate::webhook::{Change, Webhook};

pub use reason::{Clause, Noted};

/// What is recorded of one event.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The event.
    pub event: Event,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// What is recorded of every webhook, also of those that were deleted.
    pub accounts: Vec<Account>,
}

/// What is recorded of one webhook, and of the event at it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its definition as it is now, or was when it was deleted.
    pub webhook: Webhook,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// What was done to it, the oldest first. Changes of what no event depends on may be left out.
    pub history: Vec<Change>,
    /// The delivery of the event, and how its last attempt ended.
    pub delivery: Option<(Delivery, Option<OutcomeKind>)>,
    /// That the event was not turned into a delivery.
    pub withheld: Option<Withheld>,
}

/// An event that was not turned into a delivery when it was accepted.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// Why.
    pub reason: SuppressionReason,
    /// The delivery that it repeats, or that it led to when it was replayed; where it stands.
    pub delivery: Option<(i64, Status)>,
    /// When it was replayed.
    pub replayed_at: Option<Timestamp>,
}

/// What became of an event at every webhook.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The event.
    pub event: Event,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// A finding for each webhook that was there then or is there now, in the order of their ids.
    pub findings: Vec<Finding>,
}

/// What became of an event at one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// At least one request was made.
    Fired,
    /// It is owed, and nothing was sent yet.
    Waiting,
    /// The same, because the webhook is paused.
    Paused,
    /// The address is refused by policy.
    Blocked,
    /// The webhook was owed the same event before.
    Duplicate,
    /// The webhook was disabled when the event was accepted.
    Disabled,
    /// The webhook did not subscribe to the event.
    NotSubscribed,
    /// The webhook belonged to another project.
    OtherProject,
    /// The webhook was created after the event was accepted.
    CreatedLater,
    /// The webhook was deleted before the event was accepted, or before it was delivered.
    Deleted,
    /// The record does not tell.
    Unknown,
}

impl Fate {
    /// Every fate.
    pub const ALL: [Self; 11] = [
        Self::Fired,
        Self::Waiting,
        Self::Paused,
        Self::Blocked,
        Self::Duplicate,
        Self::Disabled,
        Self::NotSubscribed,
        Self::OtherProject,
        Self::CreatedLater,
        Self::Deleted,
        Self::Unknown,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
            Self::Duplicate => "duplicate",
            Self::Disabled => "disabled",
            Self::NotSubscribed => "not_subscribed",
            Self::OtherProject => "other_project",
            Self::CreatedLater => "created_later",
            Self::Deleted => "deleted",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of an event at one webhook, and why.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The webhook's id.
    pub webhook: i64,
    /// The webhook's name now.
    pub webhook_name: String,
    /// What became of it.
    pub fate: Fate,
    /// The delivery of the event, or the one that stands for it.
    pub delivery: Option<(i64, Status)>,
    /// Since when the webhook was disabled or paused, or when it was created or deleted; whatever decided.
    pub since: Option<Noted>,
    /// The change after the event was accepted that makes it uncertain, or only a conclusion, what the webhook was
    /// then. The definition as it is now is not the one that counted.
    pub changed: Option<Noted>,
    /// Why, one clause after the other.
    pub reason: Vec<Clause>,
}

impl Finding {
    /// Why, as a sentence without its period; `time` writes a time.
    pub fn text(&self, time: impl Fn(Timestamp) -> String) -> String {
        self.reason.iter().map(|clause| clause.text(&time)).collect::<Vec<_>>().join("; ")
    }
}

/// What follows from what is recorded.
pub fn explain(evidence: Evidence) -> Explanation {
    let Evidence { event, accepted_at, accounts } = evidence;
    let findings = accounts.iter().filter_map(|account| judgement::find(&event, accepted_at, account));
    let findings = findings.collect();
    Explanation { event, accepted_at, findings }
}
