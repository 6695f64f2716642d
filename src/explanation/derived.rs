//! What is not recorded and follows: whether a webhook that was neither owed an event nor withheld it did not
//! subscribe, or belonged to another project. Its definition may have changed since, and of a change only the names
//! of the members are noted: what follows all the same is told from what does not. Pure.

use jiff::Timestamp;

use super::reason::{Clause, Noted};
use super::{Account, Fate};
use crate::event::Event;
use crate::webhook::{Change, Deed};

/// What follows of a webhook that was there when the event was accepted, and of which nothing is recorded.
pub(super) struct Derived {
    pub fate: Fate,
    pub reason: Vec<Clause>,
    /// What was changed since that matters.
    pub changed: Option<Noted>,
}

/// How a member of the definition was changed after the event was accepted.
enum Changed {
    Never,
    Noted(Noted),
    /// An early version noted nothing; when the webhook was changed last.
    Unnoted(Timestamp),
}

pub(super) fn derive(event: &Event, accepted_at: Timestamp, account: &Account) -> Derived {
    let webhook = &account.webhook;
    let subscribed = webhook.events.contains(event.event);
    let own = webhook.project.is_none() || webhook.project == event.project_id;
    let not_subscribed = || Clause::NotSubscribed(event.event, webhook.events.names());
    let other_project = || Clause::OtherProject(webhook.project, event.project_id);
    let did_not = || Clause::DidNotSubscribe(event.event, webhook.events.names());
    let was_of_another = || Clause::WasOfAnother(webhook.project, event.project_id);
    let events = changed(account, "events", accepted_at);
    let project = changed(account, "project", accepted_at);
    match (events, project) {
        (Changed::Unnoted(at), _) | (_, Changed::Unnoted(at)) => {
            let (fate, clause) = match (subscribed, own) {
                (false, _) => (Fate::NotSubscribed, not_subscribed()),
                (true, false) => (Fate::OtherProject, other_project()),
                (true, true) => (Fate::Unknown, Clause::OwedNow),
            };
            let reason = vec![clause, Clause::ChangedUnnoted(at)];
            Derived { fate, reason, changed: Some(Noted { at, by: None }) }
        }
        (Changed::Never, _) if !subscribed => certain(Fate::NotSubscribed, not_subscribed()),
        (_, Changed::Never) if !own => certain(Fate::OtherProject, other_project()),
        (Changed::Never, Changed::Never) => certain(Fate::Unknown, Clause::NothingRecorded),
        // It was of the event's project, or of all: nothing but its events can have kept it away.
        (Changed::Noted(change), Changed::Never) => {
            since(Fate::NotSubscribed, did_not(), "its events were", change)
        }
        (Changed::Never, Changed::Noted(change)) => {
            since(Fate::OtherProject, was_of_another(), "its project was", change)
        }
        (Changed::Noted(events), Changed::Noted(project)) => {
            let first = if project.at < events.at { project } else { events };
            let (fate, clause) = match (subscribed, own) {
                (false, _) => (Fate::NotSubscribed, not_subscribed()),
                (true, false) => (Fate::OtherProject, other_project()),
                (true, true) => (Fate::Unknown, Clause::OwedNow),
            };
            since(fate, clause, "that is as it is now: its events and its project were", first)
        }
    }
}

fn certain(fate: Fate, clause: Clause) -> Derived {
    Derived { fate, reason: vec![clause], changed: None }
}

fn since(fate: Fate, clause: Clause, what: &'static str, change: Noted) -> Derived {
    let changed = Some(change.clone());
    Derived { fate, reason: vec![clause, Clause::Changed(what, change)], changed }
}

/// The first change of a member after the event was accepted. A change is dated within its transaction, and an event
/// before it: what was changed before has no later date, and what has the same may be either.
fn changed(account: &Account, member: &str, accepted_at: Timestamp) -> Changed {
    let touches = |change: &&Change| {
        change.at >= accepted_at
            && change.what == Deed::Changed
            && change.fields.iter().any(|field| field == member)
    };
    let first = account.history.iter().find(touches);
    if let Some(change) = first {
        return Changed::Noted(Noted { at: change.at, by: Some(change.by.clone()) });
    }
    // Whatever was done before the event was done by a version that notes it, if anything was noted before.
    let kept = account.history.iter().any(|change| change.what == Deed::Created || change.at < accepted_at);
    let updated_at = account.webhook.updated_at;
    if kept || updated_at < accepted_at { Changed::Never } else { Changed::Unnoted(updated_at) }
}
