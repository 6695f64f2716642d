//! How each serialiser writes JSON: spacing, escapes, numbers and the order of members.

use std::borrow::Cow;

use super::{Node, SENT};

/// How a serialiser writes JSON.
pub(super) struct Style {
    pub(super) writer: &'static str,
    pub(super) item: &'static str,
    pub(super) key: &'static str,
    /// The width of a level, where each member has its own line.
    pub(super) indent: Option<usize>,
    pub(super) empty_object: &'static str,
    pub(super) escapes: Escapes,
    pub(super) numbers: Numbers,
    pub(super) order: Order,
}

#[derive(Clone, Copy)]
pub(super) enum Escapes {
    /// What JSON must have.
    Needed,
    /// All that is not printable ASCII.
    Python,
    /// Slashes, and all that is not ASCII.
    Php,
    /// What is special in HTML and in old JavaScript.
    Html,
    /// All that is not printable ASCII, and what is special in HTML; digits in upper case.
    DotNet,
}

#[derive(Clone, Copy)]
pub(super) enum Numbers {
    Kept,
    Python,
    Php,
    /// As `Number::toString`, from the nearest double.
    Double,
}

#[derive(Clone, Copy)]
pub(super) enum Order {
    Kept,
    Sorted,
    /// Sorted in all objects but the outermost: a struct that holds a map.
    SortedBelow,
    /// The members of a webhook as they are sent, then all others.
    Sent,
}

/// Plain JSON without white space; the styles say how they differ from it.
pub(super) const COMPACT: Style = Style {
    writer: "Python's `json.dumps` with `separators=(\",\", \":\")` and `ensure_ascii=False`",
    item: ",",
    key: ":",
    indent: None,
    empty_object: "{}",
    escapes: Escapes::Needed,
    numbers: Numbers::Python,
    order: Order::Kept,
};

const PYTHON: Style =
    Style { writer: "Python's `json.dumps`", item: ", ", key: ": ", escapes: Escapes::Python, ..COMPACT };

const PHP: Style =
    Style { writer: "PHP's `json_encode`", escapes: Escapes::Php, numbers: Numbers::Php, ..COMPACT };

const GO: Style = Style {
    writer: "Go's `encoding/json` from a map",
    escapes: Escapes::Html,
    numbers: Numbers::Double,
    order: Order::Sorted,
    ..COMPACT
};

/// The serialisers besides JavaScript's, the usual ones first.
pub(super) const STYLES: [Style; 20] = [
    PYTHON,
    Style { writer: "Python's `json.dumps` with `ensure_ascii=False`", escapes: Escapes::Needed, ..PYTHON },
    Style { writer: "Python's `json.dumps` with `separators=(\",\", \":\")`", item: ",", key: ":", ..PYTHON },
    COMPACT,
    Style {
        writer: "Python's `json.dumps` with `sort_keys=True` and `separators=(\",\", \":\")`",
        escapes: Escapes::Python,
        order: Order::Sorted,
        ..COMPACT
    },
    Style {
        writer: "a serialiser that sorts the keys and adds no white space",
        order: Order::Sorted,
        ..COMPACT
    },
    Style { writer: "Python's `json.dumps` with `sort_keys=True`", order: Order::Sorted, ..PYTHON },
    Style {
        writer: "Python's `json.dumps` with `sort_keys=True` and `ensure_ascii=False`",
        escapes: Escapes::Needed,
        order: Order::Sorted,
        ..PYTHON
    },
    Style { writer: "Python's `json.dumps` with `indent=2`", item: ",", indent: Some(2), ..PYTHON },
    Style { writer: "Python's `json.dumps` with `indent=4`", item: ",", indent: Some(4), ..PYTHON },
    PHP,
    Style { writer: "PHP's `json_encode` after `json_decode` to arrays", empty_object: "[]", ..PHP },
    Style { writer: "PHP's `json_encode` with `JSON_UNESCAPED_UNICODE`", escapes: Escapes::Needed, ..PHP },
    Style { writer: "PHP's `json_encode` with `JSON_PRETTY_PRINT`", key: ": ", indent: Some(4), ..PHP },
    Style {
        writer: "PHP's `json_encode` with `JSON_PRETTY_PRINT` after `json_decode` to arrays",
        key: ": ",
        indent: Some(4),
        empty_object: "[]",
        ..PHP
    },
    GO,
    Style { writer: "Go's `encoding/json` from a struct with a map", order: Order::SortedBelow, ..GO },
    Style { writer: "Rails' `to_json`", order: Order::Kept, numbers: Numbers::Kept, ..GO },
    Style {
        writer: ".NET's `System.Text.Json`",
        escapes: Escapes::DotNet,
        numbers: Numbers::Kept,
        ..COMPACT
    },
    Style {
        writer: ".NET's `System.Text.Json` with `WriteIndented`",
        key: ": ",
        indent: Some(2),
        escapes: Escapes::DotNet,
        numbers: Numbers::Kept,
        ..COMPACT
    },
];

impl Style {
    pub(super) fn write(&self, root: &Node<'_>) -> Vec<u8> {
        let mut out = String::new();
        self.value(&mut out, root, 0);
        out.into_bytes()
    }

    fn value(&self, out: &mut String, node: &Node<'_>, depth: usize) {
        match node {
            Node::Word(word) => out.push_str(word),
            Node::Number(text) => out.push_str(&number(text, self.numbers)),
            Node::Text(text) => self.string(out, text),
            Node::Array(items) if items.is_empty() => out.push_str("[]"),
            Node::Object(members) if members.is_empty() => out.push_str(self.empty_object),
            Node::Array(items) => {
                self.list(out, ['[', ']'], depth, items, |out, item| self.value(out, item, depth + 1));
            }
            Node::Object(members) => {
                let members = self.ordered(members, depth);
                self.list(out, ['{', '}'], depth, &members, |out, (key, value)| {
                    self.string(out, key);
                    out.push_str(self.key);
                    self.value(out, value, depth + 1);
                });
            }
        }
    }

    fn ordered<'n, 'a>(
        &self,
        members: &'n [(Cow<'a, str>, Node<'a>)],
        depth: usize,
    ) -> Vec<&'n (Cow<'a, str>, Node<'a>)> {
        let mut members: Vec<_> = members.iter().collect();
        match self.order {
            Order::Sorted => members.sort_by_key(|member| &member.0),
            Order::SortedBelow if depth > 0 => members.sort_by_key(|member| &member.0),
            Order::Sent if depth == 0 => {
                members
                    .sort_by_key(|(key, _)| SENT.iter().position(|sent| sent == key).unwrap_or(SENT.len()));
            }
            Order::Kept | Order::SortedBelow | Order::Sent => {}
        }
        members
    }

    fn list<T>(
        &self,
        out: &mut String,
        [open, close]: [char; 2],
        depth: usize,
        items: &[T],
        mut write: impl FnMut(&mut String, &T),
    ) {
        let line = |out: &mut String, depth: usize| {
            if let Some(width) = self.indent {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', width * depth));
            }
        };
        out.push(open);
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                out.push_str(self.item);
            }
            line(out, depth + 1);
            write(out, item);
        }
        line(out, depth);
        out.push(close);
    }

    fn string(&self, out: &mut String, text: &str) {
        out.push('"');
        for c in text.chars() {
            let special = match self.escapes {
                Escapes::Needed => false,
                Escapes::Python => c > '~',
                Escapes::Php => !c.is_ascii() || c == '/',
                Escapes::Html => matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
                Escapes::DotNet => c > '~' || matches!(c, '"' | '&' | '\'' | '+' | '<' | '>' | '`'),
            };
            match c {
                '/' if special => out.push_str("\\/"),
                '"' if !special => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\u{8}' => out.push_str("\\b"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\u{c}' => out.push_str("\\f"),
                '\r' => out.push_str("\\r"),
                _ if special || c < ' ' => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let digits = format!("{unit:04x}");
                        let upper = matches!(self.escapes, Escapes::DotNet);
                        out.push_str("\\u");
                        out.push_str(&if upper { digits.to_uppercase() } else { digits });
                    }
                }
                _ => out.push(c),
            }
        }
        out.push('"');
    }
}

fn number(text: &str, numbers: Numbers) -> Cow<'_, str> {
    let integer = !text.contains(['.', 'e', 'E']);
    let Ok(float) = text.parse::<f64>() else { return text.into() };
    match numbers {
        Numbers::Kept => text.into(),
        Numbers::Python if integer => if text == "-0" { "0" } else { text }.into(),
        // `repr` changes to exponents where Rust does.
        Numbers::Python => match format!("{float:?}").split_once('e') {
            None => format!("{float:?}").into(),
            Some((digits, exponent)) => {
                format!("{digits}e{:+03}", exponent.parse::<i32>().unwrap_or(0)).into()
            }
        },
        Numbers::Php if integer && text.parse::<i64>().is_ok() => text.into(),
        Numbers::Php => {
            let scientific = format!("{float:e}");
            let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            let exponent = exponent.parse::<i32>().unwrap_or(0);
            if (-4..17).contains(&exponent) {
                float.to_string().into()
            } else {
                let point = if digits.contains('.') { "" } else { ".0" };
                format!("{digits}{point}e{exponent:+}").into()
            }
        }
        Numbers::Double if text == "-0" => text.into(),
        Numbers::Double => ryu_js::Buffer::new().format(float).to_owned().into(),
    }
}
