//! What the health of a webhook means for its incident. Pure.

use jiff::{SignedDuration, Timestamp};

use super::{Ending, Threshold, WORTH_TELLING};

/// How a webhook fares, as far as incidents depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it was deleted.
    pub deleted: bool,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Since when it is disabled, where nobody but the program itself has done that.
    pub given_up_at: Option<Timestamp>,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    /// How many attempts have failed since.
    pub failures: u64,
    /// Whether the last request succeeded.
    pub well: bool,
    /// The first failure of the incident that lasts, if there is one.
    pub incident: Option<Timestamp>,
    /// When its last incident ended.
    pub last_ended_at: Option<Timestamp>,
}

/// What is to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An incident begins, with a failure at that time.
    Begin(Timestamp),
    /// The incident ends.
    End(Ending),
    /// An incident that began then was not noticed before it cost the webhook its deliveries.
    GaveUp(Timestamp),
}

/// What is to be noted at the moment `now`; after a step there may be another.
pub fn step(health: &Health, threshold: &Threshold, now: Timestamp) -> Option<Step> {
    if let Some(began_at) = health.incident {
        return if health.deleted {
            Some(Step::End(Ending::Deleted))
        } else if !health.enabled {
            Some(Step::End(Ending::Disabled))
        } else {
            match health.failing_since {
                Some(since) if since <= began_at => None,
                // It has succeeded in between.
                Some(_) => Some(Step::End(Ending::Recovered)),
                None if health.well => Some(Step::End(Ending::Recovered)),
                None => Some(Step::End(Ending::Enabled)),
            }
        };
    }
    if health.deleted {
        return None;
    }
    let long = |since: Timestamp, time| {
        now.duration_since(since) >= SignedDuration::try_from(time).unwrap_or_default()
    };
    if let Some(at) = health.given_up_at {
        let told = health.last_ended_at.is_some_and(|ended| ended >= at);
        return (!told && !long(at, WORTH_TELLING))
            .then_some(Step::GaveUp(health.failing_since.unwrap_or(at)));
    }
    let since = health.failing_since.filter(|_| health.enabled)?;
    (health.failures >= threshold.failures || long(since, threshold.time)).then_some(Step::Begin(since))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn health() -> Health {
        Health {
            deleted: false,
            enabled: true,
            given_up_at: None,
            failing_since: None,
            failures: 0,
            well: true,
            incident: None,
            last_ended_at: None,
        }
    }

    fn failing(failures: u64) -> Health {
        Health { failing_since: Some(at(0)), failures, well: false, ..health() }
    }

    fn after(health: &Health, seconds: i64) -> Option<Step> {
        let threshold = Threshold { failures: 3, time: Duration::from_secs(600) };
        step(health, &threshold, at(seconds))
    }

    #[test]
    fn it_begins_with_so_many_failures_or_after_so_long() {
        assert_eq!(after(&health(), 0), None);
        assert_eq!(after(&failing(2), 599), None);
        assert_eq!(after(&failing(3), 1), Some(Step::Begin(at(0))));
        assert_eq!(after(&failing(1), 600), Some(Step::Begin(at(0))));
        // A clock that was set back ends nothing and begins nothing.
        assert_eq!(after(&failing(1), -600), None);
        assert_eq!(after(&Health { deleted: true, ..failing(9) }, 9999), None);
        assert_eq!(after(&Health { enabled: false, ..failing(9) }, 9999), None);
    }

    #[test]
    fn it_begins_once_and_ends_once() {
        let open = Health { incident: Some(at(0)), ..failing(9) };
        assert_eq!(after(&open, 9999), None);
        let end = |health: &Health| after(health, 9999);
        assert_eq!(
            end(&Health { failing_since: None, well: true, ..open.clone() }),
            Some(Step::End(Ending::Recovered))
        );
        assert_eq!(
            end(&Health { failing_since: Some(at(5)), ..open.clone() }),
            Some(Step::End(Ending::Recovered))
        );
        assert_eq!(end(&Health { failing_since: None, ..open.clone() }), Some(Step::End(Ending::Enabled)));
        assert_eq!(end(&Health { enabled: false, ..open.clone() }), Some(Step::End(Ending::Disabled)));
        assert_eq!(end(&Health { deleted: true, ..open }), Some(Step::End(Ending::Deleted)));
    }

    #[test]
    fn what_was_given_up_at_once_is_noted_once_and_while_it_is_news() {
        let given_up = Health { enabled: false, given_up_at: Some(at(0)), ..health() };
        assert_eq!(after(&given_up, 5), Some(Step::GaveUp(at(0))));
        assert_eq!(after(&Health { last_ended_at: Some(at(0)), ..given_up.clone() }, 5), None);
        assert_eq!(
            after(&Health { last_ended_at: Some(at(-9)), ..given_up.clone() }, 5),
            Some(Step::GaveUp(at(0)))
        );
        assert_eq!(after(&given_up, 24 * 3600), None);
    }
}
