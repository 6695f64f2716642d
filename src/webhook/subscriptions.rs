//! The events that a webhook subscribes to. Pure.

use crate::error::Problem;
use crate::event::EventType;

/// The events that a webhook is owed, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions(pub(super) Vec<Subscription>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscription {
    All,
    One(EventType),
}

impl Subscriptions {
    /// Subscriptions from names; `*` stands for every event. Names that are given twice count once.
    ///
    /// # Errors
    /// A problem for every name that is no event.
    pub fn from_names<S: AsRef<str>>(names: &[S]) -> Result<Self, Vec<Problem>> {
        let mut subscriptions = Self::default();
        let mut problems = Vec::new();
        for name in names {
            match name.as_ref() {
                "*" => subscriptions.add(Subscription::All),
                name => match EventType::from_input("events", name) {
                    Ok(event) => subscriptions.add(Subscription::One(event)),
                    Err(problem) => problems.push(problem),
                },
            }
        }
        if problems.is_empty() { Ok(subscriptions) } else { Err(problems) }
    }

    /// The subscriptions that could be read, and a problem for every name that could not.
    pub(super) fn known_of<S: AsRef<str>>(names: &[S]) -> (Self, Vec<Problem>) {
        match Self::from_names(names) {
            Ok(subscriptions) => (subscriptions, Vec::new()),
            Err(problems) => (Self::default(), problems),
        }
    }

    pub(super) fn add(&mut self, one: Subscription) {
        if !self.0.contains(&one) {
            self.0.push(one);
        }
    }

    /// Whether `event` is among them.
    pub fn contains(&self, event: EventType) -> bool {
        self.0.iter().any(|one| *one == Subscription::All || *one == Subscription::One(event))
    }

    /// The names, `*` for all.
    pub fn names(&self) -> Vec<&'static str> {
        let name = |one: &Subscription| match one {
            Subscription::All => "*",
            Subscription::One(event) => event.name(),
        };
        self.0.iter().map(name).collect()
    }
}
