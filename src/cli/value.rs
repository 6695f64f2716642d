//! How values are written on the command line: formats, statuses, scopes and the names of events.

use std::ffi::OsStr;
use std::fmt;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::delivery::Status;
use crate::event::EventType;
use crate::output::Format;
use crate::token::Scope;

/// Text that `Debug` does not show: a secret, or a header that may be a credential. It is not judged here,
/// because clap repeats a value that it refuses.
#[derive(Clone)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Any text, hidden.
pub fn hidden() -> impl TypedValueParser<Value = Hidden> {
    StringValueParser::new().map(Hidden)
}

/// The formats by their names.
pub fn format_values() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .map(|name| Format::from_name(&name).unwrap_or_default())
}

/// The statuses by their names.
pub fn status_values() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(Status::name))
        .try_map(|name| Status::ALL.into_iter().find(|status| status.name() == name).ok_or("not a status"))
}

/// The scopes by their names.
pub fn scope_values() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::name))
        .try_map(|name| Scope::from_name(&name).ok_or("not a scope"))
}

/// The name of an event. Completion and help know the catalogue; what is not in it passes and is judged
/// together with everything else that was given, so that all problems are reported at once.
#[derive(Debug, Clone, Copy)]
pub struct EventName {
    /// Whether `*` stands for all.
    pub wildcard: bool,
}

impl TypedValueParser for EventName {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let all = self.wildcard.then(|| PossibleValue::new("*").help("every event"));
        let events =
            EventType::CATALOGUE.map(|event| PossibleValue::new(event.name()).help(event.description()));
        Some(Box::new(events.into_iter().chain(all)))
    }
}
