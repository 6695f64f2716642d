//! The verb that makes the webhooks what a file declares.

use jiff::Timestamp;

use super::Hooks;
use super::webhooks::file_problems;
use crate::definition::members::replacing;
use crate::definition::{Desired, Plan, Scope, Step, plan};
use crate::error::{Error, Problem, Report, Result};
use crate::store::Round;
use crate::webhook::Actor;

impl Hooks {
    /// Does what was planned, all of it in one transaction or nothing, and notes that `by` did it. Within the
    /// transaction the plan is made once more: another process may have changed something since. Returns the id of the
    /// webhook of each step.
    ///
    /// # Errors
    /// `Refused` where the plan is another by now; `Storage`. Nothing is changed then.
    pub fn apply(&self, desired: &[Desired], scope: Scope, planned: &Plan, by: &Actor) -> Result<Vec<i64>> {
        if planned.steps.is_empty() {
            return Ok(Vec::new());
        }
        let now = Timestamp::now();
        self.store.together(|round| {
            let again = plan(desired, &round.webhooks()?, scope);
            if again.is_ok_and(|again| again.steps == planned.steps) {
                planned.steps.iter().map(|step| perform(round, step, by, now)).collect()
            } else {
                Err(Error::Refused(overtaken()))
            }
        })
    }
}

/// What is wrong with the files for TLS that a webhook is to use from now on. Those that it uses already are the affair
/// of `doctor`.
pub fn planned_file_problems(plan: &Plan, desired: &[Desired]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in &plan.steps {
        let new = match step {
            Step::Create { new, .. } => new,
            Step::Update { before, after, .. } if before.tls != after.tls => after,
            Step::Update { .. } | Step::Delete { .. } => continue,
        };
        let same = |one: &&Desired| one.new.name == new.name && one.new.project == new.project;
        let place = desired.iter().find(same).map_or(new.name.as_str(), |one| one.place.as_str());
        problems.extend(file_problems(&new.tls).into_iter().map(|problem| problem.at(place)));
    }
    problems
}

fn perform(round: &Round, step: &Step, by: &Actor, now: Timestamp) -> Result<i64> {
    let done = match step {
        Step::Create { new, .. } => Some(round.create_webhook(&new.clone().validate(now)?, by)?.id),
        Step::Update { id, after, .. } => {
            let change = |webhook: &_| replacing(after.clone()).apply(webhook, now);
            round.change_webhook(*id, by, change)?.map(|webhook| webhook.id)
        }
        Step::Delete { id, .. } => round.delete_webhook(*id, by, now)?.then_some(*id),
    };
    done.ok_or_else(|| Error::Refused(overtaken()))
}

fn overtaken() -> Report {
    Report::new("the webhooks were changed by somebody else in the meantime; nothing was done")
        .hint("run it again: it goes by what is there then")
}
