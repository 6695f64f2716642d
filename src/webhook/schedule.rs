//! The waits between the attempts of a delivery. Pure.

use std::time::Duration;

use crate::time;

/// The waits after each failed attempt; after one more, the delivery is given up. An empty schedule gives it
/// up after its first attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(pub Vec<Duration>);

const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MOST_WAITS: usize = 50;

impl Default for Schedule {
    /// 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts within about 75 hours.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        let waits =
            [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
        Self(waits.map(Duration::from_secs).to_vec())
    }
}

impl Schedule {
    /// What is wrong with it, as the end of a sentence that begins with its name.
    pub fn fault(&self) -> Option<String> {
        if self.0.len() > MOST_WAITS {
            return Some(format!("cannot have more than {MOST_WAITS} entries"));
        }
        let bad = self.0.iter().find(|wait| check_wait(**wait).is_err())?;
        Some(format!(
            "cannot hold a wait of {} s: waits are from 1s to 7d, in whole seconds",
            bad.as_secs_f64()
        ))
    }

    /// The waits as people write them, with a comma between them.
    pub fn text(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|wait| time::short(*wait)).collect();
        words.join(", ")
    }
}

/// One wait of a schedule, from 1 second to 7 days.
///
/// # Errors
/// A sentence that says how to write it.
pub fn wait(text: &str) -> Result<Duration, String> {
    time::duration(text.trim()).and_then(check_wait)
}

fn check_wait(wait: Duration) -> Result<Duration, String> {
    if wait.subsec_nanos() == 0 && (Duration::from_secs(1)..=LONGEST_WAIT).contains(&wait) {
        Ok(wait)
    } else {
        Err("write waits from `1s` to `7d`, such as `5m`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_have_units_and_bounds() {
        assert_eq!(wait("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(wait(" 7d "), Ok(Duration::from_secs(604_800)));
        for bad in ["5", "0s", "8d", "1500ms", "", "-1s"] {
            assert!(wait(bad).is_err(), "{bad}");
        }
        assert_eq!(Schedule::default().text(), "5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 1d");
        assert_eq!(Schedule::default().fault(), None);
        assert!(Schedule(vec![Duration::from_secs(1); 51]).fault().is_some());
        assert!(Schedule(vec![Duration::ZERO]).fault().is_some());
    }
}
