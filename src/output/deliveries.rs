//! How deliveries and what was suppressed look.

use super::lines::Lines;
use super::table::{Cell, Column, Table, Tone, number, words};
use super::{Look, duration};
use crate::delivery::{Delivery, Status, Suppression, SuppressionReason};

const COLUMNS: [Column; 11] = [
    number("id"),
    words("time"),
    words("event"),
    words("permit_number"),
    words("webhook"),
    words("status"),
    number("code"),
    number("duration"),
    number("attempts"),
    words("next_attempt"),
    words("error"),
];

/// A row for each delivery.
pub fn table(deliveries: &[Delivery], look: &Look) -> Table {
    Table::new(&COLUMNS, deliveries.iter().map(|delivery| row(delivery, look)))
}

fn row(delivery: &Delivery, look: &Look) -> Vec<Cell> {
    vec![
        delivery.id.into(),
        look.time(delivery.created_at).into(),
        delivery.event.name().into(),
        delivery.permit_number.as_str().into(),
        delivery.webhook_name.as_str().into(),
        status(delivery.status),
        code(delivery),
        took(delivery),
        delivery.attempts.into(),
        next_attempt(delivery, look).into(),
        delivery.error.as_str().into(),
    ]
}

/// The lines of the log while it is followed: what is long stands at the end.
const LINES: Lines = Lines {
    columns: &[
        number("id"),
        words("time"),
        words("event"),
        words("permit_number"),
        words("webhook"),
        words("status"),
        number("code"),
        number("duration"),
        number("attempts"),
        words("note"),
    ],
    widths: &[7, 25, 20, 14, 12, 7, 4, 9, 8],
};

/// The headings above [`line()`].
pub fn heading() -> String {
    LINES.heading()
}

/// A delivery when it came or when its last attempt ended, which is the time that is shown.
pub fn line(delivery: &Delivery, look: &Look) -> String {
    let ended = delivery.last.as_ref().and_then(|last| last.at.checked_add(last.duration).ok());
    let cells = [
        delivery.id.into(),
        look.time(ended.unwrap_or(delivery.created_at)).into(),
        delivery.event.name().into(),
        delivery.permit_number.as_str().into(),
        delivery.webhook_name.as_str().into(),
        status(delivery.status),
        code(delivery),
        took(delivery),
        delivery.attempts.into(),
        note(delivery, look).into(),
    ];
    LINES.line(&cells, look)
}

fn next_attempt(delivery: &Delivery, look: &Look) -> String {
    match delivery.waits_for {
        Some(waits_for) => waits_for.text().to_owned(),
        None => look.time_or(delivery.next_attempt_at, ""),
    }
}

/// Where a delivery stands, in its colour.
pub fn status(status: Status) -> Cell {
    let tone = match status {
        Status::Pending => Tone::Waiting,
        Status::Success => Tone::Good,
        Status::Failed => Tone::Bad,
    };
    Cell::toned(status.name(), tone)
}

const EMISSION: [Column; 6] = [
    number("delivery"),
    words("webhook"),
    words("status"),
    number("code"),
    number("duration"),
    words("note"),
];

/// A row for each delivery of an event, and for each one that was suppressed.
pub fn emission(deliveries: &[Delivery], suppressed: &[Suppression], look: &Look) -> Table {
    let sent = deliveries.iter().map(|delivery| {
        vec![
            delivery.id.into(),
            delivery.webhook_name.as_str().into(),
            status(delivery.status),
            code(delivery),
            took(delivery),
            note(delivery, look).into(),
        ]
    });
    let suppressed = suppressed.iter().map(|suppression| {
        let note = match suppression.reason {
            SuppressionReason::Duplicate => format!(
                "the same event was accepted before, as delivery {}",
                suppression.delivery.unwrap_or_default()
            ),
            SuppressionReason::Disabled => "the webhook is disabled".to_owned(),
        };
        vec![
            Cell::from(""),
            suppression.webhook_name.as_str().into(),
            Cell::toned(suppression.reason.name(), Tone::Faint),
            "".into(),
            "".into(),
            note.into(),
        ]
    });
    Table::new(&EMISSION, sent.chain(suppressed))
}

/// What went wrong, and what the delivery waits for.
fn note(delivery: &Delivery, look: &Look) -> String {
    let next = match delivery.waits_for {
        Some(waits_for) => Some(waits_for.text().to_owned()),
        None => delivery.next_attempt_at.map(|at| format!("next attempt {}", look.time(at))),
    };
    match (delivery.error.as_str(), next) {
        ("", next) => next.unwrap_or_default(),
        (error, None) => error.to_owned(),
        (error, Some(next)) => format!("{error}; {next}"),
    }
}

fn code(delivery: &Delivery) -> Cell {
    let code = delivery.last.as_ref().and_then(|last| last.status_code);
    code.map_or_else(String::new, |code| code.to_string()).into()
}

fn took(delivery: &Delivery) -> Cell {
    delivery.last.as_ref().map_or_else(String::new, |last| duration(last.duration)).into()
}
