//! What differs between what is declared and what is there, member by member, without secrets. Pure.

use super::members::MEMBERS;
use super::value::Value;
use crate::webhook::NewWebhook;

/// A member that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name; the value of a header is `headers.` and the name of the header.
    pub member: String,
    /// What it was.
    pub before: Shown,
    /// What it is to be.
    pub after: Shown,
}

/// What is shown of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It has its default, or there is no webhook.
    Default,
    /// This one.
    Value(Value),
    /// There is one, which is a secret.
    Hidden,
}

impl From<Option<Value>> for Shown {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Default, Self::Value)
    }
}

/// What differs; `None` stands for a webhook that is not there.
pub fn between(before: Option<&NewWebhook>, after: &NewWebhook) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |member: &str, before, after| {
        differences.push(Difference { member: member.to_owned(), before, after });
    };
    for member in &MEMBERS {
        let (was, is) = (before.and_then(member.write), (member.write)(after));
        if was != is {
            note(member.name, was.into(), is.into());
        }
    }
    match before {
        Some(before) if before.secret == after.secret => {}
        Some(_) => note("secret", Shown::Hidden, Shown::Hidden),
        None => note("secret", Shown::Default, Shown::Hidden),
    }
    let names = |new: &NewWebhook| Value::texts(new.headers.iter().map(|header| header.name.as_str()));
    let listed = |new: &NewWebhook| (!new.headers.is_empty()).then(|| names(new));
    let (was, is) = (before.and_then(listed), listed(after));
    if was != is {
        note("headers", was.into(), is.into());
    }
    for header in &after.headers {
        let same_name = |other: &&crate::webhook::Header| other.name == header.name;
        let was = before.and_then(|before| before.headers.iter().find(same_name));
        if was.is_some_and(|was| was != header) {
            note(&format!("headers.{}", header.name), Shown::Hidden, Shown::Hidden);
        }
    }
    differences
}
