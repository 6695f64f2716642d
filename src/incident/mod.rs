//! Incidents: a receiver that fails for a while. When one begins, ends or costs the webhook its deliveries is an
//! alert, which is told once. Pure.

mod step;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};

use crate::event::EventType;

pub use step::{Health, Step, step};

/// From when on a receiver that fails is an incident: whichever comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// So many attempts in a row have failed.
    pub failures: u64,
    /// Nothing but failures for so long.
    pub time: Duration,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { failures: 5, time: Duration::from_secs(10 * 60) }
    }
}

/// How an incident ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A delivery has succeeded.
    Recovered,
    /// The webhook was disabled.
    Disabled,
    /// Somebody has disabled and enabled it again, and nothing was sent since.
    Enabled,
    /// The webhook was deleted.
    Deleted,
}

impl Ending {
    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Deleted => "deleted",
        }
    }

    /// What is told of it; what somebody has done by hand is not.
    pub const fn alert(self) -> Option<AlertKind> {
        match self {
            Self::Recovered => Some(AlertKind::Recovered),
            Self::Disabled => Some(AlertKind::Disabled),
            Self::Enabled | Self::Deleted => None,
        }
    }
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    /// An incident has begun.
    Failing,
    /// It is over: a delivery has succeeded.
    Recovered,
    /// The webhook was disabled, and is owed nothing any more.
    Disabled,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Failing, Self::Recovered, Self::Disabled];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Recovered => "recovered",
            Self::Disabled => "disabled",
        }
    }

    /// As it is told.
    pub const fn event(self) -> EventType {
        match self {
            Self::Failing => EventType::WebhookFailing,
            Self::Recovered => EventType::WebhookRecovered,
            Self::Disabled => EventType::WebhookDisabled,
        }
    }
}

/// What is told about one webhook at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Counts from 1, and is never given twice.
    pub id: i64,
    /// What has happened.
    pub kind: AlertKind,
    /// When it was noticed.
    pub at: Timestamp,
    /// The webhook's id.
    pub webhook: i64,
    /// Its name.
    pub webhook_name: String,
    /// Where requests to it go.
    pub url: String,
    /// The first failure of the incident.
    pub since: Timestamp,
    /// How many attempts had failed in a row.
    pub failures: u64,
    /// How many deliveries were pending.
    pub pending: u64,
    /// The status code of the last answer, if there was one.
    pub status_code: Option<u16>,
    /// What went wrong last, or why the webhook was disabled; empty where it has recovered.
    pub error: String,
    /// How often somebody was told already, in vain.
    pub tries: u32,
}

impl Alert {
    /// One sentence for people, without a full stop.
    pub fn sentence(&self) -> String {
        let (name, since) = (&self.webhook_name, self.since.round(Unit::Second).unwrap_or(self.since));
        let waiting = match self.pending {
            0 => "nothing waits".to_owned(),
            1 => "1 delivery waits".to_owned(),
            more => format!("{more} deliveries wait"),
        };
        match self.kind {
            AlertKind::Failing => {
                let attempts = match self.failures {
                    1 => "1 attempt has failed".to_owned(),
                    more => format!("{more} attempts have failed"),
                };
                format!("`{name}` is failing: {attempts} since {since}, the last: {}; {waiting}", self.error)
            }
            AlertKind::Recovered => {
                let lasted = self.at.duration_since(self.since).max(SignedDuration::ZERO);
                let lasted = SignedDuration::from_secs(lasted.as_secs());
                format!("`{name}` takes deliveries again, after {lasted:#}; {waiting}")
            }
            AlertKind::Disabled => format!("`{name}` was disabled: {}; {waiting}", self.error),
        }
    }

    /// When it may be told again after it could not be told this often; `None` gives up.
    pub fn next_try(&self, now: Timestamp) -> Option<Timestamp> {
        const WAITS: [u64; 3] = [60, 5 * 60, 15 * 60];
        let wait = WAITS[usize::try_from(self.tries).unwrap_or(usize::MAX).clamp(1, WAITS.len()) - 1];
        let next = now.checked_add(Duration::from_secs(wait)).ok()?;
        (next.duration_since(self.at) < SignedDuration::try_from(WORTH_TELLING).ok()?).then_some(next)
    }
}

/// What is older is not told any more.
pub const WORTH_TELLING: Duration = Duration::from_secs(24 * 60 * 60);
