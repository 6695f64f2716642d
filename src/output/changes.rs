//! How it looks who changed a webhook.

use std::fmt::Write as _;

use super::Look;
use super::text::printable;
use crate::webhook::{Change, Deed};

/// A table for people has so many.
const MOST: usize = 10;

/// Who created a webhook, who changed it last, and a line for each change, the newest first.
pub fn text(changes: &[Change], look: &Look) -> String {
    let created = changes.iter().find(|change| change.what == Deed::Created);
    let mut text = line("created by", &created.map_or_else(unknown, |change| printable(&change.by).into()));
    let last = changes.first().filter(|change| change.what != Deed::Created);
    let Some(last) = last else { return text };
    let what = if last.what == Deed::Changed { last.fields.join(", ") } else { last.what.name().to_owned() };
    text += &line("changed by", &format!("{}, {}: {what}", printable(&last.by), look.time(last.at)));
    let shown = &changes[..changes.len().min(MOST)];
    let widest = shown.iter().map(|change| printable(&change.by).chars().count()).max().unwrap_or_default();
    let _ = writeln!(text, "\nchanges");
    for change in shown {
        let Change { what, fields, .. } = change;
        // What was enabled or paused is told by the deed.
        let fields = if *what == Deed::Changed { fields.join(" ") } else { String::new() };
        let (at, by) = (look.time(change.at), printable(&change.by));
        let line = format!("  {at}  {by:<widest$}  {:<8}  {}", what.name(), printable(&fields));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if changes.len() > MOST {
        let _ = writeln!(text, "  and older ones; `-o json` has more");
    }
    text
}

fn unknown() -> String {
    "unknown: an earlier version did not keep it".to_owned()
}

fn line(name: &str, value: &str) -> String {
    format!("{name:<12} {value}\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    fn change(minute: i64, by: &str, what: Deed, fields: &[&str]) -> Change {
        let at = Timestamp::from_second(1_705_314_600 + minute * 60).unwrap();
        Change { at, by: by.into(), what, fields: fields.iter().map(|field| (*field).to_owned()).collect() }
    }

    fn look() -> Look {
        Look { color: false, width: None, zone: TimeZone::UTC }
    }

    #[test]
    fn what_was_only_created_has_one_line_and_what_was_changed_a_table() {
        let created = change(0, "user anna", Deed::Created, &[]);
        assert_eq!(text(&[], &look()), "created by   unknown: an earlier version did not keep it\n");
        assert_eq!(text(std::slice::from_ref(&created), &look()), "created by   user anna\n");
        let changes = [
            change(2, "ptw-hooks", Deed::Disabled, &["enabled"]),
            change(1, "token x\u{1b}", Deed::Changed, &["url", "events"]),
            created,
        ];
        assert_eq!(
            text(&changes, &look()),
            "created by   user anna\n\
             changed by   ptw-hooks, 2024-01-15 10:32:00+00:00: disabled\n\
             \n\
             changes\n\
             \u{20} 2024-01-15 10:32:00+00:00  ptw-hooks      disabled\n\
             \u{20} 2024-01-15 10:31:00+00:00  token x\\u{1b}  changed   url events\n\
             \u{20} 2024-01-15 10:30:00+00:00  user anna      created\n"
        );
        assert_eq!(text(&vec![changes[1].clone(); 12], &look()).lines().count(), 15);
    }
}
