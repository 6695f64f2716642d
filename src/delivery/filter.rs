//! Which deliveries to show. Pure.

use jiff::Timestamp;

use super::Status;
use crate::event::EventType;

/// Which deliveries to show; `None` takes all.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Of this webhook.
    pub webhook: Option<i64>,
    /// That stand so.
    pub status: Option<Status>,
    /// Of this event.
    pub event: Option<EventType>,
    /// About this permit.
    pub permit: Option<Permit>,
    /// About events of this project, or of none.
    pub project: Option<i64>,
    /// Accepted before this delivery.
    pub before: Option<i64>,
    /// Accepted at or after this time.
    pub since: Option<Timestamp>,
    /// Accepted before this time.
    pub until: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: u32,
}

/// How a permit is named in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// Its id.
    Id(i64),
    /// A literal that may be the id or the number.
    IdOrNumber(i64, String),
    /// Its number.
    Number(String),
}

impl Permit {
    /// The permit that somebody names: digits may be its id or its number.
    pub fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::IdOrNumber(id, text.to_owned()),
            Err(_) => Self::Number(text.to_owned()),
        }
    }
}
