//! What is answered: a status, headers and a body; and the errors of the product in the words of the API.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::messages;
use crate::error::Error;

/// What a client gets.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, the type of the content included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
    /// What the log says beside it, and the client never hears.
    pub cause: Option<String>,
}

/// No further request on this connection.
pub const CLOSE: HeaderValue = HeaderValue::from_static("close");
/// What is seconds away, as a rule: a full database, a full house.
const SOON: HeaderValue = HeaderValue::from_static("1");

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), cause: None }
    }

    /// An answer in JSON.
    pub fn json(status: StatusCode, object: &impl Serialize) -> Self {
        match serde_json::to_vec(object) {
            Ok(body) => Self::of(status, "application/json", body),
            Err(error) => Self::unforeseen(&error.to_string()),
        }
    }

    /// An answer of this type.
    pub fn of(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let answer = Self { body: body.into(), ..Self::empty(status) };
        answer.with(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// An answer that says one thing.
    pub fn detail(status: StatusCode, detail: impl AsRef<str>) -> Self {
        Self::json(status, &json!({ "detail": detail.as_ref() }))
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::detail(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 404 for a webhook.
    pub fn no_webhook() -> Self {
        Self::detail(StatusCode::NOT_FOUND, "No WebhookEndpoint matches the given query.")
    }

    /// 403.
    pub fn forbidden() -> Self {
        Self::detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
    }

    /// 400 with every problem, under the field that it is of.
    pub fn fields(problems: &messages::Problems) -> Self {
        Self::json(StatusCode::BAD_REQUEST, problems)
    }

    /// 400 for a body that has no fields.
    pub fn no_object(kind: &str) -> Self {
        let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
        Self::json(StatusCode::BAD_REQUEST, &json!({ "non_field_errors": [message] }))
    }

    /// 503: it is worth another attempt.
    pub fn later(detail: &str) -> Self {
        Self::detail(StatusCode::SERVICE_UNAVAILABLE, detail).with(RETRY_AFTER, SOON)
    }

    /// 500; the cause is for the log alone.
    pub fn unforeseen(cause: &str) -> Self {
        // Not by way of `json`, which ends here.
        let body = Bytes::from_static(br#"{"detail":"Internal server error."}"#);
        let answer = Self::of(StatusCode::INTERNAL_SERVER_ERROR, "application/json", body);
        Self { cause: Some(cause.to_owned()), ..answer }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        match &error {
            Error::Invalid(problems) => Self::fields(&messages::of(problems)),
            Error::NotFound(_) => Self::not_found(),
            Error::Refused(report) => Self::detail(StatusCode::CONFLICT, messages::sentence(&report.message)),
            Error::Storage(report) => Self::unforeseen(&report.message),
            Error::Unavailable(report) => {
                let answer = Self::later("The database cannot be used at the moment.");
                Self { cause: Some(report.message.clone()), ..answer }
            }
        }
    }
}

/// The name that the API has for what a JSON value is.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// An object, or the answer to what is none.
pub fn object(value: Value) -> Result<Map<String, Value>, Answer> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Answer::no_object(kind(&other))),
    }
}
