//! Durations counted in fine steps: percentiles of any number of them in a few kilobytes. Pure.

use std::time::Duration;

use super::Percentiles;

/// Each power of two is divided into so many steps: a duration is told to less than 0.8 % of itself.
const STEPS: u64 = 128;

/// The upper bounds of what is drawn, in milliseconds.
const BOUNDS: [u64; 19] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000,
    7_200_000, 86_400_000,
];

/// Durations, counted: those below 128 µs by the microsecond, longer ones in steps of 1/128 of the power of two below
/// them. It holds no more than 7,424 counts, however many durations there are.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
    /// By the bounds, and exactly: a step may lie across one.
    drawn: [u64; BOUNDS.len() + 1],
}

impl Histogram {
    /// Counts a duration.
    pub fn add(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let step = step(micros);
        if step >= self.counts.len() {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.total += 1;
        self.longest = self.longest.max(micros);
        self.drawn[BOUNDS.partition_point(|bound| bound * 1000 < micros)] += 1;
    }

    /// The percentiles; `None` where nothing was counted.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let of = |percent| self.percentile(percent);
        Some(Percentiles { p50: of(50)?, p95: of(95)?, p99: of(99)? })
    }

    /// The shortest duration that `percent` of a hundred do not exceed (nearest rank), or less than 0.8 % more.
    fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |count: &u64| {
            seen += count;
            seen >= rank
        };
        let step = self.counts.iter().position(reached)?;
        Some(Duration::from_micros(longest_of(step).min(self.longest)))
    }

    /// How many are in each range that is not empty, by its upper bound; what is longer than all of them has none.
    pub fn ranges(&self) -> Vec<(Option<Duration>, u64)> {
        let bounds = BOUNDS.into_iter().map(|bound| Some(Duration::from_millis(bound))).chain([None]);
        bounds.zip(self.drawn).filter(|(_, count)| *count > 0).collect()
    }
}

/// The step that a number of microseconds belongs to.
fn step(micros: u64) -> usize {
    let power = u64::from(micros.max(1).ilog2());
    let step = if micros < STEPS { micros } else { (power - 6) * STEPS + (micros >> (power - 7)) - STEPS };
    usize::try_from(step).unwrap_or(usize::MAX)
}

/// The longest duration of a step, in microseconds.
fn longest_of(step: usize) -> u64 {
    let step = step as u64;
    if step < STEPS {
        return step;
    }
    let shift = step / STEPS - 1;
    let from = u128::from(step % STEPS + STEPS) << shift;
    u64::try_from(from + (1 << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_step_is_told_to_a_part_of_128(micros: u64) {
            let told = longest_of(step(micros));
            prop_assert!(told >= micros && told - micros <= micros / 128, "{micros} is told as {told}");
            prop_assert!(step(micros) < 7_424);
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_list(mut all in prop::collection::vec(0_u64..100_000_000, 1..300)) {
            let mut histogram = Histogram::default();
            for micros in &all {
                histogram.add(Duration::from_micros(*micros));
            }
            all.sort_unstable();
            let found = histogram.percentiles().unwrap();
            for (percent, told) in [(50, found.p50), (95, found.p95), (99, found.p99)] {
                let exact = all[(all.len() * percent).div_ceil(100) - 1];
                let told = u64::try_from(told.as_micros()).unwrap();
                prop_assert!(told >= exact && told - exact <= exact / 128, "{exact} is told as {told}");
            }
            let ranges = histogram.ranges();
            prop_assert_eq!(ranges.iter().map(|(_, count)| *count).sum::<u64>(), all.len() as u64);
        }
    }

    #[test]
    fn steps_follow_each_other_and_a_bound_belongs_to_the_range_below_it() {
        assert_eq!([0, 1, 127, 128, 255, 256, 257, 258].map(step), [0, 1, 127, 128, 255, 256, 256, 257]);
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentiles(), None);
        for micros in [1, 1000, 1001, 200_000_000_000] {
            histogram.add(Duration::from_micros(micros));
        }
        let millis = |bound| Some(Duration::from_millis(bound));
        assert_eq!(histogram.ranges(), [(millis(1), 2), (millis(2), 1), (None, 1)]);
        assert_eq!(histogram.percentiles().unwrap().p99, Duration::from_secs(200_000));
    }
}
