//! The body of an event: its members in their order, in the one form of JSON that survives a JavaScript
//! receiver. Pure.

mod json;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::Problem;
use json::{parse, write_object, write_string};

pub use json::{MAX_SAFE_INTEGER, canonical};

/// The longest body that is accepted, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// What a caller gives as `data`: an object, then single members that are added to it in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataInput {
    /// A JSON object as text.
    pub json: Option<String>,
    /// Members; a key that is there already keeps its place and takes the new value. One that could not be
    /// read is reported with all other problems.
    pub members: Vec<Result<(String, Member), Problem>>,
}

/// The value of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A string, as it stands.
    Text(String),
    /// JSON text of any kind.
    Json(String),
}

impl Member {
    /// A member from `KEY=TEXT` or `KEY:=JSON`.
    ///
    /// # Errors
    /// A problem of `data` where there is no `=` or no key.
    pub fn parse(text: &str) -> Result<(String, Self), Problem> {
        let parsed = text.split_once('=').map(|(key, value)| match key.strip_suffix(':') {
            Some(key) => (key, Self::Json(value.to_owned())),
            None => (key, Self::Text(value.to_owned())),
        });
        match parsed {
            Some((key, member)) if !key.is_empty() => Ok((key.to_owned(), member)),
            _ => Err(Problem::other(
                "data",
                format!("data cannot be read: `{text}` is not KEY=TEXT or KEY:=JSON"),
            )
            .hint("write `--data approved_by='John Doe'` or `--data level:=3`")),
        }
    }

    fn value(self, key: &str) -> Result<Value, Problem> {
        match self {
            Self::Text(text) => Ok(Value::String(text)),
            Self::Json(json) => parse(key, &json),
        }
    }
}

/// Checks what was given as `data` and puts it together.
///
/// # Errors
/// Every problem at once: text that is not JSON, not an object, or holds a number that JavaScript cannot
/// carry.
pub fn data(input: &DataInput) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut data = Map::new();
    if let Some(json) = &input.json {
        match parse("data", json) {
            Ok(Value::Object(object)) => data = object,
            Ok(_) => problems.push(
                Problem::other("data", "data cannot be used: it is not a JSON object")
                    .hint("give an object such as `{\"status\":\"approved\"}`"),
            ),
            Err(problem) => problems.push(problem),
        }
    }
    for member in &input.members {
        let value = member.clone().and_then(|(key, member)| Ok((member.value(&key)?, key)));
        match value {
            Ok((value, key)) => {
                data.insert(key, value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(data) } else { Err(problems) }
}

/// The members of a body that stand before `data`, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The name of the event.
    pub event: &'a str,
    /// Whole seconds.
    pub timestamp: Timestamp,
    /// The permit's id.
    pub permit_id: i64,
    /// The permit's number.
    pub permit_number: &'a str,
    /// The project, or null.
    pub project_id: Option<i64>,
}

/// The body of an event with this `data`.
///
/// # Errors
/// A problem where it is longer than [`MAX_BODY`].
pub fn body(head: &Head, data: &Map<String, Value>) -> Result<Vec<u8>, Problem> {
    let mut body = head.text();
    write_object(&mut body, data);
    body.push('}');
    if body.len() > MAX_BODY {
        return Err(Problem::other(
            "data",
            format!("data cannot be used: the body has {} bytes, the most is {MAX_BODY}", body.len()),
        )
        .hint("send a link to what is large instead of the thing itself"));
    }
    Ok(body.into_bytes())
}

impl Head<'_> {
    /// Everything of the body that stands before the value of `data`.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(512);
        out.push_str("{\"event\":");
        write_string(&mut out, self.event);
        out.push_str(",\"timestamp\":");
        write_string(&mut out, &seconds(self.timestamp));
        out.push_str(",\"permit_id\":");
        out.push_str(&self.permit_id.to_string());
        out.push_str(",\"permit_number\":");
        write_string(&mut out, self.permit_number);
        out.push_str(",\"project_id\":");
        out.push_str(&self.project_id.map_or_else(|| "null".to_owned(), |id| id.to_string()));
        out.push_str(",\"data\":");
        out
    }
}

/// RFC 3339, UTC, whole seconds: `2024-01-15T10:30:00Z`.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(input: &DataInput) -> Result<String, Problem> {
        let head = Head {
            event: "permit_approved",
            timestamp: "2024-01-15T10:30:00Z".parse().unwrap(),
            permit_id: 123,
            permit_number: "PTW-2024-001 \"é\"",
            project_id: Some(5),
        };
        let data = data(input).map_err(|mut problems| problems.remove(0))?;
        body(&head, &data).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn the_members_stand_in_their_order() {
        assert_eq!(
            with(&DataInput::default()).unwrap(),
            r#"{"event":"permit_approved","timestamp":"2024-01-15T10:30:00Z","permit_id":123,"permit_number":"PTW-2024-001 \"é\"","project_id":5,"data":{}}"#
        );
    }

    #[test]
    fn members_come_after_the_object_and_replace_in_place() {
        let input = DataInput {
            json: Some(r#"{"a":1,"b":2}"#.into()),
            members: ["a=x", "c:=[true]", "d=p:=q"].map(Member::parse).to_vec(),
        };
        let body = with(&input).unwrap();
        assert!(body.ends_with(r#""data":{"a":"x","b":2,"c":[true],"d":"p:=q"}}"#), "{body}");
        assert!(Member::parse("no equals sign").is_err());
        assert!(Member::parse(":=1").is_err());
    }

    #[test]
    fn a_body_that_is_too_long_is_refused() {
        let of = |length| {
            with(&DataInput { json: Some(format!("{{\"k\":\"{}\"}}", "x".repeat(length))), members: vec![] })
        };
        assert!(of(MAX_BODY - 200).is_ok());
        let error = of(MAX_BODY).unwrap_err();
        assert!(error.to_string().contains("262144"), "{error}");
    }
}
