//! What is being written at the end of a command line that is not finished: which argument, and as far as it got. Pure.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// What an argument stands for, where its values can be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A webhook, by its id or its name.
    Webhook,
    /// A delivery, by its id.
    Delivery,
    /// An event, by one of these names, each with what it means.
    Event(Vec<(String, String)>),
}

/// The argument that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// What it stands for.
    pub kind: Kind,
    /// What stands before the value in the same word: `--webhook=`.
    pub before: String,
    /// The value as far as it is written.
    pub prefix: String,
    /// The value of `--db`, if it was written before.
    pub db: Option<OsString>,
    /// The value of `--config`, if it was written before.
    pub config: Option<OsString>,
}

/// Where the last of these words stands, the first of which is the program; `None` where no values can be looked up.
pub fn position(words: &[String]) -> Option<Position> {
    let (current, before) = words.get(1..)?.split_last()?;
    let mut root = Cli::command();
    root.build();
    let mut walk =
        Walk { command: &root, positionals: 0, only_values: false, awaited: None, db: None, config: None };
    for word in before {
        walk.pass(word);
    }
    let (arg, before, prefix) = walk.current(current)?;
    Some(Position {
        kind: kind(arg)?,
        before: before.to_owned(),
        prefix: prefix.to_owned(),
        db: walk.db,
        config: walk.config,
    })
}

/// What an argument stands for, by what its value is called.
pub fn kind(arg: &Arg) -> Option<Kind> {
    match arg.get_value_names()?.first()?.as_str() {
        "WEBHOOK" => Some(Kind::Webhook),
        "DELIVERY" => Some(Kind::Delivery),
        "EVENT" => {
            let text = |value: &clap::builder::PossibleValue| {
                value.get_help().map(ToString::to_string).unwrap_or_default()
            };
            let values = arg.get_possible_values();
            Some(Kind::Event(values.iter().map(|value| (value.get_name().to_owned(), text(value))).collect()))
        }
        _ => None,
    }
}

/// A walk over the words that are finished.
struct Walk<'a> {
    command: &'a Command,
    /// So many values without an option have passed.
    positionals: usize,
    /// `--` has passed.
    only_values: bool,
    /// The option whose value is the next word.
    awaited: Option<&'a Arg>,
    db: Option<OsString>,
    config: Option<OsString>,
}

impl<'a> Walk<'a> {
    fn pass(&mut self, word: &str) {
        if let Some(arg) = self.awaited.take() {
            return self.note(arg, word);
        }
        if self.only_values {
            self.positionals += 1;
            return;
        }
        if word == "--" {
            self.only_values = true;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            match (self.long(name), value) {
                (Some(arg), Some(value)) => self.note(arg, value),
                (arg, None) => self.awaited = arg,
                (None, Some(_)) => {}
            }
        } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
            // `-qo json`, `-ojson`: the first that takes a value takes the rest of the word, or the next one.
            for (index, short) in shorts.char_indices() {
                let Some(arg) = self.command.get_arguments().find(|arg| arg.get_short() == Some(short))
                else {
                    return;
                };
                if takes_value(arg) {
                    if shorts[index + short.len_utf8()..].is_empty() {
                        self.awaited = Some(arg);
                    }
                    return;
                }
            }
        } else if let Some(command) = self.command.find_subcommand(word).filter(|_| self.positionals == 0) {
            self.command = command;
        } else {
            self.positionals += 1;
        }
    }

    /// The argument that this word belongs to, with what of the word stands before its value, and the value.
    fn current<'w>(&self, word: &'w str) -> Option<(&'a Arg, &'w str, &'w str)> {
        if let Some(arg) = self.awaited {
            return Some((arg, "", word));
        }
        if let Some(long) = word.strip_prefix("--").filter(|_| !self.only_values) {
            let (name, value) = long.split_once('=')?;
            return Some((self.long(name)?, &word[..word.len() - value.len()], value));
        }
        if word.starts_with('-') && !self.only_values {
            return None;
        }
        let several = |arg: &&Arg| arg.get_num_args().is_some_and(|count| count.max_values() > 1);
        let all = || self.command.get_positionals();
        let arg = all().nth(self.positionals).or_else(|| all().last().filter(several))?;
        Some((arg, "", word))
    }

    /// The option of this name, if it takes a value.
    fn long(&self, name: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| arg.get_long() == Some(name)).filter(|arg| takes_value(arg))
    }

    fn note(&mut self, arg: &Arg, value: &str) {
        match arg.get_long() {
            Some("db") => self.db = Some(value.into()),
            Some("config") => self.config = Some(value.into()),
            _ => {}
        }
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str) -> Option<Position> {
        position(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_argument_at_the_end_is_known_by_what_stands_before_it() {
        for (line, kind) in [
            ("ptw-hooks show ", Some(Kind::Webhook)),
            ("ptw-hooks -v --color never show ER", Some(Kind::Webhook)),
            ("ptw-hooks show -- -x", Some(Kind::Webhook)),
            ("ptw-hooks -qo json show ", Some(Kind::Webhook)),
            ("ptw-hooks show -ojson ", Some(Kind::Webhook)),
            ("ptw-hooks redeliver --webhook ", Some(Kind::Webhook)),
            ("ptw-hooks replay --missed --webhook=E", Some(Kind::Webhook)),
            ("ptw-hooks redeliver 1 2 ", Some(Kind::Delivery)),
            ("ptw-hooks inspect 4", Some(Kind::Delivery)),
            ("ptw-hooks inspect 4 ", None),
            ("ptw-hooks show ERP ", None),
            ("ptw-hooks show -", None),
            ("ptw-hooks show -o ", None),
            ("ptw-hooks sh", None),
            ("ptw-hooks token create ", None),
            ("ptw-hooks", None),
            ("", None),
            ("ptw-hooks show --unknown=x ", Some(Kind::Webhook)),
        ] {
            assert_eq!(at(line).map(|position| position.kind), kind, "{line:?}");
        }
        for line in
            ["ptw-hooks emit perm", "ptw-hooks deliveries ERP --event ", "ptw-hooks update 1 --add-event="]
        {
            assert!(matches!(at(line).unwrap().kind, Kind::Event(all) if all.len() >= 12), "{line}");
        }
    }

    #[test]
    fn what_is_written_and_which_files_were_named_is_told() {
        let found = at("ptw-hooks --db a.db redeliver --config=c.toml --webhook=ER").unwrap();
        assert_eq!((found.before.as_str(), found.prefix.as_str()), ("--webhook=", "ER"));
        assert_eq!((found.db, found.config), (Some("a.db".into()), Some("c.toml".into())));
    }
}
