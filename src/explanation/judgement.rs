//! From what is recorded of an event at one webhook to what became of it. Pure.

use jiff::Timestamp;

use super::reason::{Clause, Noted};
use super::{Account, Fate, Finding, Withheld, derived};
use crate::delivery::{Delivery, OutcomeKind, Status, SuppressionReason, WEBHOOK_DELETED, WaitsFor};
use crate::event::{Event, EventType};
use crate::webhook::{Actor, Change, Deed};

/// What became of an event at a webhook; `None` where the webhook has nothing to do with it: it was not there when
/// the event came, and is not there now.
pub(super) fn find(event: &Event, accepted_at: Timestamp, account: &Account) -> Option<Finding> {
    let webhook = &account.webhook;
    let deleted = account.deleted_at.map(|at| Noted { at, by: by(account, Deed::Deleted, at) });
    let mut finding = Finding {
        webhook: webhook.id,
        webhook_name: webhook.name.clone(),
        fate: Fate::Unknown,
        delivery: None,
        since: None,
        changed: None,
        reason: Vec::new(),
    };
    if let Some((delivery, last)) = &account.delivery {
        sent(&mut finding, account, delivery, *last, deleted.as_ref());
        if let Some(withheld) = &account.withheld {
            finding.reason.extend(disabled(account, accepted_at).1);
            finding.reason.extend(withheld.replayed_at.map(|at| Clause::Replayed(at, None)));
        }
    } else if let Some(withheld) = &account.withheld {
        not_sent(&mut finding, account, withheld, accepted_at);
    } else if webhook.created_at >= accepted_at {
        if deleted.is_some() {
            return None;
        }
        let created = Noted { at: webhook.created_at, by: by(account, Deed::Created, webhook.created_at) };
        finding.fate = Fate::CreatedLater;
        finding.reason.push(Clause::CreatedLater(created.clone()));
        finding.since = Some(created);
    } else if let Some(deleted) = deleted.clone().filter(|deleted| deleted.at <= accepted_at) {
        // Those that would not have been owed it anyway are of no interest.
        let own = webhook.project.is_none() || webhook.project == event.project_id;
        if !own || !webhook.events.contains(event.event) || event.event == EventType::WebhookTest {
            return None;
        }
        finding.fate = Fate::Deleted;
        finding.reason.push(Clause::DeletedBefore(deleted.clone()));
        finding.since = Some(deleted);
    } else if event.event == EventType::WebhookTest {
        finding.fate = Fate::NotSubscribed;
        finding.reason.push(Clause::TestOfAnother);
    } else {
        let derived = derived::derive(event, accepted_at, account);
        (finding.fate, finding.reason, finding.changed) = (derived.fate, derived.reason, derived.changed);
    }
    if finding.fate != Fate::Deleted {
        finding.reason.extend(deleted.map(Clause::DeletedSince));
    }
    Some(finding)
}

/// What became of it is told by its delivery.
fn sent(
    finding: &mut Finding,
    account: &Account,
    delivery: &Delivery,
    last: Option<OutcomeKind>,
    deleted: Option<&Noted>,
) {
    finding.delivery = Some((delivery.id, delivery.status));
    finding.fate = if delivery.attempts > 0 { Fate::Fired } else { Fate::Waiting };
    match delivery.status {
        Status::Success => finding.reason.extend(delivery.last.as_ref().map(|last| Clause::Delivered {
            code: last.status_code,
            at: last.at,
            attempt: delivery.attempts,
        })),
        Status::Failed => match deleted.filter(|_| delivery.error == WEBHOOK_DELETED) {
            Some(deleted) => {
                finding.fate = Fate::Deleted;
                finding.since = Some(deleted.clone());
                finding.reason.push(Clause::DeletedMeanwhile(deleted.clone()));
            }
            None => {
                if last == Some(OutcomeKind::Blocked) {
                    finding.fate = Fate::Blocked;
                }
                finding.reason.push(Clause::GivenUp(delivery.error.clone()));
            }
        },
        Status::Pending => pending(finding, account, delivery),
    }
}

fn pending(finding: &mut Finding, account: &Account, delivery: &Delivery) {
    if !delivery.error.is_empty() {
        finding.reason.push(Clause::Failing(delivery.error.clone()));
    }
    let paused = account.webhook.paused_at.filter(|_| delivery.waits_for == Some(WaitsFor::Resume));
    if let Some(at) = paused {
        let since = Noted { at, by: by(account, Deed::Paused, at) };
        finding.since = Some(since.clone());
        finding.reason.push(Clause::Paused(since));
        if delivery.attempts == 0 {
            finding.fate = Fate::Paused;
        }
        return;
    }
    finding.reason.extend(match (delivery.waits_for, delivery.next_attempt_at) {
        (Some(waits_for), _) => Some(Clause::Waits(waits_for)),
        (None, Some(at)) if delivery.attempts == 0 => Some(Clause::Unsent(at)),
        (None, at) => at.map(Clause::Next),
    });
}

/// What became of it is told by the reason that was recorded.
fn not_sent(finding: &mut Finding, account: &Account, withheld: &Withheld, accepted_at: Timestamp) {
    finding.delivery = withheld.delivery;
    let standing = withheld.delivery.map(|(id, _)| id);
    match withheld.reason {
        SuppressionReason::Duplicate => {
            finding.fate = Fate::Duplicate;
            finding.reason.push(Clause::Repeats(standing));
        }
        SuppressionReason::Disabled => {
            finding.fate = Fate::Disabled;
            let (since, clause) = disabled(account, accepted_at);
            finding.since = since;
            finding.reason.extend(clause);
            finding.reason.extend(withheld.replayed_at.map(|at| Clause::Replayed(at, standing)));
        }
    }
}

/// Since when the webhook was disabled at that time, and the clause that says it.
fn disabled(account: &Account, accepted_at: Timestamp) -> (Option<Noted>, Option<Clause>) {
    let decides = |change: &&Change| matches!(change.what, Deed::Created | Deed::Enabled | Deed::Disabled);
    let deeds: Vec<&Change> = account.history.iter().filter(decides).collect();
    let after = deeds.iter().position(|change| change.at > accepted_at).unwrap_or(deeds.len());
    let (before, later) = deeds.split_at(after);
    let next = later.first().filter(|change| change.what == Deed::Disabled);
    let found = match before.last() {
        // It was created disabled, unless it was disabled next: then that came in between the two dates.
        Some(change) if change.what == Deed::Created => Some(next.copied().unwrap_or(change)),
        Some(change) if change.what == Deed::Disabled => Some(*change),
        // An event is dated before its transaction, a change within its own.
        _ => next.copied(),
    };
    let now = account.webhook.disabled.as_ref();
    let since = match found {
        Some(change) => Some(Noted { at: change.at, by: Some(change.by.clone()) }),
        None => now.filter(|now| now.at <= accepted_at).map(|now| Noted { at: now.at, by: None }),
    };
    // Why the program did it is known of the last time alone.
    let by_program = |since: &Noted| since.by.as_deref() == Some(Actor::Program.to_string().as_str());
    let same = |since: &&Noted| by_program(since) && now.is_some_and(|now| now.at == since.at);
    let why = since.as_ref().filter(same).and(now).map(|now| now.reason.clone());
    let clause = Clause::Disabled(since.clone(), why);
    (since, Some(clause))
}

/// Who did that at that time, as far as it is noted.
fn by(account: &Account, deed: Deed, at: Timestamp) -> Option<String> {
    let did = |change: &&Change| change.what == deed && change.at == at;
    account.history.iter().rev().find(did).map(|change| change.by.clone())
}
