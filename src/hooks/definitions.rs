//! The verb that makes the webhooks what a file declares.

use jiff::Timestamp;

use super::Hooks;
use crate::definition::members::replacing;
use crate::definition::{Desired, Plan, Scope, Step, plan};
use crate::error::{Error, Report, Result};
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
