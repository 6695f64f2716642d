//! JSON in the one form that survives `JSON.stringify(JSON.parse(text))` in JavaScript byte for byte. Pure.
//!
//! The form is ECMAScript's: array-index keys come first in numeric order and the others as they were
//! given (ECMA-262, `OrdinaryOwnPropertyKeys`), numbers are written by `Number::toString`, strings escape
//! only what JSON must. RFC 8785 is no use here: it sorts the keys, JavaScript does not.

use std::{fmt, io};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::Problem;

/// The largest integer that every JSON reader carries exactly: 2^53 − 1.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// What `JSON.stringify(JSON.parse(text))` gives in JavaScript, for comparing with what a receiver made of a
/// body. An integer that JavaScript rounds is rounded.
///
/// # Errors
/// A problem where it is not JSON.
pub fn canonical(text: &str) -> Result<String, Problem> {
    let mut out = String::with_capacity(text.len());
    write_value(&mut out, &read("body", text)?);
    Ok(out)
}

/// JSON that JavaScript carries exactly, from text; `name` says in messages what it is.
pub fn parse(name: &str, text: &str) -> Result<Value, Problem> {
    let value = read(name, text)?;
    match unsafe_integer(text) {
        None => Ok(value),
        Some(literal) => Err(Problem::other(
            "data",
            format!("`{name}` cannot hold the integer `{literal}`: JavaScript carries only ±9007199254740991 exactly"),
        )
        .hint("send it as a string")),
    }
}

fn read(name: &str, text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text)
        .map(|Plain(value)| value)
        .map_err(|error| Problem::other("data", format!("`{name}` cannot be read as JSON: {error}")))
}

/// A value as it stands. `Value` takes an object that begins with the key `$serde_json::private::RawValue`
/// for JSON within a string, and becomes what the string says.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Self)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Plain(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Plain(value))) = members.next_entry::<String, _>()? {
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// The first integer literal of valid JSON text that lies outside ±(2^53−1). It is looked for in the text
/// because a parsed value has already been rounded.
fn unsafe_integer(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
                let literal = &json[at..at + length.count()];
                if !literal.contains(['.', 'e', 'E']) && !is_safe(literal) {
                    return Some(literal);
                }
                at += literal.len();
            }
            _ => at += 1,
        }
    }
    None
}

fn is_safe(literal: &str) -> bool {
    literal.parse::<i64>().is_ok_and(|n| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&n))
}

/// The place after the closing quote of the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object),
    }
}

/// Writes an object in canonical form.
pub fn write_object(out: &mut String, object: &Map<String, Value>) {
    let mut indexed: Vec<(u32, &String, &Value)> =
        object.iter().filter_map(|(key, value)| Some((array_index(key)?, key, value))).collect();
    indexed.sort_by_key(|(index, ..)| *index);
    let named = object.iter().filter(|(key, _)| array_index(key).is_none());
    out.push('{');
    for (place, (key, value)) in
        indexed.into_iter().map(|(_, key, value)| (key, value)).chain(named).enumerate()
    {
        if place > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

/// The key as an array index of ECMA-262: canonical decimal from 0 to 2^32 − 2.
fn array_index(key: &str) -> Option<u32> {
    if !key.starts_with(|c: char| c.is_ascii_digit()) || (key.len() > 1 && key.starts_with('0')) {
        return None;
    }
    key.parse().ok().filter(|index| *index != u32::MAX)
}

fn write_number(out: &mut String, number: &Number) {
    let safe = |integer: &i64| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(integer);
    match (number.as_i64().filter(safe), number.as_f64()) {
        (Some(integer), _) => out.push_str(&integer.to_string()),
        // Formats as `Number::toString` does: `1e+21`, `0.000001`, and `0` for the negative zero.
        (None, Some(float)) => out.push_str(ryu_js::Buffer::new().format(float)),
        (None, None) => out.push_str(&number.to_string()),
    }
}

/// Writes a string in canonical form.
pub fn write_string(out: &mut String, text: &str) {
    // Neither a string nor the writer can fail.
    let _ = serde_json::to_writer(Text(out), text);
}

/// Takes the bytes that a serializer writes, which are whole characters each time.
struct Text<'a>(&'a mut String);

impl io::Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push_str(str::from_utf8(bytes).map_err(io::Error::other)?);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_numbers_take_the_form_of_javascript() {
        let form = |text: &str| canonical(text).unwrap();
        assert_eq!(
            form(r#"{"b":1,"10":2,"2":3,"01":4,"4294967294":5,"4294967295":6,"-1":7,"a":8}"#),
            r#"{"2":3,"10":2,"4294967294":5,"b":1,"01":4,"4294967295":6,"-1":7,"a":8}"#
        );
        assert_eq!(form(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
        let private = r#"{"x":{"$serde_json::private::RawValue":"[9007199254740993]"}}"#;
        assert_eq!(form(private), private);
        assert_eq!(
            form("[1.0, 1e21, 1e-7, -0, -0.0, 123456789012345680000.0, 0.1, 5e-324, 1E2]"),
            "[1,1e+21,1e-7,0,0,123456789012345680000,0.1,5e-324,100]"
        );
        assert_eq!(
            form("\"\\u00e9\\u2028\\u007f\\ud83d\\ude00\\/\\u001f\""),
            "\"é\u{2028}\u{7f}😀/\\u001f\""
        );
    }

    #[test]
    fn what_javascript_cannot_carry_is_refused() {
        for bad in [
            "9007199254740992",
            "[-9007199254740992]",
            "123456789012345678901234567890",
            "1e400",
            r#""\ud800""#,
            "01",
            "",
        ] {
            assert!(parse("x", bad).is_err(), "{bad}");
        }
        for good in
            ["9007199254740991", r#""9007199254740992 \" 9007199254740993""#, "1e300", "9007199254740993.0"]
        {
            assert!(parse("x", good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form() {
        for text in ["[1e16,1e20,-123456789012345680000.0]", r#"{"10":1,"a":{"2":[],"1":{}}}"#] {
            let once = canonical(text).unwrap();
            assert_eq!(canonical(&once).unwrap(), once);
        }
        assert_eq!(canonical("9007199254740993").unwrap(), "9007199254740992");
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(canonical(&deep).unwrap_err().to_string().contains("recursion"));
    }
}
