//! The clauses that say why: what each of them knows, and how it is put in words. Pure.

use jiff::Timestamp;

use crate::delivery::WaitsFor;
use crate::event::EventType;

/// That something was done, as it was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// When.
    pub at: Timestamp,
    /// Who did it; an early version has not noted that.
    pub by: Option<String>,
}

/// A part of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// The receiver has taken it.
    Delivered {
        /// What it answered.
        code: Option<u16>,
        /// When the attempt began.
        at: Timestamp,
        /// Which attempt it was.
        attempt: u32,
    },
    /// What went wrong last.
    Failing(String),
    /// The same, and there is no next attempt.
    GivenUp(String),
    /// When it is due.
    Next(Timestamp),
    /// Nothing was sent yet; it is due at this time.
    Unsent(Timestamp),
    /// What has to happen first.
    Waits(WaitsFor),
    /// The webhook is paused.
    Paused(Noted),
    /// The webhook was disabled: since when, if that is known, and why the program did it.
    Disabled(Option<Noted>, Option<String>),
    /// It was replayed; the delivery stands for it that another event had led to, if one had.
    Replayed(Timestamp, Option<i64>),
    /// It repeats this delivery, unless that was pruned.
    Repeats(Option<i64>),
    /// The webhook was created after the event was accepted.
    CreatedLater(Noted),
    /// The webhook was deleted before the event was accepted.
    DeletedBefore(Noted),
    /// The webhook was deleted before it was delivered.
    DeletedMeanwhile(Noted),
    /// The webhook was deleted, which has nothing to do with it.
    DeletedSince(Noted),
    /// A test goes to one webhook alone.
    TestOfAnother,
    /// It does not subscribe to this, but to these.
    NotSubscribed(EventType, Vec<&'static str>),
    /// It did not subscribe to this; what it subscribes to now.
    DidNotSubscribe(EventType, Vec<&'static str>),
    /// It belongs to this project, and the event to this one or none.
    OtherProject(Option<i64>, Option<i64>),
    /// It belonged to another project than the event; to which it belongs now.
    WasOfAnother(Option<i64>, Option<i64>),
    /// It would be owed the event as it is now.
    OwedNow,
    /// What the reason says of the webhook is as it is now: what was changed after the event was accepted.
    Changed(&'static str, Noted),
    /// The same, where an early version has not noted what was changed: when it was changed last.
    ChangedUnnoted(Timestamp),
    /// It should have been owed the event, and neither a delivery nor a reason is recorded.
    NothingRecorded,
}

impl Clause {
    /// The clause in words; `time` writes a time.
    pub(super) fn text(&self, time: &impl Fn(Timestamp) -> String) -> String {
        let noted = |noted: &Noted| {
            let by = noted.by.as_deref().unwrap_or("somebody that an early version did not note");
            format!("{} by {by}", time(noted.at))
        };
        match self {
            Self::Delivered { code, at, attempt } => {
                let answer = code.map_or_else(String::new, |code| format!(" {code}"));
                format!("the receiver answered{answer} to attempt {attempt}, at {}", time(*at))
            }
            Self::Failing(error) => error.clone(),
            Self::GivenUp(error) => format!("given up: {error}"),
            Self::Next(at) => format!("next attempt {}", time(*at)),
            Self::Unsent(at) => format!("nothing was sent yet, it is due {}", time(*at)),
            Self::Waits(waits_for) => waits_for.text().to_owned(),
            Self::Paused(since) => format!("the webhook is paused since {}, and it waits", noted(since)),
            Self::Disabled(since, why) => {
                let since = since.as_ref().map_or_else(
                    || ", an early version did not note since when".to_owned(),
                    |since| format!(" since {}", noted(since)),
                );
                let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                format!("the webhook was disabled{since}{why}")
            }
            Self::Replayed(at, None) => format!("replayed {}", time(*at)),
            Self::Replayed(at, Some(delivery)) => {
                format!("replayed {}, when delivery {delivery} of the same event stood for it", time(*at))
            }
            Self::Repeats(Some(delivery)) => {
                format!("the same event was accepted before, as delivery {delivery}")
            }
            Self::Repeats(None) => "the same event was accepted before; its delivery was pruned".to_owned(),
            Self::CreatedLater(created) => format!("the webhook was created only later, {}", noted(created)),
            Self::DeletedBefore(deleted) => {
                format!("the webhook was deleted before the event came, {}", noted(deleted))
            }
            Self::DeletedMeanwhile(deleted) => {
                format!("the webhook was deleted before it was delivered, {}", noted(deleted))
            }
            Self::DeletedSince(deleted) => format!("the webhook was deleted since, {}", noted(deleted)),
            Self::TestOfAnother => "a test goes to one webhook alone".to_owned(),
            Self::NotSubscribed(event, to) => {
                format!("it does not subscribe to {}, but to {}", event.name(), list(to))
            }
            Self::DidNotSubscribe(event, to) => {
                format!(
                    "it did not subscribe to {}; as it is now, it subscribes to {}",
                    event.name(),
                    list(to)
                )
            }
            Self::OtherProject(own, event) => {
                format!(
                    "it belongs to {}, and the event to {}",
                    project(*own, "every project"),
                    project(*event, "none")
                )
            }
            Self::WasOfAnother(own, event) => format!(
                "it belonged to another project than the event, which belongs to {}; as it is now, it belongs to {}",
                project(*event, "none"),
                project(*own, "every project"),
            ),
            Self::OwedNow => "as it is now, it would be owed the event".to_owned(),
            Self::Changed(what, change) => format!("{what} changed after the event, {}", noted(change)),
            Self::ChangedUnnoted(at) => {
                format!(
                    "that is as it is now; an early version did not note what was changed after the event, until {}",
                    time(*at)
                )
            }
            Self::NothingRecorded => {
                "nothing is recorded, although the webhook was owed it; `ptw-hooks check` looks for damage"
                    .to_owned()
            }
        }
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn project(id: Option<i64>, none: &str) -> String {
    id.map_or_else(|| none.to_owned(), |id| format!("project {id}"))
}
