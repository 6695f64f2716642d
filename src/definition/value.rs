//! What a member of a definition can hold, whichever form the file has. It knows TOML and JSON as notations and
//! nothing of webhooks. Pure.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use toml::de::DeValue;

/// Members by their names, in the order of the file; no name is there twice.
pub type Members = Vec<(String, Value)>;

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null` of JSON: the same as a member that is left out.
    Null,
    /// Text.
    Text(String),
    /// An integer.
    Whole(i64),
    /// `true` or `false`.
    Truth(bool),
    /// Several values.
    List(Vec<Value>),
    /// Members of its own.
    Table(Members),
    /// What no member of a definition can be: a fraction, a date, an integer beyond 64 bits.
    Other,
}

impl Value {
    /// Several texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// A table with members of its own.
    pub fn table<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Table(members.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    /// For people, without quotes.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(values) if values.is_empty() => "none".to_owned(),
            Self::List(values) => values.iter().map(Self::text).collect::<Vec<_>>().join(", "),
            other => other.toml(),
        }
    }

    /// As TOML has it, on one line (TOML 1.0, "Inline Table").
    pub fn toml(&self) -> String {
        let list = |values: Vec<String>| values.join(", ");
        match self {
            Self::Text(text) => quoted(text),
            Self::Whole(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::List(values) => format!("[{}]", list(values.iter().map(Self::toml).collect())),
            Self::Table(members) => {
                let member = |(name, value): &(String, Self)| format!("{name} = {}", value.toml());
                format!("{{ {} }}", list(members.iter().map(member).collect()))
            }
            // Never written.
            Self::Null | Self::Other => quoted(""),
        }
    }
}

/// A basic string of TOML 1.0: what it cannot hold as it stands is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

impl From<&DeValue<'_>> for Value {
    fn from(value: &DeValue) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.clone().into_owned()),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Self::Other, Self::Whole)
            }
            DeValue::Boolean(truth) => Self::Truth(*truth),
            DeValue::Array(values) => Self::List(values.iter().map(|value| value.get_ref().into()).collect()),
            DeValue::Table(members) => {
                let member = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue>)| {
                    let name: &std::borrow::Cow<str> = name.get_ref();
                    (name.clone().into_owned(), value.get_ref().into())
                };
                Self::Table(members.iter().map(member).collect())
            }
            DeValue::Float(_) | DeValue::Datetime(_) => Self::Other,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Other => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::List(values) => serializer.collect_seq(values),
            Self::Table(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Reads JSON. A name that is given twice is an error, as it is in TOML: the reader would see one of the two values and
/// the writer may have meant the other.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Other, Value::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Members::new();
        let mut known = std::collections::HashSet::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if !known.insert(name.clone()) {
                return Err(A::Error::custom("a member is given twice"));
            }
            members.push((name, value));
        }
        Ok(Value::Table(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::DeTable;

    use super::*;

    fn from_toml(text: &str) -> Value {
        DeTable::parse(text).unwrap().get_ref()["x"].get_ref().into()
    }

    #[test]
    fn what_neither_form_can_mean_is_told_apart_from_what_is_left_out() {
        for (toml, json, expected) in [
            ("7", "7", Value::Whole(7)),
            ("1.5", "1.5", Value::Other),
            ("2024-01-15", "18446744073709551615", Value::Other),
            ("true", "true", Value::Truth(true)),
            ("[\"a\"]", "[\"a\"]", Value::texts(["a"])),
            ("{ a = 0x10 }", "{\"a\":16}", Value::table([("a", Value::Whole(16))])),
        ] {
            assert_eq!(from_toml(&format!("x = {toml}")), expected);
            assert_eq!(serde_json::from_str::<Value>(json).unwrap(), expected);
        }
        assert_eq!(serde_json::from_str::<Value>("null").unwrap(), Value::Null);
        let twice = serde_json::from_str::<Value>(r#"{"s3cret":1,"s3cret":2}"#).unwrap_err().to_string();
        assert!(twice.starts_with("a member is given twice at line 1"), "{twice}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_was_written(text in any::<String>()) {
            let value = Value::table([("a", Value::Text(text))]);
            prop_assert_eq!(&from_toml(&format!("x = {}", value.toml())), &value);
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), &value);
        }
    }
}
