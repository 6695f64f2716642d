//! The one error of the product: what went wrong, its exit code, and how to mend it.

use std::fmt;

/// The exit codes of the command line. They are part of its interface.
pub mod exit {
    /// All was done: everything delivered, or recognised as a duplicate.
    pub const DONE: u8 = 0;
    /// Storage or something unforeseen failed.
    pub const FAILURE: u8 = 1;
    /// The input was bad: arguments, files, configuration. The same code that clap uses.
    pub const USAGE: u8 = 2;
    /// Something was not delivered, and the log says why; or `doctor` has found what will keep it from that, or
    /// `diff` that webhooks are not what a file declares.
    pub const UNDELIVERED: u8 = 3;
    /// What was named does not exist.
    pub const NOT_FOUND: u8 = 4;
    /// Added to the number of the signal that ended the command: 130 for SIGINT, 143 for SIGTERM.
    pub const INTERRUPTED: u8 = 128;
    /// Refused: an ambiguous name, a conflict, a signature that is not right.
    pub const REFUSED: u8 = 5;
}

/// What every verb returns when it cannot do its work.
#[derive(Debug, Clone)]
pub enum Error {
    /// The input was bad; all its problems at once, never an empty list.
    Invalid(Vec<Problem>),
    /// What was named does not exist.
    NotFound(Report),
    /// Understood, and not done: ambiguous, in conflict, against the policy.
    Refused(Report),
    /// The database could not be opened, read or written; nothing was changed.
    Storage(Report),
    /// The same, for a reason that may pass: the disk is full, or another process holds the database.
    Unavailable(Report),
}

/// A message with the way to mend what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Lower case, values in backticks, no final period.
    pub message: String,
    /// The next thing to do, where there is one.
    pub hint: Option<String>,
}

impl Report {
    /// A report that says what happened and nothing more.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same report with the way to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// One thing that is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, spelled as in REST (`permit_number`).
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Given as nothing but white space.
    Blank,
    /// Longer than this many characters.
    TooLong(usize),
    /// Not one of the known events; the nearest one, if any is near.
    UnknownEvent {
        /// What was given.
        value: String,
        /// The closest name of the catalogue.
        nearest: Option<&'static str>,
    },
    /// Not a string.
    NoText,
    /// The event that `test` sends, which can be neither emitted nor subscribed to.
    TestEvent,
    /// Not a URL that can be sent to, and why.
    Url(String),
    /// Not an integer within ±(2^53−1); what was given.
    Integer(String),
    /// Anything else: a whole sentence, and the way to mend it.
    Other(Report),
}

impl Problem {
    /// A problem with its own sentence.
    pub fn other(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, fault: Fault::Other(Report::new(message)) }
    }

    /// The same problem with the way to mend it. Only sentences of their own take one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Fault::Other(report) = &mut self.fault {
            report.hint = Some(hint.into());
        }
        self
    }

    /// The same problem with where it is in front of its sentence.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        let report = Report { message: format!("{place}: {self}"), hint: self.hint_text() };
        Self { field: self.field, fault: Fault::Other(report) }
    }

    fn hint_text(&self) -> Option<String> {
        match &self.fault {
            Fault::UnknownEvent { nearest: Some(name), .. } => Some(format!("did you mean `{name}`?")),
            Fault::UnknownEvent { nearest: None, .. } => {
                Some("`ptw-hooks events` lists the events".to_owned())
            }
            Fault::TestEvent => Some("`ptw-hooks test WEBHOOK` sends it".to_owned()),
            Fault::Url(_) => Some("give an address such as `https://erp.example/hooks/permits`".to_owned()),
            Fault::Other(report) => report.hint.clone(),
            Fault::Blank | Fault::TooLong(_) | Fault::NoText | Fault::Integer(_) => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match &self.fault {
            Fault::Blank => write!(f, "{field} cannot be blank"),
            Fault::TooLong(max) => write!(f, "{field} cannot have more than {max} characters"),
            Fault::UnknownEvent { value, .. } => write!(f, "`{value}` is not an event"),
            Fault::NoText => write!(f, "{field} cannot be anything but a string"),
            Fault::TestEvent => write!(f, "`webhook_test` cannot be emitted or subscribed to"),
            Fault::Url(why) => write!(f, "{field} cannot be used: {why}"),
            Fault::Integer(value) => {
                // It may be megabytes of a stranger's text.
                let value: String = value.chars().take(40).collect();
                write!(
                    f,
                    "{field} cannot be `{value}`: it is an integer from -9007199254740991 to 9007199254740991"
                )
            }
            Fault::Other(report) => f.write_str(&report.message),
        }
    }
}

impl Error {
    /// Bad input with a single sentence.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem::other(field, message)])
    }

    /// The exit code that the command line ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid(_) => exit::USAGE,
            Self::NotFound(_) => exit::NOT_FOUND,
            Self::Refused(_) => exit::REFUSED,
            Self::Storage(_) | Self::Unavailable(_) => exit::FAILURE,
        }
    }

    /// What to do next, a line each, without repetition.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Invalid(problems) => {
                let mut hints = Vec::new();
                for hint in problems.iter().filter_map(Problem::hint_text) {
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                hints
            }
            Self::NotFound(report)
            | Self::Refused(report)
            | Self::Storage(report)
            | Self::Unavailable(report) => report.hint.clone().into_iter().collect(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(problems) => match problems.as_slice() {
                [only] => write!(f, "{only}"),
                several => {
                    write!(f, "{} problems, nothing was done", several.len())?;
                    several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
                }
            },
            Self::NotFound(report)
            | Self::Refused(report)
            | Self::Storage(report)
            | Self::Unavailable(report) => f.write_str(&report.message),
        }
    }
}

impl std::error::Error for Error {}

/// The result of every verb.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_problems_are_listed_with_their_hints() {
        let error = Error::Invalid(vec![
            Problem {
                field: "event",
                fault: Fault::UnknownEvent {
                    value: "permit_aproved".into(),
                    nearest: Some("permit_approved"),
                },
            },
            Problem { field: "permit_number", fault: Fault::Blank },
        ]);
        assert_eq!(
            error.to_string(),
            "2 problems, nothing was done\n  `permit_aproved` is not an event\n  permit_number cannot be blank"
        );
        assert_eq!(error.hints(), ["did you mean `permit_approved`?"]);
        assert_eq!(error.exit_code(), exit::USAGE);
    }
}
