//! An event as a JSON object: what a line of a batch holds. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::NewEvent;
use crate::error::{Fault, Problem};
use crate::payload::DataInput;

/// The members that are known; others are ignored.
#[derive(Deserialize)]
#[serde(default)]
struct Members<'a> {
    event: Value,
    permit_id: Value,
    permit_number: Value,
    project_id: Value,
    timestamp: Value,
    idempotency_key: Value,
    // As text: a parsed number has been rounded already.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Default for Members<'_> {
    fn default() -> Self {
        let null = Value::Null;
        Self {
            event: null.clone(),
            permit_id: null.clone(),
            permit_number: null.clone(),
            project_id: null.clone(),
            timestamp: null.clone(),
            idempotency_key: null,
            data: None,
        }
    }
}

impl NewEvent {
    /// The event that a JSON object describes; its members are checked when the event is built.
    ///
    /// # Errors
    /// A problem where it is not a JSON object.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        // Serde would take an array for the members in their order.
        if !text.trim_start().starts_with('{') {
            return Err(Problem::other("event", "the event cannot be read: it is not a JSON object"));
        }
        let members: Members = serde_json::from_str(text).map_err(|error| {
            Problem::other("event", format!("the event cannot be read as a JSON object: {error}"))
        })?;
        let data = members.data.map(RawValue::get).filter(|text| *text != "null");
        Ok(Self {
            event: text_of(members.event).unwrap_or_default(),
            permit_id: text_of(members.permit_id).unwrap_or_default(),
            permit_number: match members.permit_number {
                Value::Null => String::new(),
                Value::String(text) => text,
                // A number would lose its zeros in front.
                _ => return Err(Problem { field: "permit_number", fault: Fault::NoText }),
            },
            project_id: text_of(members.project_id),
            timestamp: text_of(members.timestamp),
            data: DataInput { json: data.map(ToOwned::to_owned), members: Vec::new() },
            idempotency_key: text_of(members.idempotency_key),
        })
    }
}

/// The members that an event may have.
const MEMBERS: [&str; 7] =
    ["event", "permit_id", "permit_number", "project_id", "timestamp", "data", "idempotency_key"];

impl NewEvent {
    /// What is wrong with an object that has a member whose name is nearly that of one that it lacks. Members
    /// that are quite unknown are nobody's mistake.
    pub fn misspelt(text: &str) -> Option<Problem> {
        let members: BTreeMap<Cow<str>, &RawValue> = serde_json::from_str(text).ok()?;
        let is_missing = |name: &&str| !members.contains_key(*name);
        members.keys().filter(|name| !MEMBERS.contains(&name.as_ref())).find_map(|name| {
            let meant = MEMBERS.into_iter().filter(is_missing).find(|known| is_near(name, known))?;
            let problem = Problem::other("event", format!("`{name}` is not a member of an event"));
            Some(problem.hint(format!("did you mean `{meant}`?")))
        })
    }
}

/// Whether somebody who writes `name` means `known`: a slip of the finger, another case, or without its end.
fn is_near(name: &str, known: &str) -> bool {
    let folded = name.to_lowercase().replace('-', "_");
    let begun = folded.len() >= 7 && known.starts_with(&folded);
    let joined = folded.replace('_', "") == known.replace('_', "");
    begun || joined || strsim::damerau_levenshtein(&folded, known) <= 1
}

/// The text of a string, the literal of anything else, nothing for null.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_an_event() {
        let new = NewEvent::from_json(
            r#"{"event":"permit_created","permit_id":7,"permit_number":"P-7","project_id":null,"data":{"a":1.0},"x":1}"#,
        )
        .unwrap();
        assert_eq!((new.event.as_str(), new.permit_id.as_str()), ("permit_created", "7"));
        assert_eq!((new.project_id, new.data.json.as_deref()), (None, Some(r#"{"a":1.0}"#)));
    }

    #[test]
    fn a_member_that_is_nearly_one_is_a_slip() {
        let of = |member: &str| NewEvent::misspelt(&format!(r#"{{"event":"e","{member}":1}}"#));
        for slip in ["project", "projectId", "Permit_ID", "permit-number", "dta", "timestmap", "idempotency"]
        {
            assert!(of(slip).is_some(), "{slip}");
        }
        for other in ["project_id", "x", "source", "permit", "comment", "datacentre"] {
            assert!(of(other).is_none(), "{other}");
        }
        assert!(NewEvent::misspelt(r#"{"project_id":5,"project":"north"}"#).is_none());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in ["", "[]", "1", "{", r#"{"permit_number":12}"#, r#"{"event":"a","event":"b"}"#] {
            assert!(NewEvent::from_json(bad).is_err(), "{bad}");
        }
    }
}
