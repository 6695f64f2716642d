//! How it looks why an event was sent to each webhook or was not.

use std::fmt::Write as _;

use super::table::{Cell, Column, Table, Tone, number, words};
use super::text::printable;
use super::{Look, deliveries};
use crate::explanation::{Explanation, Fate, Finding};

const COLUMNS: [Column; 5] =
    [words("webhook"), words("outcome"), number("delivery"), words("status"), words("reason")];

/// The events one below the other, each with a row for every webhook.
pub fn text(explanations: &[Explanation], look: &Look) -> String {
    explanations.iter().map(|explanation| one(explanation, look)).collect::<Vec<_>>().join("\n")
}

fn one(explanation: &Explanation, look: &Look) -> String {
    let event = &explanation.event;
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<9} {value}");
    };
    line("event", &format!("{} ({})", event.event.name(), event.id));
    line("permit", &format!("{} (id {})", printable(&event.permit_number), event.permit_id));
    line("project", &event.project_id.map_or_else(|| "none".to_owned(), |id| id.to_string()));
    line("accepted", &look.time(explanation.accepted_at));
    let rows = explanation.findings.iter().map(|finding| row(finding, look));
    out + "\n" + &Table::new(&COLUMNS, rows).render(look)
}

/// A row for every webhook of every event.
pub fn table(explanations: &[Explanation], look: &Look) -> Table {
    let mut columns = vec![words("event_id"), words("event"), words("accepted_at"), number("webhook_id")];
    columns.extend(COLUMNS);
    let rows = explanations.iter().flat_map(|explanation| {
        explanation.findings.iter().map(|finding| {
            let mut cells: Vec<Cell> = vec![
                explanation.event.id.as_str().into(),
                explanation.event.event.name().into(),
                look.time(explanation.accepted_at).into(),
                finding.webhook.into(),
            ];
            cells.extend(row(finding, look));
            cells
        })
    });
    Table::new(&columns, rows)
}

fn row(finding: &Finding, look: &Look) -> Vec<Cell> {
    let tone = match finding.fate {
        Fate::Fired => Tone::Good,
        Fate::Waiting | Fate::Paused | Fate::Unknown => Tone::Waiting,
        Fate::Blocked | Fate::Disabled | Fate::Deleted => Tone::Bad,
        Fate::Duplicate | Fate::NotSubscribed | Fate::OtherProject | Fate::CreatedLater => Tone::Faint,
    };
    vec![
        finding.webhook_name.as_str().into(),
        Cell::toned(finding.fate.name(), tone),
        finding.delivery.map_or_else(String::new, |(id, _)| id.to_string()).into(),
        finding.delivery.map_or_else(|| "".into(), |(_, status)| deliveries::status(status)),
        finding.text(|at| look.time(at)).into(),
    ]
}
