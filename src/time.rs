//! Times and durations as people write them. Pure.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A point in time: RFC 3339, a date, or an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// A moment.
    At(Timestamp),
    /// The beginning of a day in the local zone.
    Day(Date),
    /// This long ago.
    Ago(SignedDuration),
}

impl Time {
    /// The moment that is meant, seen from `now`; `None` where it lies outside the calendar.
    pub fn resolve(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Day(date) => Some(date.to_zoned_datetime(zone.clone()).ok()?.timestamp()),
            Self::Ago(age) => now.checked_sub(age).ok(),
        }
    }

    /// As [`Self::resolve`], for what is to end: an age lies as far ahead.
    pub fn resolve_ahead(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Ago(age) => now.checked_add(age).ok(),
            other => other.resolve(now, zone),
        }
    }
}

/// A time from what somebody wrote.
///
/// # Errors
/// A sentence that says how to write it.
pub fn time(text: &str) -> Result<Time, String> {
    if let Ok(at) = text.parse() {
        return Ok(Time::At(at));
    }
    if let Ok(date) = text.parse() {
        return Ok(Time::Day(date));
    }
    age(text).map(Time::Ago).ok_or_else(|| {
        "write a time as `2024-01-15T10:30:00Z`, a date as `2024-01-15`, or an age as `90m`, `24h` or `7d`".to_owned()
    })
}

/// A day of an age is 24 hours, whatever the clocks of the zone do; months and years have no length.
fn age(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!age.is_negative()).then_some(age)
}

/// A duration with its unit, such as `10s` or `1m30s`.
///
/// # Errors
/// A sentence that says how to write it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = age(text).and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| "write a duration with its unit, such as `10s` or `2m`".to_owned())
}

/// A duration in the largest unit that it is a whole number of: `90m`, `1d`.
pub fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(24 * 60 * 60, 'd'), (60 * 60, 'h'), (60, 'm')];
    let whole = |(length, _): &(u64, char)| seconds >= *length && seconds.is_multiple_of(*length);
    let (length, unit) = units.into_iter().find(whole).unwrap_or((1, 's'));
    format!("{}{unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_days_or_ages() {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let of = |text| time(text).unwrap().resolve(now, &TimeZone::UTC).unwrap().to_string();
        assert_eq!(of("2024-01-15T12:30:00+02:00"), "2024-01-15T10:30:00Z");
        assert_eq!(of("2024-01-14"), "2024-01-14T00:00:00Z");
        assert_eq!(of("90m"), "2024-01-15T09:00:00Z");
        assert_eq!(of("7d"), "2024-01-08T10:30:00Z");
        assert_eq!(of("1w 1d 1h"), "2024-01-07T09:30:00Z");
        let ahead = |text| time(text).unwrap().resolve_ahead(now, &TimeZone::UTC).unwrap().to_string();
        assert_eq!([ahead("7d"), ahead("2024-01-14")], ["2024-01-22T10:30:00Z", "2024-01-14T00:00:00Z"]);
        for bad in ["yesterday", "", "12", "-3h", "3mo", "99999999999d"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert!(duration("10").is_err());
        assert!(duration("-1s").is_err());
        let of = |text| short(duration(text).unwrap());
        assert_eq!(
            [of("90m"), of("120s"), of("24h"), of("25h"), of("61s"), of("0s")].join(" "),
            "90m 2m 1d 25h 61s 0s"
        );
    }
}
