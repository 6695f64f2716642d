//! How it looks what a definitions file would change, or has changed.

use std::fmt::Write as _;

use super::Look;
use super::table::{Cell, Column, Table, Tone, number, words};
use super::text::printable;
use crate::definition::{Difference, Plan, Shown, Step};
use crate::webhook::NewWebhook;
use crate::webhook::headers::MASK;

const COLUMNS: [Column; 7] = [
    words("action"),
    number("id"),
    words("name"),
    words("project"),
    words("member"),
    words("before"),
    words("after"),
];

/// A paragraph for each step; `done` has the ids of their webhooks once they were done, when generated secrets are shown.
pub fn text(plan: &Plan, done: Option<&[i64]>, look: &Look) -> String {
    let mut text = String::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let id = done.and_then(|ids| ids.get(index).copied());
        let (sign, tone) = match step {
            Step::Create { .. } => ("+", Tone::Good),
            Step::Update { .. } => ("~", Tone::Waiting),
            Step::Delete { .. } => ("-", Tone::Bad),
        };
        let line = format!("{sign} {}", called(id.or(step.id()), step.webhook()));
        let _ = writeln!(text, "{}", look.paint(tone, &line));
        // The line above has these two of a webhook that is new.
        let is_above = |member: &str| step.id().is_none() && matches!(member, "name" | "project");
        for difference in step.differences().into_iter().filter(|one| !is_above(&one.member)) {
            let value = match secret(step, &difference, id) {
                Some(secret) => secret,
                None => change(step, &difference),
            };
            let sign = match (&difference.before, &difference.after) {
                (Shown::Default, _) => '+',
                (_, Shown::Default) => '-',
                _ => '~',
            };
            let _ = writeln!(text, "  {sign} {:<15} {}", printable(&difference.member), printable(&value));
        }
    }
    for (id, webhook) in &plan.unmanaged {
        let line = format!("? {}: not in the file", called(Some(*id), webhook));
        let _ = writeln!(text, "{}", look.paint(Tone::Faint, &line));
    }
    text
}

/// A row for each member that differs, and one for each webhook of which nothing is said but its name.
pub fn table(plan: &Plan, done: Option<&[i64]>) -> Table {
    let mut rows = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let id = done.and_then(|ids| ids.get(index).copied());
        let action = match step {
            Step::Create { .. } => "create",
            Step::Update { .. } => "update",
            Step::Delete { .. } => "delete",
        };
        let differences = step.differences();
        if differences.is_empty() {
            rows.push(row(action, step.id(), step.webhook(), ["", "", ""]));
        }
        for difference in differences {
            let (before, after) = (value(&difference.before), value(&difference.after));
            let after = generated(step, &difference, id).unwrap_or(after);
            rows.push(row(action, id.or(step.id()), step.webhook(), [&difference.member, &before, &after]));
        }
    }
    for (id, webhook) in &plan.unmanaged {
        rows.push(row("unmanaged", Some(*id), webhook, ["", "", ""]));
    }
    Table::new(&COLUMNS, rows)
}

/// What has to be done, or was done, in one line.
pub fn summary(plan: &Plan, done: bool) -> String {
    let count = |is: fn(&Step) -> bool| plan.steps.iter().filter(|step| is(step)).count();
    let created = count(|step| matches!(step, Step::Create { .. }));
    let changed = count(|step| matches!(step, Step::Update { .. }));
    let deleted = count(|step| matches!(step, Step::Delete { .. }));
    let words =
        if done { ["created", "changed", "deleted"] } else { ["to create", "to change", "to delete"] };
    let parts = [
        (created, words[0]),
        (changed, words[1]),
        (deleted, words[2]),
        (plan.unchanged, "as declared"),
        (plan.unmanaged.len(), "not in the file"),
        (plan.elsewhere, "of other projects left alone"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "no webhooks".to_owned() } else { parts.join(", ") }
}

fn row(action: &str, id: Option<i64>, webhook: &NewWebhook, values: [&str; 3]) -> Vec<Cell> {
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let mut cells: Vec<Cell> = vec![
        action.into(),
        number(id).into(),
        webhook.name.as_str().into(),
        webhook.project.map_or_else(|| "all".to_owned(), |project| project.to_string()).into(),
    ];
    cells.extend(values.map(Cell::from));
    cells
}

fn called(id: Option<i64>, webhook: &NewWebhook) -> String {
    let id = id.map_or_else(String::new, |id| format!("{id} "));
    let project = webhook.project.map_or_else(String::new, |project| format!(", project {project}"));
    format!("{id}`{}`{project}", printable(&webhook.name))
}

fn change(step: &Step, difference: &Difference) -> String {
    match (step, &difference.before, &difference.after) {
        (_, Shown::Hidden, Shown::Hidden) => "changes".to_owned(),
        (Step::Create { .. }, _, after) => shown(after),
        (_, before, after) => format!("{} → {}", shown(before), shown(after)),
    }
}

/// The line of a generated secret.
fn secret(step: &Step, difference: &Difference, done: Option<i64>) -> Option<String> {
    let Step::Create { generated: true, .. } = step else { return None };
    let applied = || {
        generated(step, difference, done)
            .map(|secret| format!("{secret}  shown this once: give it to the receiver now"))
    };
    (difference.member == "secret").then(|| applied().unwrap_or_else(|| "is generated".to_owned()))
}

/// A generated secret, once it is the secret of a webhook.
fn generated(step: &Step, difference: &Difference, done: Option<i64>) -> Option<String> {
    match step {
        Step::Create { new, generated: true } if done.is_some() && difference.member == "secret" => {
            Some(new.secret.expose().to_owned())
        }
        _ => None,
    }
}

fn shown(shown: &Shown) -> String {
    match shown {
        Shown::Default => "default".to_owned(),
        other => value(other),
    }
}

fn value(shown: &Shown) -> String {
    match shown {
        Shown::Default => String::new(),
        Shown::Value(value) => value.text(),
        Shown::Hidden => MASK.to_owned(),
    }
}
