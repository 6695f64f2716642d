//! The verb that tells why an event was sent to a webhook or was not: explain.

use super::Hooks;
use crate::delivery::Permit;
use crate::error::{Error, Report, Result};
use crate::explanation::{self, Explanation};

impl Hooks {
    /// What became of the event with this id at every webhook, and why.
    ///
    /// # Errors
    /// `NotFound`, with the event's id where the id of a delivery was given; `Storage`.
    pub fn explain(&self, event: &str) -> Result<Explanation> {
        match self.store.evidence(event)? {
            Some(evidence) => Ok(explanation::explain(evidence)),
            None => Err(Error::NotFound(self.no_event(event)?)),
        }
    }

    /// The same of the newest events about a permit, the newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn explain_permit(&self, permit: &Permit, limit: u32) -> Result<Vec<Explanation>> {
        let found = self.store.evidence_about(permit, limit)?;
        Ok(found.into_iter().map(explanation::explain).collect())
    }

    fn no_event(&self, named: &str) -> Result<Report> {
        let report = Report::new(format!("event `{named}` does not exist"));
        let delivery = named.parse().ok().map(|id| self.store.delivery(id)).transpose()?.flatten();
        if let Some((delivery, ..)) = delivery {
            let id = delivery.event_id;
            return Ok(
                report.hint(format!("{named} is a delivery, of the event `{id}`: `ptw-hooks explain {id}`"))
            );
        }
        if !self.store.evidence_about(&Permit::parse(named), 1)?.is_empty() {
            return Ok(report
                .hint(format!("there are events about this permit: `ptw-hooks explain --permit {named}`")));
        }
        Ok(report.hint(
            "`ptw-hooks explain --permit NUMBER` finds the events of a permit, and `ptw-hooks inspect DELIVERY` the \
             event of a delivery",
        ))
    }
}
