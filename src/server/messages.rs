//! The problems of the product in the words of the API: those of Django REST Framework, whose clients exist.

use serde_json::{Map, Value};

use crate::error::{Fault, Problem};

/// What is wrong with fields: a list of sentences under the name of each.
pub type Problems = Map<String, Value>;

/// The text is there, but empty.
pub const BLANK: &str = "This field may not be blank.";
/// The member is null.
pub const NULL: &str = "This field may not be null.";
/// There is no such member.
pub const REQUIRED: &str = "This field is required.";
/// There is such a member, and it means nothing.
pub const UNKNOWN: &str = "This field is not known here.";
/// The member is no text.
pub const NO_STRING: &str = "Not a valid string.";
/// The member is no integer.
pub const NO_INTEGER: &str = "A valid integer is required.";
/// The member is no URL.
pub const NO_URL: &str = "Enter a valid URL.";
/// The member is no boolean.
pub const NO_BOOLEAN: &str = "Must be a valid boolean.";

/// The member is a file of the server.
pub const ONLY_HERE: &str = "This field can only be set with `ptw-hooks update` on the server.";

/// Adds a sentence to those under a field.
pub fn add(problems: &mut Problems, field: &str, sentence: impl Into<String>) {
    let sentence = Value::String(sentence.into());
    let list = problems.entry(field).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(sentence);
    }
}

/// The same problems in the order of these fields; what is not among them comes last.
pub fn sort(problems: &mut Problems, fields: &[&str]) {
    let place = |field: &String| fields.iter().position(|known| known == field).unwrap_or(fields.len());
    let mut all: Vec<_> = std::mem::take(problems).into_iter().collect();
    all.sort_by_key(|(field, _)| place(field));
    problems.extend(all);
}

/// Problems under their fields.
pub fn of(problems: &[Problem]) -> Problems {
    let mut all = Problems::new();
    for problem in problems {
        add(&mut all, problem.field, message(problem));
    }
    all
}

/// One problem as a sentence.
pub fn message(problem: &Problem) -> String {
    match &problem.fault {
        Fault::Blank => BLANK.to_owned(),
        Fault::TooLong(most) => format!("Ensure this field has no more than {most} characters."),
        Fault::UnknownEvent { value, .. } => not_a_choice(value),
        Fault::NoText => NO_STRING.to_owned(),
        Fault::TestEvent => not_a_choice("webhook_test"),
        Fault::Url(_) => NO_URL.to_owned(),
        Fault::Integer(_) => NO_INTEGER.to_owned(),
        Fault::Other(report) => sentence(&report.message),
    }
}

/// A value that is not one of those that are known. It may be megabytes of a stranger's text.
pub fn not_a_choice(value: &str) -> String {
    let shown: String = value.chars().take(100).collect();
    format!("\"{shown}\" is not a valid choice.")
}

/// A message of the command line as a sentence.
pub fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_stand_under_their_fields() {
        let problems = [
            Problem { field: "name", fault: Fault::Blank },
            Problem { field: "url", fault: Fault::TooLong(500) },
            Problem { field: "url", fault: Fault::Url("it is none".to_owned()) },
            Problem::other("secret", "secret cannot hold line breaks"),
        ];
        assert_eq!(
            Value::Object(of(&problems)).to_string(),
            r#"{"name":["This field may not be blank."],"url":["Ensure this field has no more than 500 characters.","Enter a valid URL."],"secret":["Secret cannot hold line breaks."]}"#
        );
    }
}
