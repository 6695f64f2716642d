//! How domain values stand in columns: times as unix milliseconds, durations as microseconds or
//! milliseconds, lists as JSON.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;

/// Unix milliseconds.
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time from unix milliseconds.
pub fn time(column: usize, millis: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| bad(column, error))
}

/// A time that may be absent.
pub fn time_or_none(column: usize, millis: Option<i64>) -> rusqlite::Result<Option<Timestamp>> {
    millis.map(|millis| time(column, millis)).transpose()
}

/// Microseconds.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A duration from microseconds.
pub fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// A count, which is never negative.
pub fn count(row: &Row, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

/// Pairs of a name and a value as JSON.
pub fn pairs_to_json<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(name, value)| vec![name, value]).collect::<serde_json::Value>().to_string()
}

/// Pairs of a name and a value from JSON.
pub fn pairs_from_json<Name: DeserializeOwned>(
    column: usize,
    json: &str,
) -> rusqlite::Result<Vec<(Name, String)>> {
    serde_json::from_str(json).map_err(|error| bad(column, error))
}

/// The value that one of `all` has by its name.
pub fn named<T: Copy>(
    column: usize,
    all: &[T],
    name: fn(T) -> &'static str,
    text: &str,
) -> rusqlite::Result<T> {
    all.iter()
        .copied()
        .find(|one| name(*one) == text)
        .ok_or_else(|| bad(column, format!("`{text}` is none of the known names")))
}

/// A column that holds what no version of this program writes.
pub fn bad(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
