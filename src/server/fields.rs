//! The members of a webhook in a request: every one is read as the API reads it, and all that is wrong is said at
//! once.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::{Answer, kind};
use super::messages::{self, Problems};
use crate::error::Error;
use crate::event::integer;
use crate::signature::Secret;
use crate::webhook::{NewWebhook, Rate, Schedule, TlsFiles, Webhook, WebhookChanges};

/// Which members have to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// Name, URL and secret: a webhook is created.
    All,
    /// Name and URL: a webhook is replaced.
    Definition,
    /// None: some members are changed.
    None,
}

/// What was given, as far as it could be read.
#[derive(Default)]
struct Given {
    changes: WebhookChanges,
    problems: Problems,
}

/// The webhook that a request describes.
///
/// # Errors
/// 400 with every problem.
pub fn new_webhook(members: &Map<String, Value>, now: Timestamp) -> Result<NewWebhook, Answer> {
    let Given { changes, mut problems } = read(members, Required::All);
    files(members, &TlsFiles::default(), &mut problems);
    // What could not be read stands in for itself, so that the rest is judged as well.
    let new = NewWebhook {
        name: changes.name.unwrap_or_else(|| "name".to_owned()),
        url: changes.url.unwrap_or_else(|| "http://localhost/".to_owned()),
        secret: changes.secret.unwrap_or_else(|| Secret::unchecked("secret".to_owned())),
        project: changes.project.flatten(),
        enabled: changes.enabled.unwrap_or(true),
        events: changes.events.unwrap_or_default(),
        timeout: changes.timeout.flatten(),
        headers: Vec::new(),
        schedule: changes.schedule.flatten(),
        rate: changes.rate.flatten(),
        ordered: changes.ordered.unwrap_or_default(),
        tls: TlsFiles::default(),
    };
    merge(&mut problems, new.clone().validate(now));
    if problems.is_empty() { Ok(new) } else { Err(Answer::fields(&problems)) }
}

/// What a request changes of `webhook`.
///
/// # Errors
/// 400 with every problem.
pub fn changes(
    members: &Map<String, Value>,
    required: Required,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<WebhookChanges, Answer> {
    let Given { changes, mut problems } = read(members, required);
    files(members, &webhook.tls, &mut problems);
    merge(&mut problems, changes.clone().apply(webhook, now));
    if problems.is_empty() { Ok(changes) } else { Err(Answer::fields(&problems)) }
}

/// Adds what the product finds, but for fields of which something was found already.
fn merge(problems: &mut Problems, judged: crate::error::Result<Webhook>) {
    if let Err(Error::Invalid(found)) = judged {
        for (field, sentences) in messages::of(&found) {
            problems.entry(field).or_insert(sentences);
        }
    }
    messages::sort(problems, &["name", "url", "secret", "enabled", "events", "project"]);
}

fn read(members: &Map<String, Value>, required: Required) -> Given {
    let mut given = Given::default();
    let problems = &mut given.problems;
    let changes = &mut given.changes;
    let mut missing = |field: &str, when: bool| {
        if when && !members.contains_key(field) {
            messages::add(problems, field, messages::REQUIRED);
        }
    };
    missing("name", required != Required::None);
    missing("url", required != Required::None);
    missing("secret", required == Required::All);
    let take = |field: &str| members.get(field).map(|value| (field.to_owned(), value));
    let mut found = Vec::new();
    let mut keep = |field: String, message: String| found.push((field, message));

    if let Some((field, value)) = take("name") {
        changes.name = text(value).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("url") {
        let no_url = |message: String| match message.as_str() {
            messages::NO_STRING => messages::NO_URL.to_owned(),
            _ => message,
        };
        changes.url = text(value).map_err(no_url).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("secret") {
        changes.secret = secret(value).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("enabled") {
        changes.enabled = boolean(value).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("events") {
        changes.events = list(value).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("project") {
        changes.project = optional(value, whole).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("timeout") {
        changes.timeout = optional(value, seconds).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("retry_schedule") {
        changes.schedule = optional(value, schedule).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("rate") {
        changes.rate = optional(value, rate).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("ordered") {
        changes.ordered = boolean(value).map_err(|message| keep(field, message)).ok();
    }
    if let Some((field, value)) = take("paused") {
        changes.paused = boolean(value).map_err(|message| keep(field, message)).ok();
    }
    for (field, message) in found {
        messages::add(&mut given.problems, &field, message);
    }
    given
}

/// Files of the server are chosen at its command line alone: whether one can be read, and what is in it, would
/// otherwise be told to whoever names it. What is there already may come back, as `PUT` after `GET` sends it; nothing
/// is looked at for that.
fn files(members: &Map<String, Value>, stored: &TlsFiles, problems: &mut Problems) {
    let members_of_files = [
        ("client_cert", stored.cert()),
        ("client_key", stored.key()),
        ("ca_file", stored.ca_file.as_deref()),
    ];
    for (field, path) in members_of_files {
        if members
            .get(field)
            .is_some_and(|given| given.as_str() != path || !(given.is_string() || given.is_null()))
        {
            messages::add(problems, field, messages::ONLY_HERE);
        }
    }
}

fn optional<T>(value: &Value, read: fn(&Value) -> Result<T, String>) -> Result<Option<T>, String> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

/// Text, or a number in its place; without white space around it.
pub fn text(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::Null => return Err(messages::NULL.to_owned()),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(messages::NO_STRING.to_owned()),
    };
    if text.is_empty() { Err(messages::BLANK.to_owned()) } else { Ok(text) }
}

fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Null => Err(messages::NULL.to_owned()),
        Value::Bool(value) => Ok(*value),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        Value::String(text) => match text.trim() {
            "true" | "True" | "TRUE" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "0" => Ok(false),
            _ => Err(messages::NO_BOOLEAN.to_owned()),
        },
        _ => Err(messages::NO_BOOLEAN.to_owned()),
    }
}

/// An integer, also as a string of digits, and as a number with nothing but zeros behind its point.
fn whole(value: &Value) -> Result<i64, String> {
    let literal = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(messages::NO_INTEGER.to_owned()),
    };
    integer("", digits(&literal)).map_err(|_| messages::NO_INTEGER.to_owned())
}

/// A literal without a point that has nothing but zeros behind it.
pub fn digits(literal: &str) -> &str {
    match literal.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|b| b == b'0') => digits,
        _ => literal,
    }
}

fn list(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Null => Err(messages::NULL.to_owned()),
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::String(name) => Ok(name.clone()),
                other => Err(messages::not_a_choice(&other.to_string())),
            })
            .collect(),
        other => Err(format!("Expected a list of items but got type \"{}\".", kind(other))),
    }
}

/// A secret.
pub fn secret(value: &Value) -> Result<Secret, String> {
    Secret::new(text(value)?.trim().to_owned()).map_err(|problem| messages::message(&problem))
}

/// A number of seconds.
pub fn seconds(value: &Value) -> Result<Duration, String> {
    let seconds = whole(value)?;
    u64::try_from(seconds).map(Duration::from_secs).map_err(|_| messages::NO_INTEGER.to_owned())
}

fn schedule(value: &Value) -> Result<Schedule, String> {
    match value {
        Value::Array(waits) => waits.iter().map(seconds).collect::<Result<_, _>>().map(Schedule),
        other => Err(format!("Expected a list of items but got type \"{}\".", kind(other))),
    }
}

fn rate(value: &Value) -> Result<Rate, String> {
    text(value)?.parse().map_err(|how: String| messages::sentence(&how))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2024-01-15T10:30:00Z".parse().unwrap()
    }

    fn problems(members: &Value) -> Value {
        let answer = new_webhook(members.as_object().unwrap(), now()).expect_err("it is taken");
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        assert_eq!(
            problems(
                &json!({"name": " ", "url": "ftp://x", "events": "all", "project": true, "enabled": "yes"})
            ),
            json!({
                "secret": ["This field is required."],
                "name": ["This field may not be blank."],
                "url": ["Enter a valid URL."],
                "enabled": ["Must be a valid boolean."],
                "events": ["Expected a list of items but got type \"str\"."],
                "project": ["A valid integer is required."],
            })
        );
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let members = json!({"name": 5, "url": " http://localhost/ ", "secret": 12_345_678, "project": "7", "enabled": 0});
        let new = new_webhook(members.as_object().unwrap(), now()).unwrap();
        assert_eq!((new.name.as_str(), new.project, new.enabled), ("5", Some(7), false));
        assert_eq!((new.url.as_str(), new.secret.expose()), ("http://localhost/", "12345678"));
    }
}
