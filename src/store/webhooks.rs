//! The table `webhooks`.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::fault::Fault;
use super::{Round, Store, changes, column, lines, rotations};
use crate::delivery::WEBHOOK_DELETED;
use crate::error::Result;
use crate::event::EventType;
use crate::signature::Secret;
use crate::webhook::{
    Actor, ClientFiles, Deed, Disabled, Header, Schedule, Subscriptions, TlsFiles, Webhook, deeds,
};

/// Which webhooks to list; `None` takes all.
#[derive(Debug, Clone, Default)]
pub struct WebhookFilter {
    /// Of this project.
    pub project: Option<i64>,
    /// That subscribe to this event, by name or by `*`.
    pub event: Option<EventType>,
    /// Enabled ones, or disabled ones.
    pub enabled: Option<bool>,
}

/// An old secret whose overlap is over counts for nothing, whether it was erased by then or not.
const COLUMNS: &str = "id, name, url, secret, project, enabled, events, timeout_ms, headers, disabled_reason, \
                       disabled_at, created_at, updated_at, last_sent_at, last_status_code, last_error, \
                       retry_schedule, rate, ordered, paused_at, client_cert, client_key, ca_file, \
                       CASE WHEN old_secret IS NOT NULL AND rotation_until > unixepoch('subsec') * 1000 \
                       THEN old_secret END, rotation_id, rotation_leads, rotation_started_at, rotation_until, \
                       rotation_accepted_at";

impl Store {
    /// As [`Round::create_webhook`], in a transaction of its own.
    pub fn create_webhook(&self, webhook: &Webhook, by: &Actor) -> Result<Webhook> {
        self.together(|round| round.create_webhook(webhook, by))
    }

    /// The webhooks that pass the filter, newest first.
    pub fn webhooks(&self, filter: &WebhookFilter) -> Result<Vec<Webhook>> {
        let mut webhooks = self.read(|tx| Ok(live(tx)?))?;
        webhooks.retain(|webhook| {
            filter.project.is_none_or(|project| webhook.project == Some(project))
                && filter.event.is_none_or(|event| webhook.events.contains(event))
                && filter.enabled.is_none_or(|enabled| webhook.enabled == enabled)
        });
        webhooks.reverse();
        Ok(webhooks)
    }

    /// The webhook with this id, unless it was deleted.
    pub fn webhook(&self, id: i64) -> Result<Option<Webhook>> {
        self.read(|tx| Ok(find(tx, id)?))
    }

    /// As [`Round::change_webhook`], in a transaction of its own.
    pub fn change_webhook(
        &self,
        id: i64,
        by: &Actor,
        change: impl FnOnce(&Webhook) -> Result<Webhook>,
    ) -> Result<Option<Webhook>> {
        self.together(|round| round.change_webhook(id, by, change))
    }

    /// As [`Round::delete_webhook`], in a transaction of its own.
    pub fn delete_webhook(&self, id: i64, by: &Actor, at: Timestamp) -> Result<bool> {
        self.together(|round| round.delete_webhook(id, by, at))
    }
}

impl Round<'_> {
    /// Every webhook that was not deleted, oldest first.
    pub fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.run(|tx| Ok(live(tx)?))
    }

    /// Stores a new webhook and who created it; returns it with its id.
    pub fn create_webhook(&self, webhook: &Webhook, by: &Actor) -> Result<Webhook> {
        self.run(|tx| {
            tx.prepare_cached(
                "INSERT INTO webhooks (name, url, secret, project, enabled, events, timeout_ms, headers,
                                       disabled_reason, disabled_at, created_at, updated_at, retry_schedule,
                                       rate, ordered, client_cert, client_key, ca_file)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                         ?16, ?17, ?18)",
            )?
            .execute(params![
                webhook.name,
                webhook.url,
                webhook.secret.expose(),
                webhook.project,
                webhook.enabled,
                events_json(webhook),
                timeout_millis(webhook),
                headers_json(webhook),
                webhook.disabled.as_ref().map(|disabled| &disabled.reason),
                webhook.disabled.as_ref().map(|disabled| column::millis(disabled.at)),
                column::millis(webhook.created_at),
                column::millis(webhook.updated_at),
                schedule_json(webhook),
                webhook.rate.map(|rate| rate.to_string()),
                webhook.ordered,
                webhook.tls.cert(),
                webhook.tls.key(),
                webhook.tls.ca_file,
            ])?;
            let id = tx.last_insert_rowid();
            changes::note(tx, id, webhook.created_at, by, (Deed::Created, Vec::new()))?;
            Ok(Webhook { id, ..webhook.clone() })
        })
    }

    /// Replaces the webhook with what `change` makes of it, and notes who did that; `None` where there is none.
    pub fn change_webhook(
        &self,
        id: i64,
        by: &Actor,
        change: impl FnOnce(&Webhook) -> Result<Webhook>,
    ) -> Result<Option<Webhook>> {
        self.run(|tx| {
            let Some(webhook) = find(tx, id)? else { return Ok(None) };
            let changed = change(&webhook)?;
            if changed.has_given_up_a_secret_of(&webhook) {
                self.erased.set(true);
            }
            save(tx, &changed)?;
            for deed in deeds(&webhook, &changed) {
                changes::note(tx, id, changed.updated_at, by, deed)?;
            }
            match (webhook.ordered, changed.ordered) {
                (false, true) => lines::form(tx, id)?,
                (true, false) => lines::dissolve(tx, id)?,
                _ => {}
            }
            Ok(Some(changed))
        })
    }

    /// Hides the webhook, erases its secrets, ends what it was owed, and notes who did that. Its log stays.
    pub fn delete_webhook(&self, id: i64, by: &Actor, at: Timestamp) -> Result<bool> {
        self.run(|tx| {
            let deleted = tx.execute(
                "UPDATE webhooks
                 SET deleted_at = ?2, secret = '', headers = '[]', enabled = 0, old_secret = NULL,
                     rotation_id = NULL, rotation_leads = NULL, rotation_started_at = NULL, rotation_until = NULL,
                     rotation_accepted_at = NULL
                 WHERE id = ?1 AND deleted_at IS NULL",
                params![id, column::millis(at)],
            )?;
            tx.execute(
                "UPDATE deliveries
                 SET status = 'failed', due_at = NULL, claimed_at = NULL, fence = fence + 1, last_error = ?2
                 WHERE webhook_id = ?1 AND status = 'pending'",
                params![id, WEBHOOK_DELETED],
            )?;
            if deleted > 0 {
                self.erased.set(true);
                changes::note(tx, id, at, by, (Deed::Deleted, Vec::new()))?;
            }
            Ok(deleted > 0)
        })
    }
}

/// Every webhook that was not deleted, oldest first.
pub(super) fn live(tx: &Transaction) -> rusqlite::Result<Vec<Webhook>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks WHERE deleted_at IS NULL ORDER BY id"))?
        .query_map([], from_row)?
        .collect()
}

/// Every webhook, oldest first, and when it was deleted if it was.
pub(super) fn all(tx: &Transaction) -> rusqlite::Result<Vec<(Webhook, Option<Timestamp>)>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS}, deleted_at FROM webhooks ORDER BY id"))?
        .query_map([], |row| Ok((from_row(row)?, column::time_or_none(29, row.get(29)?)?)))?
        .collect()
}

/// The webhook with this id, unless it was deleted.
pub(super) fn find(tx: &Transaction, id: i64) -> rusqlite::Result<Option<Webhook>> {
    tx.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks WHERE id = ?1 AND deleted_at IS NULL"))?
        .query_row([id], from_row)
        .optional()
}

fn save(tx: &Transaction, webhook: &Webhook) -> std::result::Result<(), Fault> {
    let rotation = webhook.rotation.as_ref();
    tx.prepare_cached(
        "UPDATE webhooks
         SET name = ?2, url = ?3, secret = ?4, project = ?5, enabled = ?6, events = ?7, timeout_ms = ?8,
             headers = ?9, disabled_reason = ?10, disabled_at = ?11, updated_at = ?12, retry_schedule = ?13,
             rate = ?14, ordered = ?15, paused_at = ?16, old_secret = ?17, rotation_id = ?18,
             rotation_leads = ?19, rotation_started_at = ?20, rotation_until = ?21, rotation_accepted_at = ?22,
             client_cert = ?23, client_key = ?24, ca_file = ?25,
             -- Whoever enables it again gives it another chance.
             failing_since = CASE WHEN ?6 > enabled THEN NULL ELSE failing_since END,
             failures = CASE WHEN ?6 > enabled THEN 0 ELSE failures END
         WHERE id = ?1",
    )?
    .execute(params![
        webhook.id,
        webhook.name,
        webhook.url,
        webhook.secret.expose(),
        webhook.project,
        webhook.enabled,
        events_json(webhook),
        timeout_millis(webhook),
        headers_json(webhook),
        webhook.disabled.as_ref().map(|disabled| &disabled.reason),
        webhook.disabled.as_ref().map(|disabled| column::millis(disabled.at)),
        column::millis(webhook.updated_at),
        schedule_json(webhook),
        webhook.rate.map(|rate| rate.to_string()),
        webhook.ordered,
        webhook.paused_at.map(column::millis),
        rotation.map(|rotation| rotation.old.expose()),
        rotation.map(|rotation| rotation.id),
        rotation.map(|rotation| rotation.leads.name()),
        rotation.map(|rotation| column::millis(rotation.started_at)),
        rotation.map(|rotation| column::millis(rotation.until)),
        rotation.and_then(|rotation| rotation.accepted_at).map(column::millis),
        webhook.tls.cert(),
        webhook.tls.key(),
        webhook.tls.ca_file,
    ])?;
    Ok(())
}

fn events_json(webhook: &Webhook) -> String {
    serde_json::Value::from(webhook.events.names()).to_string()
}

fn headers_json(webhook: &Webhook) -> String {
    column::pairs_to_json(webhook.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())))
}

fn timeout_millis(webhook: &Webhook) -> Option<i64> {
    webhook.timeout.and_then(|timeout| i64::try_from(timeout.as_millis()).ok())
}

fn schedule_json(webhook: &Webhook) -> Option<String> {
    let seconds =
        |schedule: &Schedule| schedule.0.iter().map(Duration::as_secs).collect::<serde_json::Value>();
    webhook.schedule.as_ref().map(|schedule| seconds(schedule).to_string())
}

fn schedule(column: usize, json: Option<String>) -> rusqlite::Result<Option<Schedule>> {
    let Some(json) = json else { return Ok(None) };
    let seconds: Vec<u64> = serde_json::from_str(&json).map_err(|error| column::bad(column, error))?;
    Ok(Some(Schedule(seconds.into_iter().map(Duration::from_secs).collect())))
}

fn from_row(row: &Row) -> rusqlite::Result<Webhook> {
    let names: Vec<String> =
        serde_json::from_str(&row.get::<_, String>(6)?).map_err(|error| column::bad(6, error))?;
    let events = Subscriptions::from_names(&names).map_err(|_| column::bad(6, "unknown event"))?;
    let timeout = row.get::<_, Option<i64>>(7)?.and_then(|millis| u64::try_from(millis).ok());
    let headers = column::pairs_from_json(8, &row.get::<_, String>(8)?)?;
    let disabled_at = column::time_or_none(10, row.get(10)?)?;
    Ok(Webhook {
        id: row.get(0)?,
        name: row.get(1)?,
        url: row.get(2)?,
        secret: Secret::unchecked(row.get(3)?),
        project: row.get(4)?,
        enabled: row.get(5)?,
        events,
        timeout: timeout.map(Duration::from_millis),
        headers: headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
        disabled: row
            .get::<_, Option<String>>(9)?
            .zip(disabled_at)
            .map(|(reason, at)| Disabled { reason, at }),
        created_at: column::time(11, row.get(11)?)?,
        updated_at: column::time(12, row.get(12)?)?,
        last_sent_at: column::time_or_none(13, row.get(13)?)?,
        last_status_code: row.get(14)?,
        last_error: row.get(15)?,
        schedule: schedule(16, row.get(16)?)?,
        rate: row
            .get::<_, Option<String>>(17)?
            .map(|text| text.parse().map_err(|error: String| column::bad(17, error)))
            .transpose()?,
        ordered: row.get(18)?,
        paused_at: column::time_or_none(19, row.get(19)?)?,
        tls: TlsFiles {
            client: row
                .get::<_, Option<String>>(20)?
                .zip(row.get(21)?)
                .map(|(cert, key)| ClientFiles { cert, key }),
            ca_file: row.get(22)?,
        },
        rotation: rotations::from_row(row, 23)?,
    })
}
