//! The text of a definitions file as entries with their lines: TOML or JSON. It knows nothing of what is in an entry.
//! Pure.

use serde::Deserialize;
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use super::value::Value;
use crate::error::Problem;
use crate::event::nearest;

/// A definitions file has at most so many bytes.
pub const LARGEST: u64 = 4 * 1024 * 1024;

/// And at most so many webhooks.
pub const MOST: usize = 10_000;

/// The member that holds the webhooks: `[[webhook]]`.
pub const WEBHOOK: &str = "webhook";

/// The entries of a file, each with its line; or what keeps it from being read.
pub type Entries = Result<Vec<(usize, Value)>, Vec<Problem>>;

/// The entries of a file. Whether it is JSON is told by how it begins: TOML cannot begin with a brace.
pub fn entries(text: &str) -> Entries {
    // Editors of Windows put it in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { json(text) } else { toml(text) }
}

fn toml(text: &str) -> Entries {
    let lines = Lines::of(text);
    // The rest of what the error can say would repeat the line, in which a secret may stand.
    let unread = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| lines.at(span.start));
        vec![Problem::other(
            WEBHOOK,
            format!("line {line}: cannot be read as TOML: {}", error.message().trim()),
        )]
    };
    let file = DeTable::parse(text).map_err(unread)?;
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in file.get_ref() {
        match value.get_ref() {
            _ if name.get_ref() != WEBHOOK => {
                let place = format!("line {}", lines.at(name.span().start));
                problems.push(unknown(name.get_ref(), "a definitions file", [WEBHOOK]).at(&place));
            }
            DeValue::Array(all) => {
                problems.extend(too_many(all.len()));
                let entry = |one: &toml::Spanned<DeValue>| (lines.at(one.span().start), one.get_ref().into());
                entries.extend(all.iter().take(MOST).map(entry));
            }
            _ => problems.push(no_list().at(&format!("line {}", lines.at(name.span().start)))),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(borrow)]
    webhook: &'a RawValue,
}

fn json(text: &str) -> Entries {
    let unread = |before: usize, error: &serde_json::Error| {
        let said = error.to_string();
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        Problem::other(WEBHOOK, format!("line {}: cannot be read as JSON: {said}", before + error.line()))
    };
    let file: File = serde_json::from_str(text).map_err(|error| vec![unread(0, &error)])?;
    let lines = Lines::of(text);
    // The raw texts are pieces of the whole one.
    let line = |raw: &RawValue| lines.at(raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr()));
    let start = line(file.webhook);
    if !file.webhook.get().starts_with('[') {
        return Err(vec![no_list().at(&format!("line {start}"))]);
    }
    let all: Vec<&RawValue> =
        serde_json::from_str(file.webhook.get()).map_err(|error| vec![unread(start - 1, &error)])?;
    let mut problems: Vec<Problem> = too_many(all.len()).into_iter().collect();
    let mut entries = Vec::new();
    for raw in all.into_iter().take(MOST) {
        let line = line(raw);
        match serde_json::from_str(raw.get()) {
            Ok(value) => entries.push((line, value)),
            Err(error) => problems.push(unread(line - 1, &error)),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

fn too_many(count: usize) -> Option<Problem> {
    let sentence = || format!("a definitions file cannot have more than {MOST} webhooks: it has {count}");
    (count > MOST).then(|| Problem::other(WEBHOOK, sentence()))
}

/// What is not a list of webhooks.
pub fn no_list() -> Problem {
    Problem::other(WEBHOOK, "`webhook` cannot be anything but a list of webhooks")
        .hint("begin each with `[[webhook]]`; in JSON write `{\"webhook\": [{…}, {…}]}`")
}

/// A member that is not one of those that are known.
pub fn unknown<'a>(name: &str, what: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Problem {
    let problem = Problem::other(WEBHOOK, format!("`{}` is not a member of {what}", short(name)));
    match nearest(name, known.clone()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => {
            let all: Vec<_> = known.into_iter().map(|name| format!("`{name}`")).collect();
            problem.hint(format!("the members are {}", all.join(", ")))
        }
    }
}

/// A stranger's text for a sentence.
pub fn short(text: &str) -> String {
    text.chars().take(60).collect::<String>().escape_debug().to_string()
}

/// Where the lines of a text begin, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The number of the line that this byte is in.
    fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|end| *end < byte) + 1
    }
}
