//! Where what a definitions file does not hold is found: secrets, and the values of headers. Pure.

use std::collections::{BTreeMap, HashMap};

use super::value::Value;
use crate::webhook::Webhook;

/// Where a secret or the value of a header is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// In this variable of the environment.
    Variable(String),
    /// In this file; a relative path is meant from the directory of the definitions file.
    File(String),
}

impl Reference {
    /// The reference that a file has in the place of a value.
    ///
    /// # Errors
    /// The end of a sentence that begins with the name of the member; it never has the value in it.
    pub fn read(value: &Value) -> Result<Self, String> {
        let members = match value {
            Value::Table(members) => members.as_slice(),
            Value::Text(_) => return Err("cannot stand in the file itself".to_owned()),
            _ => return Err("cannot be anything but a reference".to_owned()),
        };
        match members {
            [(kind, Value::Text(name))] if kind == "env" => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if name.is_empty()
                    || !name.chars().all(plain)
                    || name.starts_with(|c: char| c.is_ascii_digit())
                {
                    return Err("cannot be found: `env` does not name a variable".to_owned());
                }
                Ok(Self::Variable(name.clone()))
            }
            [(kind, Value::Text(path))] if kind == "file" => {
                if path.is_empty() || path.contains(char::is_control) {
                    return Err("cannot be found: `file` does not name a file".to_owned());
                }
                Ok(Self::File(path.clone()))
            }
            _ => Err("cannot be found: a reference has one member, `env` or `file`".to_owned()),
        }
    }

    /// As a file has it.
    pub fn write(&self) -> Value {
        match self {
            Self::Variable(name) => Value::table([("env", Value::Text(name.clone()))]),
            Self::File(path) => Value::table([("file", Value::Text(path.clone()))]),
        }
    }
}

/// How to write a reference.
pub const HOW: &str =
    "write a reference, such as `{ env = \"PTW_HOOKS_SECRET_ERP\" }` or `{ file = \"erp.secret\" }`";

/// The names from which the references of one webhook are made: letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// For its secret: its name and project. No other webhook has the same.
    pub secret: String,
    /// For each of its headers, in their order.
    pub headers: Vec<String>,
}

/// A name has at most so many characters of the name it is made from: files are called by it.
const LONGEST: usize = 60;

/// The names of all webhooks, by their ids. Where several would have the same, the oldest has it, so that a name stays
/// when others are created.
pub fn names(webhooks: &[Webhook]) -> BTreeMap<i64, Names> {
    let mut sorted: Vec<&Webhook> = webhooks.iter().collect();
    sorted.sort_by_key(|webhook| webhook.id);
    let (mut secrets, mut headers) = (HashMap::new(), HashMap::new());
    let name = |webhook: &Webhook| {
        let project =
            webhook.project.map_or_else(String::new, |project| format!("_{}", plain(&project.to_string())));
        let stem = plain(&webhook.name) + &project;
        let secret = unused(&mut secrets, &stem);
        let header = |header: &crate::webhook::Header| {
            unused(&mut headers, &format!("{secret}_{}", plain(&header.name)))
        };
        (webhook.id, Names { headers: webhook.headers.iter().map(header).collect(), secret })
    };
    sorted.into_iter().map(name).collect()
}

/// The letters and digits of ASCII in upper case, with one `_` for whatever is between them.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    if plain.is_empty() { "WEBHOOK".to_owned() } else { plain.chars().take(LONGEST).collect() }
}

/// The wanted name, or that with the lowest number behind it that is free; `used` counts what was tried of each.
fn unused(used: &mut HashMap<String, u64>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    while used.contains_key(&name) {
        let count = used.entry(wanted.to_owned()).or_default();
        *count += 1;
        name = format!("{wanted}_{}", *count + 1);
    }
    used.insert(name.clone(), 0);
    name
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::members::undeclared;
    use super::*;
    use crate::webhook::{Header, NewWebhook};

    fn webhook(id: i64, name: &str, project: Option<i64>, headers: &[&str]) -> Webhook {
        let header = |name: &&str| Header { name: (*name).to_owned(), value: "1".into() };
        let headers = headers.iter().map(header).collect();
        let new = NewWebhook { name: name.into(), url: "http://x".into(), project, headers, ..undeclared() };
        Webhook { id, ..new.validate(Timestamp::UNIX_EPOCH).unwrap() }
    }

    #[test]
    fn names_say_which_webhook_they_belong_to_and_are_never_the_same() {
        let all = [
            webhook(9, "erp", None, &[]),
            webhook(3, "ERP", None, &["X-Key", "Authorization"]),
            webhook(4, "ERP", Some(5), &["X-Key"]),
            webhook(5, "ERP 5", None, &[]),
            webhook(6, "Größe-7", Some(-1), &[]),
            webhook(7, "工場", None, &[]),
            webhook(8, "ERP X", None, &["Key"]),
        ];
        let names = names(&all);
        let secrets: Vec<_> = names.values().map(|names| names.secret.as_str()).collect();
        assert_eq!(secrets, ["ERP", "ERP_5", "ERP_5_2", "GR_E_7_1", "WEBHOOK", "ERP_X", "ERP_2"]);
        let headers: Vec<_> = names.values().flat_map(|names| &names.headers).collect();
        assert_eq!(headers, ["ERP_X_KEY", "ERP_AUTHORIZATION", "ERP_5_X_KEY", "ERP_X_KEY_2"]);
    }

    #[test]
    fn a_reference_names_one_place_and_a_secret_is_none() {
        let text = |text: &str| Value::Text(text.into());
        for reference in [Reference::Variable("A_1".into()), Reference::File("a b/c".into())] {
            assert_eq!(Reference::read(&reference.write()), Ok(reference));
        }
        for bad in [
            text("v4lue"),
            Value::Whole(5),
            Value::table([]),
            Value::table([("env", text("A")), ("file", text("b"))]),
            Value::table([("env", text("A=B"))]),
            Value::table([("env", text(""))]),
            Value::table([("env", text("1A"))]),
            Value::table([("file", text("a\0"))]),
            Value::table([("vault", text("v4lue"))]),
            Value::table([("env", Value::Whole(1))]),
        ] {
            let said = Reference::read(&bad).unwrap_err();
            assert!(said.starts_with("cannot ") && !said.contains("v4lue"), "{said}");
        }
    }
}
