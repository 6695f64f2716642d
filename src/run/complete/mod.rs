//! `complete`: the values that may stand at the end of a command line. The completion scripts ask for it at every tab,
//! so it is quick, never waits, makes no file, and says nothing where there is nothing to offer.
//!
//! It is no command of the command line: it is in no help, and takes its words as they are.

mod bash;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use super::environment;
use crate::cli::position::{Kind, Position, position};
use crate::config::{self, Flags};
use crate::delivery::{Delivery, DeliveryFilter};
use crate::error::exit;
use crate::hooks::{Hooks, WebhookFilter};
use crate::output::text::printable;

/// So many deliveries are offered, the newest ones.
const DELIVERIES: u32 = 50;

/// A value that may stand there, and what it is.
struct Candidate {
    value: String,
    description: String,
}

/// Prints what may stand in the place of the last word; first the name of the shell, then the words, from the name of
/// the program to the one at the cursor. Bash hands over its pieces as they were typed, and gets what is to be inserted;
/// the others hand over what their words mean, and get values with descriptions.
pub fn complete(args: &[OsString]) -> u8 {
    let mut text = Vec::new();
    if let Some((shell, words)) = args.split_first() {
        let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        match shell.to_str() {
            Some("bash") => for_bash(&words, &mut text),
            Some("zsh" | "fish") => for_others(&words, &mut text),
            _ => None,
        };
    }
    let mut stdout = io::stdout().lock();
    // Whoever does not listen has asked for nothing.
    let _ = stdout.write_all(&text).and_then(|()| stdout.flush());
    exit::DONE
}

fn for_bash(pieces: &[String], text: &mut Vec<u8>) -> Option<()> {
    let (mut words, cut) = bash::join(pieces);
    let current = words.pop()?;
    let (kept, _) = bash::meaning(&current[..cut]);
    let (meant, quote) = bash::meaning(&current);
    let mut words: Vec<String> = words.iter().map(|word| bash::meaning(word).0).collect();
    words.push(meant);
    let position = position(&words)?;
    for candidate in candidates(&position, position.prefix.starts_with(|c: char| c.is_ascii_digit()))? {
        if candidate.value.starts_with(&position.prefix) {
            let whole = format!("{}{}", position.before, candidate.value);
            if let Some(written) = whole.strip_prefix(&kept).and_then(|rest| bash::written(rest, quote)) {
                writeln!(text, "{written}").ok()?;
            }
        }
    }
    Some(())
}

fn for_others(words: &[String], text: &mut Vec<u8>) -> Option<()> {
    // They know better than this program what matches what is written.
    for Candidate { value, description } in candidates(&position(words)?, true)? {
        writeln!(text, "{value}\t{description}").ok()?;
    }
    Some(())
}

fn candidates(position: &Position, ids: bool) -> Option<Vec<Candidate>> {
    match &position.kind {
        Kind::Event(names) => Some(
            names
                .iter()
                .map(|(value, description)| Candidate {
                    value: value.clone(),
                    description: description.clone(),
                })
                .collect(),
        ),
        Kind::Webhook => webhooks(&look(position)?, ids),
        Kind::Delivery => deliveries(&look(position)?),
    }
}

/// The database that the command would use.
fn look(position: &Position) -> Option<Hooks> {
    let path = |named: &Option<OsString>| named.as_ref().map(|named| at_home(PathBuf::from(named)));
    let flags = Flags { db: path(&position.db), config: path(&position.config), ..Flags::default() };
    let named = flags.config.clone().or_else(|| environment("PTW_HOOKS_CONFIG").map(PathBuf::from));
    // Of a pipe or a terminal, the reading would wait for somebody who writes.
    if named.is_some_and(|path| path.metadata().is_ok_and(|found| !found.is_file()) && path != *"/dev/null") {
        return None;
    }
    let config = config::load(flags, &environment).ok()?;
    Hooks::open_for_a_glance(&config.db?, config.settings).ok()
}

/// `~/x` as the shell will hand it over.
fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), environment("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path,
    }
}

/// The names, and the ids where these are wanted or a name would not do: one that several share, that looks like an id
/// or an option, or that a terminal cannot show.
fn webhooks(hooks: &Hooks, ids: bool) -> Option<Vec<Candidate>> {
    let mut all = hooks.list(&WebhookFilter::default()).ok()?;
    all.reverse();
    let mut count: HashMap<&str, u32> = HashMap::new();
    for webhook in &all {
        *count.entry(&webhook.name).or_default() += 1;
    }
    let is_clear = |name: &str| {
        count.get(name) == Some(&1)
            && !name.is_empty()
            && !name.starts_with('-')
            && name.parse::<i64>().is_err()
            && printable(name) == name
    };
    let (mut by_name, mut by_id) = (Vec::new(), Vec::new());
    for webhook in &all {
        let clear = is_clear(&webhook.name);
        if clear {
            let state = if webhook.enabled { "" } else { ", disabled" };
            by_name.push(Candidate {
                value: webhook.name.clone(),
                description: format!("webhook {}{state}", webhook.id),
            });
        }
        if ids || !clear {
            let description = printable(&webhook.name).into_owned();
            by_id.push(Candidate { value: webhook.id.to_string(), description });
        }
    }
    by_name.append(&mut by_id);
    Some(by_name)
}

fn deliveries(hooks: &Hooks) -> Option<Vec<Candidate>> {
    let newest = DeliveryFilter { limit: DELIVERIES, ..DeliveryFilter::default() };
    let candidate = |delivery: &Delivery| Candidate {
        value: delivery.id.to_string(),
        description: printable(&format!(
            "{} {} {} {}",
            delivery.event.name(),
            delivery.permit_number,
            delivery.webhook_name,
            delivery.status.name()
        ))
        .into_owned(),
    };
    Some(hooks.deliveries(&newest).ok()?.iter().map(candidate).collect())
}
