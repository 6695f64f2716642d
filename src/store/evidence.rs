//! What is recorded of an event at every webhook, also of the webhooks that it was not owed to.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use super::{Store, attempts, changes, events, log, suppressions, webhooks};
use crate::delivery::Permit;
use crate::error::Result;
use crate::explanation::{Account, Evidence};

impl Store {
    /// What is recorded of the event with this id; `None` where there is none.
    pub fn evidence(&self, id: &str) -> Result<Option<Evidence>> {
        self.read(|tx| {
            let found = events::by_id(tx, id)?.into_iter().collect();
            Ok(of(tx, found)?.pop())
        })
    }

    /// What is recorded of the newest events about a permit, the newest first.
    pub fn evidence_about(&self, permit: &Permit, limit: u32) -> Result<Vec<Evidence>> {
        self.read(|tx| Ok(of(tx, events::about(tx, permit, limit)?)?))
    }
}

fn of(tx: &Transaction, events: Vec<events::Accepted>) -> rusqlite::Result<Vec<Evidence>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let (all, histories) = (webhooks::all(tx)?, changes::deciding(tx)?);
    let one = |accepted: events::Accepted| {
        let mut deliveries = BTreeMap::new();
        for delivery in log::by_ids(tx, &events::deliveries(tx, accepted.seq)?)? {
            let last = attempts::last_outcome(tx, delivery.id)?;
            deliveries.insert(delivery.webhook, (delivery, last));
        }
        let mut withheld = suppressions::withheld(tx, accepted.seq)?;
        let accounts = all.iter().map(|(webhook, deleted_at)| Account {
            webhook: webhook.clone(),
            deleted_at: *deleted_at,
            history: histories.get(&webhook.id).cloned().unwrap_or_default(),
            delivery: deliveries.remove(&webhook.id),
            withheld: withheld.remove(&webhook.id),
        });
        let accounts = accounts.collect();
        Ok(Evidence { event: accepted.event, accepted_at: accepted.at, accounts })
    };
    events.into_iter().map(one).collect()
}
