//! The headers of its own that a webhook sends: which are allowed, and how they are shown. Pure.

use std::fmt;

use http::{HeaderName, HeaderValue};

use crate::error::Problem;
use crate::signature::same;

/// What is shown in the place of a header's value, which is often a credential.
pub const MASK: &str = "********";

/// One header of a request. Its value is not shown by `Debug`.
#[derive(Clone, Eq)]
pub struct Header {
    /// The name, as it was given.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The value is often a credential and compared as one.
impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && same(&self.value, &other.value)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {MASK}", self.name)
    }
}

impl Header {
    /// A header from `NAME: VALUE`.
    ///
    /// # Errors
    /// A problem where there is no colon.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        text.split_once(':')
            .map(|(name, value)| Self { name: name.trim().to_owned(), value: value.trim().to_owned() })
            .ok_or_else(|| {
                Problem::other("headers", "a header cannot be used: it has no colon")
                    .hint("write it as `--header 'X-Site: north'`")
            })
    }
}

/// The headers that belong to HTTP itself or to the proof of an event. A caller's `Content-Length` or
/// `Host` would be sent as it stands and make the receiver wait for bytes that never come.
const RESERVED: [&str; 17] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "expect",
    "te",
    "trailer",
    "upgrade",
    "user-agent",
    "x-athens-signature",
    "x-athens-event",
    "x-athens-delivery",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// Every problem with these headers; a message never holds a value.
pub fn check(headers: &[Header]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |message: String| problems.push(Problem::other("headers", message));
    if headers.len() > 20 || headers.iter().map(|h| h.name.len() + h.value.len()).sum::<usize>() > 8192 {
        problem("headers cannot be used: at most 20, with 8192 bytes altogether".to_owned());
    }
    for (index, header) in headers.iter().enumerate() {
        let name = &header.name;
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            problem(format!("`{}` cannot be the name of a header", name.escape_debug()));
        } else if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            problem(format!("header `{name}` cannot be set: every request has its own"));
        } else if HeaderValue::from_str(&header.value).is_err() {
            problem(format!("header `{name}` cannot hold control characters or characters outside ASCII"));
        } else if headers[..index].iter().any(|earlier| earlier.name.eq_ignore_ascii_case(name)) {
            problem(format!("header `{name}` cannot be given twice"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_the_request_is_refused_without_showing_the_value() {
        for bad in [
            "Host: v4lue",
            "content-LENGTH: v4lue",
            "X-Athens-Event: v4lue",
            ": v4lue",
            "A B: v4lue",
            "X: v4lue\r\nY: z",
        ] {
            let found = check(&[Header::parse(bad).unwrap()]);
            assert_eq!(found.len(), 1, "{bad:?}");
            assert!(!found[0].to_string().contains("v4lue"), "{bad:?}");
        }
        assert!(Header::parse("no colon").is_err());
        assert_eq!(check(&[Header::parse("A: 1").unwrap(), Header::parse("a: 2").unwrap()]).len(), 1);
    }

    #[test]
    fn ordinary_headers_are_taken_and_never_shown() {
        let header = Header::parse("Authorization: Bearer s3cret:x").unwrap();
        assert_eq!(header.value, "Bearer s3cret:x");
        assert!(check(std::slice::from_ref(&header)).is_empty());
        assert_eq!(format!("{header:?}"), "Authorization: ********");
    }
}
