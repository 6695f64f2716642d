//! The verbs that define webhooks: create, list, show, update, enable, disable, delete; and who used them.

use jiff::Timestamp;

use super::{Hooks, random};
use crate::error::{Error, Problem, Report, Result};
use crate::event::nearest;
use crate::probe::SOON;
use crate::sender::{self, Flaw, in_time, is_open_to_others};
use crate::signature::Secret;
use crate::store::{Deletion, WebhookFilter};
use crate::webhook::{Actor, Change, NewWebhook, TlsFiles, Webhook, WebhookChanges};

/// A secret from the system's randomness.
///
/// # Errors
/// `Storage` where the system has none.
pub fn new_secret() -> Result<Secret> {
    Ok(Secret::from_random(random()?))
}

/// The webhook that results, with id 0 until it is stored; its files were looked at.
///
/// # Errors
/// `Invalid` with every problem at once.
pub fn validate(new: NewWebhook) -> Result<Webhook> {
    let problems = file_problems(&new.tls);
    together(new.validate(Timestamp::now()), problems)
}

/// What is wrong with files that are to be used from now on; nothing where there are none.
pub fn file_problems(files: &TlsFiles) -> Vec<Problem> {
    if files.is_empty() {
        return Vec::new();
    }
    let problem = |flaw: Flaw| Problem::other(flaw.member, flaw.error).hint(flaw.hint);
    match sender::load(files) {
        Ok(loaded) => {
            let timely = loaded.client.zip(files.cert());
            let timely = timely.map_or(Ok(()), |(client, path)| in_time(&client, path, Timestamp::now()));
            timely.err().map(problem).into_iter().collect()
        }
        Err(flaws) => flaws.into_iter().map(problem).collect(),
    }
}

/// The result, if there are no further problems.
fn together(judged: Result<Webhook>, further: Vec<Problem>) -> Result<Webhook> {
    match judged {
        Ok(webhook) if further.is_empty() => Ok(webhook),
        Ok(_) => Err(Error::Invalid(further)),
        Err(Error::Invalid(mut problems)) => {
            problems.extend(further);
            Err(Error::Invalid(problems))
        }
        Err(other) => Err(other),
    }
}

/// What should be looked at in the files of a webhook, although they can be used: a sentence each.
pub fn file_doubts(files: &TlsFiles) -> Vec<String> {
    let mut doubts = Vec::new();
    if let Some(key) = files.key().filter(|key| is_open_to_others(key)) {
        doubts.push(format!("other users of this machine can read or write `{key}`; `chmod 600` closes it"));
    }
    let client = sender::load(files).ok().and_then(|loaded| loaded.client);
    let ends =
        client.and_then(|client| client.ends).filter(|ends| ends.duration_since(Timestamp::now()) < SOON);
    if let Some((ends, cert)) = ends.zip(files.cert()) {
        doubts.push(format!(
            "`{cert}` expires at {ends}; renew it in its place, and nothing has to be restarted"
        ));
    }
    doubts
}

impl Hooks {
    /// Stores a new webhook, and that `by` created it.
    ///
    /// # Errors
    /// `Invalid` with every problem at once; `Storage`.
    pub fn create(&self, new: NewWebhook, by: &Actor) -> Result<Webhook> {
        let webhook = validate(new)?;
        self.store.create_webhook(&webhook, by)
    }

    /// The webhooks that pass the filter, newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn list(&self, filter: &WebhookFilter) -> Result<Vec<Webhook>> {
        self.store.webhooks(filter)
    }

    /// The webhook that somebody names by its id or its name.
    ///
    /// # Errors
    /// `NotFound` with the nearest name, or with who deleted it; `Refused` where several webhooks share the name; `Storage`.
    pub fn show(&self, named: &str) -> Result<Webhook> {
        let id = named.parse::<i64>().ok();
        let mut all = self.store.webhooks(&WebhookFilter::default())?;
        let mut found: Vec<usize> = Vec::new();
        for (index, webhook) in all.iter().enumerate() {
            if Some(webhook.id) == id || webhook.name == named {
                found.push(index);
            }
        }
        match found.as_slice() {
            [only] => Ok(all.swap_remove(*only)),
            [] => Err(Error::NotFound(match self.store.deletion(named)? {
                Some(deletion) => deleted(named, &deletion),
                None => not_found(named, &all),
            })),
            several => {
                let ids: Vec<String> = several.iter().rev().map(|index| all[*index].id.to_string()).collect();
                Err(Error::Refused(
                    Report::new(format!("`{named}` names {} webhooks: {}", ids.len(), ids.join(", ")))
                        .hint("use the id of the one that is meant; `ptw-hooks list` shows them"),
                ))
            }
        }
    }

    /// The webhook with this id, if there is one.
    ///
    /// # Errors
    /// `Storage`.
    pub fn webhook(&self, id: i64) -> Result<Option<Webhook>> {
        self.store.webhook(id)
    }

    /// Changes a webhook; what `changes` does not name stays. What `by` has changed is noted.
    ///
    /// # Errors
    /// As [`Self::show`], and `Invalid` with every problem at once.
    pub fn update(&self, named: &str, changes: WebhookChanges, by: &Actor) -> Result<Webhook> {
        let id = self.show(named)?.id;
        self.update_by_id(id, changes, by)?.ok_or_else(|| Error::NotFound(not_found(named, &[])))
    }

    /// As [`Self::update`], of the webhook with this id; `None` where there is none.
    ///
    /// # Errors
    /// `Invalid` with every problem at once; `Storage`.
    pub fn update_by_id(&self, id: i64, changes: WebhookChanges, by: &Actor) -> Result<Option<Webhook>> {
        // The files are read before the transaction, which others wait for.
        let problems = file_problems(&changes.new_files());
        self.store
            .change_webhook(id, by, |webhook| together(changes.apply(webhook, Timestamp::now()), problems))
    }

    /// Hides a webhook, erases its secret and ends what it was owed; its log stays, and that `by` did it.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub fn delete(&self, named: &str, by: &Actor) -> Result<Webhook> {
        let webhook = self.show(named)?;
        let deleted = self.delete_by_id(webhook.id, by)?;
        if deleted { Ok(webhook) } else { Err(Error::NotFound(not_found(named, &[]))) }
    }

    /// As [`Self::delete`], of the webhook with this id; `false` where there is none.
    ///
    /// # Errors
    /// `Storage`.
    pub fn delete_by_id(&self, id: i64, by: &Actor) -> Result<bool> {
        self.store.delete_webhook(id, by, Timestamp::now())
    }

    /// Who did what to the webhook with this id, the newest first, also where it was deleted. There are at most
    /// 20, and the last of them is its creation; an early version has noted nothing.
    ///
    /// # Errors
    /// `Storage`.
    pub fn changes(&self, webhook: i64) -> Result<Vec<Change>> {
        self.store.changes(webhook)
    }
}

fn deleted(named: &str, deletion: &Deletion) -> Report {
    let Deletion { id, name, at, by } = deletion;
    let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    Report::new(format!("webhook `{named}` does not exist")).hint(format!(
        "webhook {id} `{name}` was deleted{by} at {at}; `ptw-hooks deliveries {id}` shows what is left of its log"
    ))
}

pub(super) fn not_found(named: &str, all: &[Webhook]) -> Report {
    let report = Report::new(format!("webhook `{named}` does not exist"));
    match nearest(named, all.iter().map(|webhook| webhook.name.as_str())) {
        Some(near) => report.hint(format!("did you mean `{near}`?")),
        None => report.hint("`ptw-hooks list` shows the names"),
    }
}
