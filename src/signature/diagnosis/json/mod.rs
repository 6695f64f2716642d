//! A body as JSON that keeps the text of its numbers and the order of its members, and the forms in which the
//! serialisers of other languages write it.

mod style;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

use self::style::{COMPACT, Numbers, Order, STYLES, Style};
use crate::payload;

/// The serialiser whose form webhooks are sent in.
pub(super) const JAVASCRIPT: &str = "JavaScript's `JSON.stringify`";

/// A body that is JSON.
pub(super) struct Json<'a> {
    pub(super) text: &'a str,
    root: Node<'a>,
    /// The text of the value of `data`.
    pub(super) data: Option<&'a str>,
}

impl<'a> Json<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
        // A whole parse, because it is what limits the depth and refuses half surrogates.
        serde_json::from_str::<Value>(text).ok()?;
        let root = Reader { text, at: 0 }.value()?;
        let data = serde_json::from_str::<HashMap<String, &RawValue>>(text).ok();
        Some(Self { text, root, data: data.and_then(|members| Some(members.get("data")?.get())) })
    }

    /// Whether it is in another form than the one that webhooks are sent in: other spacing, escapes or
    /// numbers, or the known members in another order.
    pub(super) fn is_altered(&self) -> bool {
        payload::canonical(self.text).is_ok_and(|text| text != self.text || self.root.is_rearranged())
    }

    /// The body as each serialiser writes it.
    pub(super) fn written(&self) -> Vec<(Vec<u8>, &'static str)> {
        let mut written = Vec::new();
        if let Ok(text) = payload::canonical(self.text) {
            if let Some(root) = (Reader { text: &text, at: 0 }).value() {
                let pretty =
                    |writer, indent| Style { writer, key: ": ", indent, numbers: Numbers::Kept, ..COMPACT };
                let styles = [
                    pretty("JavaScript's `JSON.stringify` with 2 spaces", Some(2)),
                    pretty("JavaScript's `JSON.stringify` with 4 spaces", Some(4)),
                    Style { writer: "ptw-hooks", order: Order::Sent, numbers: Numbers::Kept, ..COMPACT },
                ];
                written.extend(styles.iter().map(|style| (style.write(&root), style.writer)));
            }
            written.insert(0, (text.into_bytes(), JAVASCRIPT));
        }
        written.extend(STYLES.iter().map(|style| (style.write(&self.root), style.writer)));
        written
    }
}

/// The order of the top-level members of a webhook.
const SENT: [&str; 6] = ["event", "timestamp", "permit_id", "permit_number", "project_id", "data"];

/// JSON that keeps the text of its numbers and the order of its members.
enum Node<'a> {
    /// `null`, `true` or `false`.
    Word(&'a str),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    /// Whether known members of a webhook stand in another order than the one they are sent in.
    fn is_rearranged(&self) -> bool {
        let Node::Object(members) = self else { return false };
        !members.iter().filter_map(|(key, _)| SENT.iter().position(|sent| sent == key)).is_sorted()
    }
}

/// Reads text that is known to be JSON; the depth is limited because `serde_json` read it before.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Option<Node<'a>> {
        Some(match self.peek()? {
            b'{' => Node::Object(self.members()?),
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while self.peek()? != b']' {
                    items.push(self.value()?);
                    self.skip(b',');
                }
                self.at += 1;
                Node::Array(items)
            }
            b'"' => Node::Text(self.string()?),
            b'-' | b'0'..=b'9' => Node::Number(self.word()?),
            _ => Node::Word(self.word()?),
        })
    }

    /// A key that comes twice keeps its first place and takes its last value, as nearly everywhere.
    fn members(&mut self) -> Option<Vec<(Cow<'a, str>, Node<'a>)>> {
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut places = HashMap::new();
        self.at += 1;
        while self.peek()? != b'}' {
            let key = self.string()?;
            self.skip(b':');
            let value = self.value()?;
            self.skip(b',');
            let place = *places.entry(key.clone()).or_insert(members.len());
            match members.get_mut(place) {
                Some(member) => member.1 = value,
                None => members.push((key, value)),
            }
        }
        self.at += 1;
        Some(members)
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while *bytes.get(self.at)? != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at)?;
        if quoted.contains('\\') {
            serde_json::from_str(quoted).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(&quoted[1..quoted.len() - 1]))
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find(|c: char| !matches!(c, '-' | '+' | '.' | '0'..='9' | 'a'..='z' | 'E'));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
            self.peek();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that the serialisers write, by name.
    fn written(text: &str) -> Vec<(&'static str, String)> {
        let json = Json::read(text.as_bytes()).unwrap();
        json.written()
            .into_iter()
            .map(|(bytes, writer)| (writer, String::from_utf8(bytes).unwrap()))
            .collect()
    }

    fn by(writer: &str, text: &str) -> String {
        written(text).into_iter().find(|(name, _)| *name == writer).unwrap().1
    }

    /// The expected texts are what Python 3.11 prints.
    #[test]
    fn numbers_and_strings_take_the_form_of_python() {
        let numbers =
            "[1e16,123456789012345680000.0,12345678901234567890,1e15,0.0001,1E-5,15e299,1.0,5e-324,-0.0]";
        assert_eq!(
            by("Python's `json.dumps`", numbers),
            "[1e+16, 1.2345678901234568e+20, 12345678901234567890, 1000000000000000.0, 0.0001, 1e-05, 1.5e+300, \
             1.0, 5e-324, -0.0]"
        );
        let text = "\"\\u007f\\u001f\\b\\f/😀\u{2028}\\\"'\\\\\"";
        assert_eq!(by("Python's `json.dumps`", text), r#""\u007f\u001f\b\f/\ud83d\ude00\u2028\"'\\""#);
        assert_eq!(
            by("Python's `json.dumps` with `ensure_ascii=False`", text),
            "\"\u{7f}\\u001f\\b\\f/😀\u{2028}\\\"'\\\\\""
        );
    }

    #[test]
    fn strings_take_the_form_of_other_languages() {
        let text = "\"é/😀<&>'+\\\"\u{2028}\"";
        assert_eq!(by("PHP's `json_encode`", text), r#""\u00e9\/\ud83d\ude00<&>'+\"\u2028""#);
        assert_eq!(by("Go's `encoding/json` from a map", text), "\"é/😀\\u003c\\u0026\\u003e'+\\\"\\u2028\"");
        assert_eq!(
            by(".NET's `System.Text.Json`", text),
            r#""\u00E9/\uD83D\uDE00\u003C\u0026\u003E\u0027\u002B\u0022\u2028""#
        );
    }

    #[test]
    fn numbers_take_the_form_of_php_and_go() {
        let numbers = "[1e21,1.25e-7,0.0001,10.0,1.5,9223372036854775807,-3]";
        assert_eq!(
            by("PHP's `json_encode`", numbers),
            "[1.0e+21,1.25e-7,0.0001,10,1.5,9223372036854775807,-3]"
        );
        assert_eq!(
            by("Go's `encoding/json` from a map", numbers),
            "[1e+21,1.25e-7,0.0001,10,1.5,9223372036854776000,-3]"
        );
    }

    #[test]
    fn members_are_ordered_as_each_serialiser_does() {
        let text = r#"{"data":{"b":{"z":1,"y":2},"a":{},"2":[]},"permit_id":1,"event":"e"}"#;
        assert_eq!(
            by("Go's `encoding/json` from a struct with a map", text),
            r#"{"data":{"2":[],"a":{},"b":{"y":2,"z":1}},"permit_id":1,"event":"e"}"#
        );
        assert_eq!(
            by("ptw-hooks", text),
            r#"{"event":"e","permit_id":1,"data":{"2":[],"b":{"z":1,"y":2},"a":{}}}"#
        );
        assert_eq!(
            by("PHP's `json_encode` after `json_decode` to arrays", text),
            r#"{"data":{"b":{"z":1,"y":2},"a":[],"2":[]},"permit_id":1,"event":"e"}"#
        );
        assert_eq!(by("Rails' `to_json`", r#"{"b":1,"a":2,"b":3}"#), r#"{"b":3,"a":2}"#);
    }

    #[test]
    fn every_form_is_json_that_says_the_same() {
        let text = " { \"k\\u00e9y\" : [ 1 , -2.5e3 , { } , [ ] , true , null ] , \"\" : \"\\u0000\\ud83d\\ude00\" } ";
        let value: Value = serde_json::from_str(text).unwrap();
        let plain = |value: &Value| value.to_string().replace("-2500.0", "-2500").replace("{}", "[]");
        for (writer, form) in written(text) {
            assert_eq!(
                serde_json::from_str(&form)
                    .map(|v: Value| {
                        let mut v = v;
                        v.sort_all_objects();
                        plain(&v)
                    })
                    .unwrap(),
                {
                    let mut v = value.clone();
                    v.sort_all_objects();
                    plain(&v)
                },
                "{writer}"
            );
        }
    }

    #[test]
    fn what_is_not_json_or_too_deep_is_not_read() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in ["", "{", "\"\\ud800\"", "[1,]", "nul", "\u{feff}", deep.as_str()] {
            assert!(Json::read(text.as_bytes()).is_none(), "{}", text.len());
        }
        assert!(Json::read(b"\xff").is_none());
        let bearable = "[".repeat(120) + &"]".repeat(120);
        assert_eq!(written(&bearable)[0].1, bearable);
    }
}
