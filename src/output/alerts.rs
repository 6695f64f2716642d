//! How alerts look.

use super::Look;
use super::table::{Table, number, words};
use super::text::printable;
use crate::incident::Alert;

/// A row for each.
pub fn table(alerts: &[Alert], look: &Look) -> Table {
    let columns = [
        words("event"),
        words("timestamp"),
        words("webhook"),
        words("failing_since"),
        number("failures"),
        number("pending"),
        number("status_code"),
        words("error"),
    ];
    let row = |alert: &Alert| {
        vec![
            alert.kind.event().name().into(),
            look.time(alert.at).into(),
            alert.webhook_name.as_str().into(),
            look.time(alert.since).into(),
            alert.failures.into(),
            alert.pending.into(),
            alert.status_code.map(|code| code.to_string()).unwrap_or_default().into(),
            alert.error.as_str().into(),
        ]
    };
    Table::new(&columns, alerts.iter().map(row))
}

/// One line for people.
pub fn line(alert: &Alert) -> String {
    format!("{}\n", printable(&alert.sentence()))
}
