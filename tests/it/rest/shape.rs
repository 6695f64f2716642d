//! Compares JSON with what is expected, where times, ids and generated values are given by their form.
//!
//! `"<time>"`, `"<event>"`, `"<text>"`, `"<integer>"`, `"<any>"` and `"<starts …>"` stand for values of that form.
//! Members are compared in their order. A last member `"+"` lets further ones follow, and `"*"` lets further ones
//! stand anywhere.

use serde_json::{Map, Value};

/// Fails where a value is not of the expected shape.
#[track_caller]
pub fn assert_shape(actual: &Value, expected: &Value) {
    let differences = differences(expected, actual);
    assert!(differences.is_empty(), "{}\nin {actual:#}", differences.join("\n"));
}

/// What is not as expected, a line each.
pub fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("body", expected, actual, &mut found);
    found
}

fn compare(at: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::String(form), _) if form.starts_with('<') && form.ends_with('>') => {
            if !is_of_form(form, actual) {
                found.push(format!("{at} is {actual}, which is no {form}"));
            }
        }
        (Value::Object(expected), Value::Object(actual)) => members(at, expected, actual, found),
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                found.push(format!("{at} has {} items, not {}", actual.len(), expected.len()));
            }
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{at}[{index}]"), expected, actual, found);
            }
        }
        _ if expected == actual => {}
        _ => found.push(format!("{at} is {actual}, not {expected}")),
    }
}

fn members(at: &str, expected: &Map<String, Value>, actual: &Map<String, Value>, found: &mut Vec<String>) {
    let (more, anywhere) = (expected.contains_key("+"), expected.contains_key("*"));
    let wanted: Vec<&String> = expected.keys().filter(|key| !matches!(key.as_str(), "+" | "*")).collect();
    let mut there: Vec<&String> = actual.keys().collect();
    if anywhere {
        there.retain(|key| wanted.contains(key));
        there.sort_by_key(|key| wanted.iter().position(|one| one == key));
    } else if more {
        there.truncate(wanted.len());
    }
    if there != wanted {
        found.push(format!("{at} has the members {there:?}, not {wanted:?}"));
    }
    for key in wanted {
        if let Some(actual) = actual.get(key) {
            compare(&format!("{at}.{key}"), &expected[key], actual, found);
        }
    }
}

fn is_of_form(form: &str, actual: &Value) -> bool {
    let text = actual.as_str();
    match form {
        "<any>" => true,
        "<integer>" => actual.is_i64(),
        "<text>" => text.is_some_and(|text| !text.trim().is_empty()),
        "<time>" => text.is_some_and(is_time),
        "<event>" => text.and_then(|text| text.strip_prefix("evt_")).is_some_and(|rest| {
            rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        }),
        _ => match form.strip_prefix("<starts ").and_then(|rest| rest.strip_suffix('>')) {
            Some(start) => text.is_some_and(|text| text.starts_with(start) && text.len() > start.len()),
            None => panic!("{form} is no form"),
        },
    }
}

/// Whether a text is a time like `2026-11-23T17:13:37.250875Z`.
fn is_time(text: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    let fits = |(expected, c): (char, char)| if expected == 'd' { c.is_ascii_digit() } else { c == expected };
    text.len() == pattern.len() && pattern.chars().zip(text.chars()).all(fits)
}

#[test]
fn a_shape_tells_what_is_not_as_expected() {
    use serde_json::json;

    let is_fine = |expected: Value, actual: Value| differences(&expected, &actual).is_empty();
    assert!(is_fine(json!({"a": "<time>", "+": 0}), json!({"a": "2026-11-23T17:13:37.250875Z", "b": 1})));
    assert!(!is_fine(json!({"a": "<time>"}), json!({"a": "2026-11-23T17:13:37Z"})));
    assert!(!is_fine(json!({"a": 1}), json!({"a": 1, "b": 1})));
    assert!(!is_fine(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})));
    assert!(is_fine(json!({"b": 2, "*": 0}), json!({"a": 1, "b": 2})));
    assert!(!is_fine(json!({"c": 2, "*": 0}), json!({"a": 1, "b": 2})));
    assert!(is_fine(json!(["<starts JSON parse error - >"]), json!(["JSON parse error - x"])));
    assert!(!is_fine(json!(["<event>"]), json!(["evt_1"])));
}
