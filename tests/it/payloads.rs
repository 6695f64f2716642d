//! `data` as JSON text, from a fixed seed: in every spelling that a caller may use and JavaScript can carry.

/// Keys that JavaScript treats in its own way, or that somebody could think it does, between bars.
const KEYS: &str = "\
    | |0|1|2|9|10|00|01|-0|-1|1.0|1e3|4294967294|4294967295|4294967296|9007199254740993|__proto__|\
    constructor|prototype|toJSON|toString|hasOwnProperty|length|null|true|status|risk_level|\
    approved_by|Größe|許可|🔥|👩‍🏭|a.b|a b|<b>|$ref|\u{feff}|\u{2028}|\u{7f}";

/// Numbers at the edges of their forms.
const NUMBERS: &str = "
    0 -0 0.0 -0.0 0e0 -0E-7 1 -1 1.0 1.50 100 1E2 1e+2 1e-2 0.1 0.30000000000000004 1e20 1e21 1E+21
    -1e21 123456789012345680000.0 1e-6 1e-7 0.000001 0.0000001 5e-324 4e-324 2e-324 -1e-400
    2.2250738585072011e-308 2.2250738585072014e-308 1.7976931348623157e308 -1.7976931348623157E+308
    9007199254740991 -9007199254740991 9007199254740990 9007199254740993.0 9.007199254740993e15
    4294967295 4.35 8.41e21 9.5e-7 72057594037927945.0 6.62607015e-34";

/// Characters that are spelled in more than one way, or that some writers of JSON escape.
const CHARACTERS: &str = "\"\\/\u{8}\u{c}\n\r\t\0\u{1}\u{b}\u{1b}\u{1f}\u{7f}\u{80}\u{85}\u{a0}\
    \u{ad}éß\u{301}\u{200d}\u{202e}\u{2028}\u{2029}\u{d7ff}\u{e000}\u{feff}\u{fffd}\u{ffff}😀🏗\u{1f468}\u{10ffff}";

/// The n-th of the payloads, a JSON object.
pub fn payload(n: u64) -> String {
    let mut text = Text { random: Random(n), out: String::new(), left: 60 };
    match n % 100 {
        0 => text.deep(),
        1 => text.long(),
        _ => text.object(5, 3),
    }
    text.out
}

/// Text in the making.
struct Text {
    random: Random,
    out: String,
    /// How many values may still be begun, so that nesting does not run away.
    left: usize,
}

impl Text {
    fn object(&mut self, depth: usize, least: usize) {
        let members = least + self.random.below(9 - least);
        let mut keys: Vec<String> = Vec::new();
        self.list('{', '}', members, |text| {
            let again = !keys.is_empty() && text.random.one_in(8);
            let key = if again { keys[text.random.below(keys.len())].clone() } else { text.random.key() };
            text.string(&key);
            keys.push(key);
            text.space();
            text.out.push(':');
            text.space();
            text.value(depth);
        });
    }

    fn value(&mut self, depth: usize) {
        self.left = self.left.saturating_sub(1);
        let nest = depth > 0 && self.left > 0;
        match self.random.below(if nest { 10 } else { 7 }) {
            0 => self.out.push_str("null"),
            1 => self.out.push_str(if self.random.one_in(2) { "true" } else { "false" }),
            2..=4 => {
                let number = self.random.number();
                self.out.push_str(&number);
            }
            5 | 6 => {
                let characters = self.random.below(24);
                let string: String = (0..characters).map(|_| self.random.character()).collect();
                self.string(&string);
            }
            7 => {
                let items = self.random.below(7);
                self.list('[', ']', items, |text| text.value(depth - 1));
            }
            _ => self.object(depth - 1, 0),
        }
    }

    fn list(&mut self, open: char, close: char, items: usize, mut item: impl FnMut(&mut Self)) {
        self.out.push(open);
        for place in 0..items {
            if place > 0 {
                self.out.push(',');
            }
            self.space();
            item(self);
            self.space();
        }
        self.out.push(close);
    }

    /// A string, each character spelled in one of the ways that JSON has for it.
    fn string(&mut self, string: &str) {
        self.out.push('"');
        for character in string.chars() {
            let short = match character {
                '"' | '\\' | '/' => Some(character),
                '\u{8}' => Some('b'),
                '\u{c}' => Some('f'),
                '\n' => Some('n'),
                '\r' => Some('r'),
                '\t' => Some('t'),
                _ => None,
            };
            let bare = !character.is_ascii_control() && !matches!(character, '"' | '\\');
            match short {
                _ if (bare || character == '\u{7f}') && !self.random.one_in(4) => self.out.push(character),
                Some(letter) if self.random.one_in(2) => self.out.extend(['\\', letter]),
                _ => self.unicode_escape(character),
            }
        }
        self.out.push('"');
    }

    fn unicode_escape(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let escape =
                if self.random.one_in(2) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
            self.out.push_str(&escape);
        }
    }

    fn space(&mut self) {
        if self.random.one_in(6) {
            let space = self.random.pick(&[" ", "\n", "\t", "\r\n", "    "]);
            self.out.push_str(space);
        }
    }

    /// As deep as readers of JSON commonly go, or a little less.
    fn deep(&mut self) {
        let depth = 40 + self.random.below(80);
        let objects: Vec<bool> = (0..depth).map(|_| self.random.one_in(2)).collect();
        self.out.push_str("{\"deep\":");
        for object in &objects {
            self.out.push_str(if *object { "{\"1\":1.0,\"0\":" } else { "[-0,\n" });
        }
        self.value(0);
        self.out.extend(objects.iter().rev().map(|object| if *object { '}' } else { ']' }));
        self.out.push('}');
    }

    /// More than one packet and one buffer hold.
    fn long(&mut self) {
        let items = 400 + self.random.below(1600);
        self.out.push_str("{\"long\":");
        self.list('[', ']', items, |text| text.value(0));
        self.out.push('}');
    }
}

/// `SplitMix64`: a few lines, and the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is less than a usize")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn digits(&mut self, most: usize) -> String {
        let length = 1 + self.below(most);
        (0..length).map(|_| self.pick(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])).collect()
    }

    fn key(&mut self) -> String {
        match self.below(4) {
            0 => self.digits(11),
            1 => (0..self.below(6)).map(|_| self.character()).collect(),
            _ => self.pick(&KEYS.split('|').collect::<Vec<_>>()).to_owned(),
        }
    }

    fn character(&mut self) -> char {
        match self.below(4) {
            0 => self.pick(&CHARACTERS.chars().collect::<Vec<_>>()),
            // Any code point, assigned or not, but a surrogate.
            1 => u32::try_from(self.below(0x11_0000)).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'),
            _ => u8::try_from(32 + self.below(95)).map_or(' ', char::from),
        }
    }

    fn number(&mut self) -> String {
        match self.below(6) {
            0 | 1 => self.pick(&NUMBERS.split_ascii_whitespace().collect::<Vec<_>>()).to_owned(),
            2 => {
                let bits = i64::try_from(self.next() >> 11).expect("53 bits");
                let integer = bits >> self.below(54);
                if self.one_in(2) { format!("-{integer}") } else { integer.to_string() }
            }
            3 => match f64::from_bits(self.next()) {
                float if !float.is_finite() => "0.1".to_owned(),
                // Without an exponent it has up to 320 digits, and the `.0` that keeps it from being an integer.
                float if self.one_in(4) => format!("{float:.1}"),
                float => format!("{float:e}"),
            },
            _ => self.decimal(),
        }
    }

    /// More digits than a double holds, and an exponent that it can have.
    fn decimal(&mut self) -> String {
        let sign = self.pick(&["", "-"]);
        let whole = self.digits(18);
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let fraction = self.digits(25);
        let most = self.pick(&[0, 30, 30, 290]);
        let exponent = match most {
            0 => String::new(),
            _ => format!("{}{}{}", self.pick(&["e", "E"]), self.pick(&["", "+", "-"]), self.below(most)),
        };
        format!("{sign}{whole}.{fraction}{exponent}")
    }
}
