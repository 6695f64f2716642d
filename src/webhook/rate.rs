//! How many requests a receiver takes: at most so many in a second, a minute or an hour, evenly spread. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A bound on the requests that are sent to one webhook, by all processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

/// The most requests in a second: more than a receiver that wants a bound would ask for.
const MOST_A_SECOND: u32 = 1000;

impl Rate {
    /// The time from one request to the next.
    pub fn interval(self) -> Duration {
        self.unit.length() / self.count
    }
}

impl Unit {
    const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
        })
    }

    const fn letter(self) -> char {
        match self {
            Self::Second => 's',
            Self::Minute => 'm',
            Self::Hour => 'h',
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit.letter())
    }
}

impl FromStr for Rate {
    /// A sentence that says how to write it.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (count, unit) = text.trim().split_once('/')?;
            let unit = match unit {
                "s" => Unit::Second,
                "m" => Unit::Minute,
                "h" => Unit::Hour,
                _ => return None,
            };
            let rate = Self { count: count.parse().ok().filter(|count| *count > 0)?, unit };
            (rate.interval() >= Duration::from_secs(1) / MOST_A_SECOND).then_some(rate)
        };
        parse().ok_or_else(|| {
            format!("write a rate as `10/s`, `30/m` or `100/h`; the highest is `{MOST_A_SECOND}/s`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_counts_in_a_unit_of_time() {
        let of = |text: &str| text.parse::<Rate>().unwrap();
        assert_eq!(of("10/s").interval(), Duration::from_millis(100));
        assert_eq!(of("30/m").interval(), Duration::from_secs(2));
        assert_eq!(of("1/h").interval(), Duration::from_secs(3600));
        assert_eq!(of(" 1000/s ").to_string(), "1000/s");
        for bad in ["0/s", "1001/s", "10", "10/d", "-1/s", "1.5/s", "", "60001/m", "99999999999/h"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
