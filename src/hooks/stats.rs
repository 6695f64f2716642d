//! The verb that counts: stats.

use super::Hooks;
use crate::error::Result;
use crate::stats::{Stats, Window};
use crate::store::WebhookFilter;

impl Hooks {
    /// How the deliveries fared that were accepted in that time, for each webhook, the newest webhook first; or of one
    /// webhook alone, also where it was deleted. To a `project` belong its own webhooks and the global ones, and of
    /// what those are owed the events of the project and of none.
    ///
    /// # Errors
    /// `Storage`.
    pub fn stats(&self, only: Option<i64>, project: Option<i64>, window: Window) -> Result<Vec<Stats>> {
        let webhooks: Vec<i64> = match only {
            Some(id) => vec![id],
            None => {
                let mut all = self.store.webhooks(&WebhookFilter::default())?;
                all.retain(|webhook| {
                    project.is_none() || webhook.project.is_none() || webhook.project == project
                });
                all.into_iter().map(|webhook| webhook.id).collect()
            }
        };
        // One after the other, so that others read in between.
        let found = webhooks.into_iter().map(|id| self.store.stats(id, window, project));
        Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
}
