//! Numbers as bars: blocks where there are colours, and plain characters where there are none.

use super::Look;
use super::table::Tone;

/// The blocks from low to high.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A character for each number, as high as it is compared with the highest of them. Without colours it is a digit
/// from 1 to 9. Nothing is a dot.
pub fn sparkline(numbers: &[u64], look: &Look) -> String {
    let most = numbers.iter().copied().max().unwrap_or_default();
    let one = |number: &u64| match *number {
        0 => '·',
        number if look.color => BLOCKS[level(number, most, BLOCKS.len()) - 1],
        number => char::from_digit(u32::try_from(level(number, most, 9)).unwrap_or(9), 10).unwrap_or('9'),
    };
    let line: String = numbers.iter().map(one).collect();
    if look.color { line } else { line.replace('·', ".") }
}

/// A bar of up to `width` characters for `number` of at most `most`; what is not nothing has at least one.
pub fn bar(number: u64, most: u64, width: usize, look: &Look) -> String {
    let block = if look.color { "█" } else { "#" };
    let length = if number == 0 { 0 } else { level(number, most, width) };
    look.paint(Tone::Good, &block.repeat(length))
}

/// The level of `number` from 1 to `levels`, the highest for `most`.
fn level(number: u64, most: u64, levels: usize) -> usize {
    let level = u128::from(number) * levels as u128 / u128::from(most.max(1));
    usize::try_from(level).unwrap_or(levels).clamp(1, levels)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn bars_are_as_long_as_their_numbers_and_plain_without_colours() {
        let plain = Look { color: false, width: None, zone: TimeZone::UTC };
        let colored = Look { color: true, ..plain.clone() };
        assert_eq!(sparkline(&[0, 1, 50, 99, 100], &plain), ".1489");
        assert_eq!(sparkline(&[0, 1, 50, 99, 100], &colored), "·▁▄▇█");
        assert_eq!(sparkline(&[0, 0], &plain), "..");
        assert_eq!(sparkline(&[u64::MAX], &plain), "9");
        let lengths = [(0, 9), (1, 1000), (500, 1000), (1000, 1000)]
            .map(|(number, most)| bar(number, most, 10, &plain).len());
        assert_eq!(lengths, [0, 1, 5, 10]);
        assert_eq!(bar(1, 2, 4, &colored), "\u{1b}[32m██\u{1b}[0m");
    }
}
