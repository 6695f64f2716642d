//! How webhooks look.

use std::fmt::Write as _;
use std::time::Duration;

use super::table::{Cell, Column, Table, Tone, number, words};
use super::text::{printable, shortened};
use super::{Look, rotation};
use crate::webhook::Webhook;
use crate::webhook::headers::MASK;

const COLUMNS: [Column; 9] = [
    number("id"),
    words("name"),
    words("enabled"),
    words("project"),
    words("url"),
    words("events"),
    words("secret"),
    words("last_sent"),
    words("last_result"),
];

/// A row for each webhook, and a column for rotations where there is one.
pub fn table(webhooks: &[Webhook], look: &Look) -> Table {
    let rows = webhooks.iter().map(|webhook| row(webhook, look));
    // Seldom enough that the column would be empty, as a rule; and the last one, so that no other moves.
    if webhooks.iter().all(|webhook| webhook.rotation.is_none()) {
        return Table::new(&COLUMNS, rows);
    }
    let rotation = |webhook: &Webhook| webhook.rotation.as_ref().map(|one| rotation::short(one, look));
    let rotations = webhooks.iter().map(|webhook| rotation(webhook).unwrap_or_default().into());
    let rows = rows.zip(rotations).map(|(mut row, rotation)| {
        row.push(rotation);
        row
    });
    Table::new(&[&COLUMNS[..], &[words("rotation")]].concat(), rows)
}

fn row(webhook: &Webhook, look: &Look) -> Vec<Cell> {
    vec![
        webhook.id.into(),
        webhook.name.as_str().into(),
        enabled(webhook),
        project(webhook).into(),
        webhook.url.as_str().into(),
        webhook.events.names().join(" ").into(),
        webhook.secret.masked().into(),
        look.time_or(webhook.last_sent_at, "").into(),
        last_result(webhook),
    ]
}

/// Everything about one webhook, a line each.
pub fn details(webhook: &Webhook, look: &Look, reveal_secret: bool, default_timeout: Duration) -> String {
    let secret = if reveal_secret { webhook.secret.expose().to_owned() } else { webhook.secret.masked() };
    let timeout = webhook.timeout.map_or_else(
        || format!("{} s (default)", default_timeout.as_secs()),
        |timeout| format!("{} s", timeout.as_secs()),
    );
    let events = webhook.events.names();
    let enabled = match &webhook.disabled {
        Some(disabled) => format!("no: {}, since {}", disabled.reason, look.time(disabled.at)),
        None => "yes".to_owned(),
    };
    let retries = match &webhook.schedule {
        None => "as configured".to_owned(),
        Some(schedule) if schedule.0.is_empty() => "none".to_owned(),
        Some(schedule) => format!("after {}", schedule.text()),
    };
    let mut lines = vec![
        ("id", webhook.id.to_string()),
        ("name", webhook.name.clone()),
        ("url", webhook.url.clone()),
        ("enabled", enabled),
        ("project", project(webhook)),
        ("events", if events.is_empty() { "none".to_owned() } else { events.join(" ") }),
        ("secret", secret),
        ("timeout", timeout),
        ("retries", retries),
        ("rate", webhook.rate.map_or_else(|| "no bound".to_owned(), |rate| format!("at most {rate}"))),
        ("order", if webhook.ordered { "by permit" } else { "none" }.to_owned()),
    ];
    if let Some(rotation) = &webhook.rotation {
        let old = if reveal_secret { rotation.old.expose().to_owned() } else { rotation.old.masked() };
        lines.insert(7, ("rotation", rotation::long(rotation, &old, look)));
    }
    if let Some(paused_at) = webhook.paused_at {
        lines.insert(4, ("paused", format!("since {}", look.time(paused_at))));
    }
    lines.extend(webhook.headers.iter().map(|header| ("header", format!("{}: {MASK}", header.name))));
    let files = [
        ("client cert", webhook.tls.cert()),
        ("client key", webhook.tls.key()),
        ("ca file", webhook.tls.ca_file.as_deref()),
    ];
    lines.extend(files.into_iter().filter_map(|(name, path)| Some((name, path?.to_owned()))));
    lines.extend([
        ("created", look.time(webhook.created_at)),
        ("updated", look.time(webhook.updated_at)),
        ("last sent", look.time_or(webhook.last_sent_at, "never")),
    ]);
    if webhook.last_sent_at.is_some() {
        lines.push(("last result", last_result(webhook).text));
    }
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<12} {}", printable(&value));
    }
    text
}

fn enabled(webhook: &Webhook) -> Cell {
    match &webhook.disabled {
        Some(disabled) => Cell::toned(format!("no: {}", disabled.reason), Tone::Bad),
        None if webhook.paused_at.is_some() => Cell::toned("yes, paused", Tone::Bad),
        None => Cell::toned("yes", Tone::Good),
    }
}

fn project(webhook: &Webhook) -> String {
    webhook.project.map_or_else(|| "all".to_owned(), |project| project.to_string())
}

fn last_result(webhook: &Webhook) -> Cell {
    match (webhook.last_sent_at, webhook.last_status_code) {
        (None, _) => Cell::toned("", Tone::Plain),
        (Some(_), Some(code)) if webhook.last_error.is_empty() => Cell::toned(code.to_string(), Tone::Good),
        (Some(_), _) => Cell::toned(shortened(&webhook.last_error, 60), Tone::Bad),
    }
}

/// What is said of a webhook that was just created. A generated secret is shown this once.
pub fn created(webhook: &Webhook, generated: bool) -> String {
    let created = format!("created webhook {} `{}`\n", webhook.id, printable(&webhook.name));
    if generated {
        format!(
            "{created}secret  {}\n        shown this once: give it to the receiver now\n",
            webhook.secret.expose()
        )
    } else {
        format!("{created}secret  {}\n", webhook.secret.masked())
    }
}

/// The row of a webhook that was just created, with its secret this once.
pub fn created_table(webhook: &Webhook) -> Table {
    let columns =
        [number("id"), words("name"), words("project"), words("url"), words("events"), words("secret")];
    let row = vec![
        webhook.id.into(),
        webhook.name.as_str().into(),
        project(webhook).into(),
        webhook.url.as_str().into(),
        webhook.events.names().join(" ").into(),
        webhook.secret.expose().into(),
    ];
    Table::new(&columns, [row])
}
