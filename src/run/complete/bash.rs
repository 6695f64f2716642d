//! How Bash writes words: what it hands over as it was typed, and what it inserts as it stands. Pure.

/// A word as it was typed, which may not be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Outside quotes.
    None,
    /// After `'`.
    Single,
    /// After `"`.
    Double,
}

/// The words as the user sees them. Bash cuts at `:` and `=` outside quotes (`COMP_WORDBREAKS`). Of the last one also
/// how much of it stands before the piece that Bash replaces.
pub fn join(pieces: &[String]) -> (Vec<String>, usize) {
    let (mut words, mut glue, mut before): (Vec<String>, bool, usize) = (Vec::new(), false, 0);
    for piece in pieces {
        let breaks = !piece.is_empty() && piece.chars().all(|c| matches!(c, ':' | '='));
        match words.last_mut().filter(|_| glue || breaks) {
            Some(word) => {
                before = if breaks { word.len() + piece.len() } else { word.len() };
                word.push_str(piece);
            }
            None => {
                before = 0;
                words.push(piece.clone());
            }
        }
        glue = breaks;
    }
    (words, before)
}

/// What a word means, and in which quotes it ends. Nothing is expanded.
pub fn meaning(word: &str) -> (String, Quote) {
    let (mut text, mut quote) = (String::new(), Quote::None);
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Quote::None, '\'') => quote = Quote::Single,
            (Quote::None, '"') => quote = Quote::Double,
            (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
            (Quote::None, '\\') => text.extend(chars.next()),
            // POSIX, section 2.2.3: within double quotes it stands for itself before anything else.
            (Quote::Double, '\\') => match chars.peek() {
                Some('$' | '`' | '"' | '\\') => text.extend(chars.next()),
                _ => text.push('\\'),
            },
            (_, c) => text.push(c),
        }
    }
    (text, quote)
}

/// Text as it has to be written within these quotes; `None` where it cannot be.
pub fn written(text: &str, quote: Quote) -> Option<String> {
    match quote {
        Quote::None => {
            let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "_-./,@%+".contains(c);
            Some(text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect())
        }
        Quote::Single => Some(text.replace('\'', "'\\''")),
        // The history is looked up in there, and no backslash keeps it from that without staying there; and Readline takes
        // a `"` at the end for the closing one, whatever stands before it.
        Quote::Double if text.contains(['!', '"']) => None,
        Quote::Double => {
            let special = |c: char| matches!(c, '$' | '`' | '\\');
            Some(text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_means_what_it_was_made_of() {
        for text in [
            "a b",
            "$(id)",
            "`id`",
            "it's",
            "\"x\"",
            "a:b=c",
            "~x",
            "*?[",
            "a\\b",
            "Größe 😀",
            "!x",
            "#",
            "-x",
        ] {
            for (open, quote) in [("", Quote::None), ("'", Quote::Single), ("\"", Quote::Double)] {
                let Some(written) = written(text, quote) else {
                    assert!(text.contains(['!', '"']) && quote == Quote::Double);
                    continue;
                };
                assert_eq!(meaning(&format!("{open}{written}")), (text.to_owned(), quote), "{written}");
            }
        }
        assert_eq!(meaning("a\\"), ("a".to_owned(), Quote::None));
        assert_eq!(written("a b:c$", Quote::None).unwrap(), "a\\ b\\:c\\$");
    }

    #[test]
    fn words_that_were_cut_are_joined() {
        let join = |words: &[&str]| join(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            join(&["p", "show", "plant", ":", "E"]),
            (vec!["p".into(), "show".into(), "plant:E".into()], 6)
        );
        assert_eq!(join(&["p", "--webhook", "="]), (vec!["p".into(), "--webhook=".into()], 10));
        assert_eq!(
            join(&["p", "--webhook", "=", "a", ""]),
            (vec!["p".into(), "--webhook=a".into(), String::new()], 0)
        );
    }
}
