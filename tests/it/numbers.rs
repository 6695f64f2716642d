//! Numbers that look random and are the same each time.

use std::time::Duration;

/// A small generator of numbers with a fixed seed (`SplitMix64`).
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A moment before the end of a run that usually takes so long.
    pub fn within(&mut self, usual: Duration) -> Duration {
        let micros = u64::try_from(usual.as_micros()).unwrap();
        Duration::from_micros(self.below(micros + 1))
    }
}
