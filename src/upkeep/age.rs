//! How old something has to be before it may be removed. Pure.

use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::time;

/// An age of at least a day: the events of the last hours are what duplicates are recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(Duration);

const YOUNGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Age {
    /// What was accepted before this moment is older. Where no calendar goes back so far, nothing is.
    pub fn before(self, now: Timestamp) -> Timestamp {
        let age = SignedDuration::try_from(self.0).ok();
        age.and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN)
    }
}

impl FromStr for Age {
    type Err = String;

    /// An age as people write it.
    ///
    /// # Errors
    /// A sentence that says how to write it.
    fn from_str(text: &str) -> Result<Self, String> {
        match time::duration(text.trim()) {
            Ok(age) if age >= YOUNGEST => Ok(Self(age)),
            Ok(_) => Err(
                "it is at least `1d`: duplicates are recognised by the events of the last hours, and by an \
                          idempotency key for as long as its event is kept"
                    .to_owned(),
            ),
            Err(_) => Err("write an age of at least a day, such as `90d` or `36h`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_at_least_a_day() {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let before = |text: &str| text.parse::<Age>().map(|age| age.before(now).to_string());
        assert_eq!(before("1d").unwrap(), "2024-01-14T10:30:00Z");
        assert_eq!(before(" 36h").unwrap(), "2024-01-13T22:30:00Z");
        assert!(before("23h 59m").unwrap_err().starts_with("it is at least `1d`"));
        assert!(before("90").unwrap_err().starts_with("write an age"));
        assert_eq!(before("5000000d").unwrap(), Timestamp::MIN.to_string());
    }
}
