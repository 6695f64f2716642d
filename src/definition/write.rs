//! From webhooks to a definitions file, TOML or JSON. Pure.

use std::fmt::Write as _;

use super::members::{MEMBERS, declared};
use super::reference::Reference;
use super::syntax::WEBHOOK;
use super::value::{Members, Value};
use crate::webhook::Webhook;

/// What stands above the definitions.
const HEADING: &str = "\
# Webhooks of ptw-hooks. A secret and the value of a header are named by the variable (env) or the file in which they
# are found when this is applied. A member that is left out has its default.
#
#   ptw-hooks diff FILE      shows what differs
#   ptw-hooks apply FILE     makes the webhooks what this file says
";

/// The members of the definition of a webhook, with where its secret and the value of each header are found.
pub fn members_of(webhook: &Webhook, secret: &Reference, headers: &[Reference]) -> Members {
    let new = declared(webhook);
    let own = |member: &super::members::Member| Some((member.name.to_owned(), (member.write)(&new)?));
    let mut members: Members = MEMBERS.iter().filter_map(own).collect();
    members.push(("secret".to_owned(), secret.write()));
    let header = |(header, reference): (&crate::webhook::Header, &Reference)| {
        Value::table([("name", Value::Text(header.name.clone())), ("value", reference.write())])
    };
    if !new.headers.is_empty() {
        let headers = new.headers.iter().zip(headers).map(header).collect();
        members.push(("headers".to_owned(), Value::List(headers)));
    }
    members
}

/// A file of these definitions as TOML.
pub fn toml(definitions: &[Members]) -> String {
    let mut text = HEADING.to_owned();
    for members in definitions {
        let _ = writeln!(text, "\n[[{WEBHOOK}]]");
        for (name, value) in members {
            let _ = match value {
                // A table each, which would make a long line.
                Value::List(values) if matches!(values.first(), Some(Value::Table(_))) => {
                    let lines: Vec<String> =
                        values.iter().map(|value| format!("    {},", value.toml())).collect();
                    writeln!(text, "{name} = [\n{}\n]", lines.join("\n"))
                }
                value => writeln!(text, "{name} = {}", value.toml()),
            };
        }
    }
    text
}

/// The same as one value, for JSON.
pub fn document(definitions: Vec<Members>) -> Value {
    Value::table([(WEBHOOK, Value::List(definitions.into_iter().map(Value::Table).collect()))])
}
