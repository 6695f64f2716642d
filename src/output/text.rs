//! Text from strangers, made safe for a terminal. Pure.

use std::borrow::Cow;

/// The text with every control character escaped, and those that turn the direction of writing: a receiver
/// or a permit must not be able to move the cursor or recolour the screen of whoever reads the log.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        Cow::Owned(text.chars().map(|c| if is_unsafe(c) { escape(c) } else { c.to_string() }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// As [`printable`], with line breaks and tabs kept.
pub fn printable_lines(text: &str) -> String {
    text.split('\n')
        .map(|line| printable(&line.replace('\t', "    ")).into_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// `text`, cut after `max` characters with an ellipsis.
pub fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\r\\n");
        assert_eq!(printable("x\u{202e}y\u{9b}"), "x\\u{202e}y\\u{9b}");
        assert_eq!(printable("Größe 😀"), "Größe 😀");
        assert_eq!(printable_lines("a\tb\n\u{7}"), "a    b\n\\u{7}");
        assert_eq!(shortened("äöü", 2), "äö…");
    }
}
