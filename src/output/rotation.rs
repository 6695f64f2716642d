//! How the rotation of a secret looks.

use std::fmt::Write as _;

use super::Look;
use super::table::{Table, number, words};
use super::text::printable;
use crate::webhook::{Generation, Rotation, Webhook};

/// Where a rotation stands, in a cell.
pub fn short(rotation: &Rotation, look: &Look) -> String {
    format!("{} leads until {}", rotation.leads.name(), look.time(rotation.until))
}

/// Where a rotation stands, in a line; the old secret as it is given.
pub fn long(rotation: &Rotation, old: &str, look: &Look) -> String {
    let until = look.time(rotation.until);
    let accepted = rotation.accepted_at.map(|at| look.time(at));
    match (rotation.leads, accepted) {
        (Generation::New, Some(at)) => {
            format!("the new secret leads, accepted at {at}; the old one {old} is erased at {until}")
        }
        (Generation::New, None) => {
            format!("the new secret leads; the old one {old} is erased at {until}")
        }
        (Generation::Old, Some(at)) => format!(
            "the old secret {old} leads, although the new one was accepted at {at}; it is erased at {until}"
        ),
        (Generation::Old, None) => format!("the old secret {old} leads; it is erased at {until}"),
    }
}

/// What is said of a secret that was just rotated. A generated one is shown this once.
pub fn rotated(webhook: &Webhook, generated: bool, cancelled: bool, look: &Look) -> String {
    let named = format!("webhook {} `{}`", webhook.id, printable(&webhook.name));
    let Some(rotation) = &webhook.rotation else {
        let (kept, erased) = if cancelled { ("old", "new") } else { ("new", "old") };
        return format!(
            "ended the rotation of the secret of {named}\nsecret  {}, the {kept} one; the {erased} one is erased\n",
            printable(&webhook.secret.masked())
        );
    };
    let mut text = format!("rotating the secret of {named}\n");
    if generated {
        let _ = writeln!(text, "secret  {}", webhook.secret.expose());
        let _ = writeln!(text, "        shown this once: give it to the receiver now");
    } else {
        let _ = writeln!(text, "secret  {}", printable(&webhook.secret.masked()));
    }
    let _ = writeln!(
        text,
        "old     {} leads until the receiver accepts the new one, and is erased at {}",
        printable(&rotation.old.masked()),
        look.time(rotation.until)
    );
    text
}

/// The row of a webhook whose secret was just rotated, with a new secret this once.
pub fn rotated_table(webhook: &Webhook) -> Table {
    let columns = [number("id"), words("name"), words("secret"), words("leads"), words("until")];
    let rotation = webhook.rotation.as_ref();
    let row = vec![
        webhook.id.into(),
        webhook.name.as_str().into(),
        rotation.map_or("", |_| webhook.secret.expose()).into(),
        rotation.map_or("", |rotation| rotation.leads.name()).into(),
        rotation.map_or_else(String::new, |rotation| rotation.until.to_string()).into(),
    ];
    Table::new(&columns, [row])
}
