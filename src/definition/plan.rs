//! What has to be done so that the webhooks are what a file declares. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Difference, between};
use super::members::declared;
use super::{Desired, Origin};
use crate::error::{Error, Problem, Report, Result};
use crate::webhook::{NewWebhook, Webhook};

/// Which webhooks and definitions are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only those of this project, in the file as in the database.
    pub project: Option<i64>,
    /// Whether a webhook that the file does not name is deleted: one of `project`, and where that is not given one of
    /// a project of which the file has a webhook. To these belong, as if it were a project, the webhooks of every
    /// project. So a file that holds one project never deletes the webhooks of another.
    pub prune: bool,
}

/// One thing to do.
#[expect(clippy::large_enum_variant, reason = "there are as many as a file has webhooks")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is no webhook of this project and name.
    Create {
        /// What is declared.
        new: NewWebhook,
        /// Whether its secret was generated, because the file does not name one.
        generated: bool,
    },
    /// There is one, and something of it differs.
    Update {
        /// Its id.
        id: i64,
        /// What it is.
        before: NewWebhook,
        /// What is declared.
        after: NewWebhook,
    },
    /// The file does not name it.
    Delete {
        /// Its id.
        id: i64,
        /// What it is.
        before: NewWebhook,
    },
}

impl Step {
    /// The id of the webhook, if there is one yet.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Create { .. } => None,
            Self::Update { id, .. } | Self::Delete { id, .. } => Some(*id),
        }
    }

    /// The webhook as it will be, and where it is deleted as it was.
    pub fn webhook(&self) -> &NewWebhook {
        match self {
            Self::Create { new, .. } => new,
            Self::Update { after, .. } => after,
            Self::Delete { before, .. } => before,
        }
    }

    /// What differs; nothing where it is deleted.
    pub fn differences(&self) -> Vec<Difference> {
        match self {
            Self::Create { new, .. } => between(None, new),
            Self::Update { before, after, .. } => between(Some(before), after),
            Self::Delete { .. } => Vec::new(),
        }
    }
}

/// All that has to be done.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order of the file, and then what is deleted.
    pub steps: Vec<Step>,
    /// Webhooks that the file does not name and that stay.
    pub unmanaged: Vec<(i64, NewWebhook)>,
    /// How many are what the file says.
    pub unchanged: usize,
    /// How many definitions are of other projects than the one that is meant.
    pub elsewhere: usize,
    /// Why the secrets and values that stay as they are were not found; a sentence each.
    pub kept: Vec<String>,
}

/// The plan for what is desired and what is there.
///
/// # Errors
/// [`Error::Invalid`] with every secret and value that would be needed and was not found, and every definition that
/// several webhooks answer to; [`Error::Refused`] where there are only such definitions.
pub fn plan(desired: &[Desired], present: &[Webhook], scope: Scope) -> Result<Plan> {
    let is_meant = |project: Option<i64>| scope.project.is_none() || project == scope.project;
    let mut there: BTreeMap<(Option<i64>, &str), Vec<&Webhook>> = BTreeMap::new();
    for webhook in present.iter().filter(|webhook| is_meant(webhook.project)) {
        there.entry((webhook.project, &webhook.name)).or_default().push(webhook);
    }
    let mut plan = Plan::default();
    let (mut problems, mut ambiguities) = (Vec::new(), Vec::new());
    let mut named: BTreeSet<Option<i64>> = scope.project.into_iter().map(Some).collect();
    for one in desired {
        if !is_meant(one.new.project) {
            plan.elsewhere += 1;
            continue;
        }
        named.insert(one.new.project);
        let step = match there.remove(&(one.new.project, one.new.name.as_str())).as_deref() {
            None => create(one).map(Some),
            Some([webhook]) => update(one, webhook, &mut plan.kept),
            Some(several) => {
                ambiguities.push(ambiguous(several).at(&one.place));
                continue;
            }
        };
        match step {
            Ok(Some(step)) => plan.steps.push(step),
            Ok(None) => plan.unchanged += 1,
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.at(&one.place))),
        }
    }
    let mut rest: Vec<&Webhook> = there.into_values().flatten().collect();
    rest.sort_by_key(|webhook| webhook.id);
    for webhook in rest {
        let before = declared(webhook);
        if scope.prune && named.contains(&webhook.project) {
            plan.steps.push(Step::Delete { id: webhook.id, before });
        } else {
            plan.unmanaged.push((webhook.id, before));
        }
    }
    match (problems.is_empty(), ambiguities.is_empty()) {
        (true, true) => Ok(plan),
        (true, false) => Err(Error::Refused(refusal(ambiguities))),
        (false, _) => {
            problems.extend(ambiguities);
            Err(Error::Invalid(problems))
        }
    }
}

fn create(one: &Desired) -> std::result::Result<Step, Vec<Problem>> {
    let mut problems = Vec::new();
    if let Origin::Missing(why) = &one.secret {
        let hint = "it is needed to create the webhook; without the member `secret` one is generated";
        problems.push(Problem::other("secret", format!("secret cannot be found: {why}")).hint(hint));
    }
    for (header, origin) in one.new.headers.iter().zip(&one.headers) {
        problems.extend(unknown_value(&header.name, origin));
    }
    if problems.is_empty() {
        Ok(Step::Create { new: one.new.clone(), generated: one.secret == Origin::Left })
    } else {
        Err(problems)
    }
}

/// `None` where nothing differs.
fn update(
    one: &Desired,
    webhook: &Webhook,
    kept: &mut Vec<String>,
) -> std::result::Result<Option<Step>, Vec<Problem>> {
    let before = declared(webhook);
    let mut after = one.new.clone();
    let mut problems = Vec::new();
    if one.secret != Origin::Known {
        after.secret = before.secret.clone();
    }
    if let Origin::Missing(why) = &one.secret {
        kept.push(format!("{}: the secret stays as it is: {why}", one.place));
    }
    for (header, origin) in after.headers.iter_mut().zip(&one.headers) {
        if *origin == Origin::Known {
            continue;
        }
        // The names of headers have no case (RFC 9110, section 5.1).
        match before.headers.iter().find(|other| other.name.eq_ignore_ascii_case(&header.name)) {
            Some(other) => {
                header.value.clone_from(&other.value);
                if let Origin::Missing(why) = origin {
                    kept.push(format!("{}: the value of `{}` stays as it is: {why}", one.place, header.name));
                }
            }
            None => problems.extend(unknown_value(&header.name, origin)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok((before != after).then_some(Step::Update { id: webhook.id, before, after }))
}

fn unknown_value(name: &str, origin: &Origin) -> Option<Problem> {
    let why = match origin {
        Origin::Known => return None,
        Origin::Left => "it has no `value`",
        Origin::Missing(why) => why,
    };
    let problem = Problem::other("headers", format!("the value of `{name}` cannot be found: {why}"));
    Some(if *origin == Origin::Left { problem.hint(super::HOW) } else { problem })
}

fn ambiguous(several: &[&Webhook]) -> Problem {
    let ids: BTreeSet<i64> = several.iter().map(|webhook| webhook.id).collect();
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    let sentence = format!("{} webhooks have this name and project: {}", ids.len(), ids.join(", "));
    Problem::other("name", sentence)
}

fn refusal(ambiguities: Vec<Problem>) -> Report {
    let message = Error::Invalid(ambiguities).to_string();
    Report::new(message).hint("`ptw-hooks update ID --name NAME` gives each a name of its own")
}
