//! How one delivery looks in full: the request, every attempt, the answers, and what to do. Also how a
//! request looks that was not made.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::table::Tone;
use super::text::{printable, printable_lines};
use super::{Look, deliveries, duration};
use crate::advice::advice;
use crate::delivery::{Answer, AnswerLength, Attempt, Delivery, Signing};
use crate::event::Event;

/// Everything about one delivery.
pub fn text(delivery: &Delivery, event: &Event, attempts: &[Attempt], look: &Look) -> String {
    let mut out = String::new();
    let status = deliveries::status(delivery.status);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<13} {value}");
    };
    line("delivery", &delivery.id.to_string());
    line("webhook", &format!("{} (id {})", printable(&delivery.webhook_name), delivery.webhook));
    line("event", &format!("{} ({})", delivery.event.name(), delivery.event_id));
    line("permit", &format!("{} (id {})", printable(&delivery.permit_number), delivery.permit_id));
    line("accepted", &look.time(delivery.created_at));
    line("status", &look.paint(status.tone, &status.text));
    match (delivery.waits_for, delivery.next_attempt_at) {
        (Some(waits_for), _) => line("next attempt", waits_for.text()),
        (None, Some(next)) => line("next attempt", &look.time(next)),
        (None, None) => {}
    }
    if attempts.is_empty() && !delivery.error.is_empty() {
        line("error", &printable(&delivery.error));
    }
    match attempts.last() {
        Some(last) => {
            let _ = writeln!(out, "\nrequest of the last attempt");
            out.push_str(&request(&last.url, &last.headers, &event.body));
        }
        None => {
            let _ = writeln!(out, "\nno attempt was made yet; the body is");
            let _ = writeln!(out, "  {}", printable(&String::from_utf8_lossy(&event.body)));
        }
    }
    for attempt in attempts {
        out.push('\n');
        attempt_text(&mut out, attempt, look);
    }
    out
}

/// A request as it goes over the wire, indented.
pub fn request(url: &str, headers: &[(Cow<str>, String)], body: &[u8]) -> String {
    let mut out = format!("  POST {}\n", printable(url));
    for (name, value) in headers {
        let _ = writeln!(out, "  {}: {}", printable(name), printable(value));
    }
    let _ = writeln!(out, "\n  {}", printable(&String::from_utf8_lossy(body)));
    out
}

fn attempt_text(out: &mut String, attempt: &Attempt, look: &Look) {
    let outcome = &attempt.outcome;
    let tone = if outcome.error.is_empty() { Tone::Good } else { Tone::Bad };
    let _ = writeln!(
        out,
        "attempt {} at {}, took {}: {}",
        attempt.number,
        look.time(attempt.started_at),
        duration(outcome.duration),
        look.paint(tone, outcome.kind.name()),
    );
    if !outcome.error.is_empty() {
        let _ = writeln!(out, "  error   {} (phase: {})", printable(&outcome.error), outcome.phase.name());
    }
    if let Some(signing) = attempt.signing {
        let _ = writeln!(out, "  signed  {}", signed(signing));
    }
    if let Some(answer) = &outcome.answer {
        answer_text(out, answer);
    }
    if let Some(advice) = advice(attempt) {
        let _ = writeln!(out, "  advice  {}", printable(&advice));
    }
}

fn signed(Signing { with, refused }: Signing) -> String {
    let (with, other) = (with.name(), with.other().name());
    match refused {
        None => format!("with the {with} secret"),
        Some(status) => {
            format!(
                "with the {with} secret, after a first request with the {other} one was refused ({status})"
            )
        }
    }
}

fn answer_text(out: &mut String, answer: &Answer) {
    let _ = writeln!(out, "  answer  HTTP {}", answer.status);
    for (name, value) in &answer.headers {
        let _ = writeln!(out, "          {}: {}", printable(name), printable(value));
    }
    let kept = answer.body.len();
    let whole = match answer.length {
        AnswerLength::Exactly(bytes) if u64::try_from(kept) == Ok(bytes) => None,
        AnswerLength::Exactly(bytes) => Some(format!("{bytes} bytes")),
        AnswerLength::MoreThan(bytes) => Some(format!("more than {bytes} bytes")),
    };
    if kept > 0 {
        let body = printable_lines(&String::from_utf8_lossy(&answer.body));
        let _ = writeln!(out, "\n          {}", body.trim_end().replace('\n', "\n          "));
    }
    if let Some(whole) = whole {
        let _ = writeln!(out, "          … {kept} bytes kept of {whole}");
    }
}
