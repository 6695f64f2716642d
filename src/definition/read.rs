//! From the entries of a definitions file to definitions, with every problem at once and its place. Pure.

use std::collections::HashMap;

use super::Definition;
use super::members::{MEMBERS, checked, undeclared};
use super::reference::{HOW, Reference};
use super::syntax::{entries, no_list, short, unknown};
use super::value::Value;
use crate::error::{Error, Problem};
use crate::webhook::{Header, NewWebhook};

/// The definitions of a file, and every problem with it.
pub fn read(text: &str) -> (Vec<Definition>, Vec<Problem>) {
    let (entries, mut problems) = match entries(text) {
        Ok(entries) => (entries, Vec::new()),
        Err(problems) => (Vec::new(), problems),
    };
    let mut definitions = Vec::new();
    let mut places: HashMap<(Option<i64>, String), usize> = HashMap::new();
    for (line, entry) in entries {
        match definition(line, entry) {
            Ok(definition) => {
                let key = (definition.new.project, definition.new.name.clone());
                if let Some(first) = places.get(&key) {
                    let twin = format!("line {first} has a webhook of the same name and project");
                    let problem = Problem::other("name", twin).at(&definition.place);
                    problems.push(
                        problem.hint("a webhook is known by its name and project: give it another name"),
                    );
                } else {
                    places.insert(key, line);
                }
                definitions.push(definition);
            }
            Err(found) => problems.extend(found),
        }
    }
    (definitions, problems)
}

/// What an entry says of a webhook.
fn definition(line: usize, entry: Value) -> Result<Definition, Vec<Problem>> {
    let Value::Table(members) = entry else {
        return Err(vec![no_list().at(&format!("line {line}"))]);
    };
    let name = members.iter().find_map(|(member, value)| match value {
        Value::Text(name) if member == "name" => Some(format!(", `{}`", short(name.trim()))),
        _ => None,
    });
    let place = format!("line {line}{}", name.unwrap_or_default());
    let mut problems = Vec::new();
    let mut new = undeclared();
    let (mut secret, mut headers) = (None, Vec::new());
    for (name, value) in &members {
        let read = MEMBERS.iter().find(|member| member.name == name);
        let done = match (name.as_str(), value) {
            (_, Value::Null) => Ok(()),
            ("secret", value) => Reference::read(value)
                .map(|found| secret = Some(found))
                .map_err(|fault| vec![Problem::other("secret", format!("secret {fault}")).hint(HOW)]),
            ("headers", value) => headers_of(value).map(|(own, found)| {
                new.headers = own;
                headers = found;
            }),
            (_, value) => match read {
                Some(member) => (member.read)(value, &mut new)
                    .map_err(|fault| vec![Problem::other(member.name, format!("{} {fault}", member.name))]),
                None => Err(vec![unknown(name, "a webhook", known())]),
            },
        };
        problems.extend(done.err().into_iter().flatten());
    }
    // A member that could not be read is not judged a second time.
    let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
    match checked(new) {
        Ok(new) if problems.is_empty() => return Ok(Definition { place, new, secret, headers }),
        Err(Error::Invalid(more)) => {
            problems.extend(more.into_iter().filter(|one| !fields.contains(&one.field)));
        }
        Ok(NewWebhook { .. }) | Err(_) => {}
    }
    Err(problems.into_iter().map(|problem| problem.at(&place)).collect())
}

/// Headers without their values, and where each of those is found.
type Headers = (Vec<Header>, Vec<Option<Reference>>);

fn headers_of(value: &Value) -> Result<Headers, Vec<Problem>> {
    let how = "write `headers = [{ name = \"X-Key\", value = { env = \"ERP_X_KEY\" } }]`";
    let bad = |fault: &str| Problem::other("headers", format!("headers {fault}")).hint(how);
    let Value::List(entries) = value else { return Err(vec![bad("cannot be anything but a list")]) };
    let mut headers = Vec::new();
    let mut references = Vec::new();
    let mut problems = Vec::new();
    for entry in entries {
        let Value::Table(members) = entry else {
            problems.push(bad("can hold only tables with a name and a value"));
            continue;
        };
        let (mut name, mut reference) = (None, None);
        for (member, value) in members {
            match (member.as_str(), value) {
                (_, Value::Null) => {}
                ("name", Value::Text(text)) => name = Some(text.trim().to_owned()),
                ("name", _) => problems.push(bad("cannot have a name that is not a string")),
                ("value", value) => match Reference::read(value) {
                    Ok(found) => reference = Some(found),
                    Err(fault) => {
                        let sentence = format!("the value of a header {fault}");
                        problems.push(Problem::other("headers", sentence).hint(HOW));
                    }
                },
                (other, _) => problems.push(unknown(other, "a header", ["name", "value"])),
            }
        }
        headers.push(Header { name: name.unwrap_or_default(), value: String::new() });
        references.push(reference);
    }
    if problems.is_empty() { Ok((headers, references)) } else { Err(problems) }
}

/// The names of all members.
fn known() -> Vec<&'static str> {
    MEMBERS.iter().map(|member| member.name).chain(["secret", "headers"]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::syntax::MOST;
    use super::*;

    /// Each problem with its hint.
    fn told(text: &str) -> Vec<String> {
        let (_, problems) = read(text);
        let one = |problem| {
            let error = Error::Invalid(vec![problem]);
            format!("{error} | {}", error.hints().join(" "))
        };
        problems.into_iter().map(one).collect()
    }

    #[test]
    fn both_forms_say_the_same() {
        let toml = "[[webhook]]\nname = \"ERP\"\nurl = \"https://x\"\nproject = 5\ntimeout = \"5s\"\n\
                    headers = [{ name = \"X-A\", value = { env = \"A\" } }]\nsecret = { file = \"a\" }\n";
        let json = r#"{"webhook":[{"name":"ERP","url":"https://x","project":5,"timeout":"5s","rate":null,
            "headers":[{"name":"X-A","value":{"env":"A"}}],"secret":{"file":"a"}}]}"#;
        for text in [toml, json, &format!("\u{feff}{toml}")] {
            let (definitions, problems) = read(text);
            assert_eq!(problems, []);
            let [Definition { place, new, secret, headers }] = definitions.as_slice() else {
                panic!("{text}")
            };
            assert_eq!((place.as_str(), new.project, new.enabled), ("line 1, `ERP`", Some(5), true));
            assert_eq!((secret, new.headers.len()), (&Some(Reference::File("a".into())), 1));
            assert_eq!(headers, &[Some(Reference::Variable("A".into()))]);
        }
        assert!(matches!(read("# nothing\n"), (none, problems) if none.is_empty() && problems.is_empty()));
    }

    #[test]
    fn every_problem_is_told_with_its_line_and_no_secret() {
        let text = "[[webhook]]\nname = \"A\"\nurll = \"https://x\"\nproject = \"5\"\nevents = [\"permit_aproved\"]\n\
                    secret = \"s3cret\"\n\n[[webhook]]\nname = \"B\"\nurl = \"https://x\"\ntimeout = \"1h\"\n\
                    headers = [{ name = \"Host\" }]\n[[webhook]]\nname = \"C\"\nurl = \"https://x\"\n\
                    headers = [{ nam = \"X\", value = \"s3cret\" }]\n[[webhook]]\nname = \"D\"\nurl = \"https://x\"\n\
                    [[webhook]]\nname = \" D \"\nurl = \"https://x\"\n[[webhook]]\nenabled = 1\n";
        let said = told(text);
        let expected = [
            "line 1, `A`: `urll` is not a member of a webhook | did you mean `url`?",
            "line 1, `A`: project cannot be anything but an integer | ",
            "line 1, `A`: secret cannot stand in the file itself | write a reference, such as",
            "line 1, `A`: `permit_aproved` is not an event | did you mean `permit_approved`?",
            "line 1, `A`: url cannot be blank | ",
            "line 8, `B`: header `Host` cannot be set: every request has its own | ",
            "line 8, `B`: timeout cannot be used: it is from 1s to 30s, in whole seconds | ",
            "line 13, `C`: `nam` is not a member of a header | did you mean `name`?",
            "line 13, `C`: the value of a header cannot stand in the file itself | write a reference",
            "line 23: enabled cannot be anything but true or false | ",
            "line 23: name cannot be blank | ",
            "line 23: url cannot be blank | ",
            "line 20, `D`: line 17 has a webhook of the same name and project | a webhook is known by",
        ];
        let mut found = said.clone();
        for one in expected {
            let at = found.iter().position(|said| said.starts_with(one));
            found.remove(at.unwrap_or_else(|| panic!("no {one:?} in {said:#?}")));
        }
        assert_eq!(found, Vec::<String>::new());
        assert!(!said.concat().contains("s3cret"));
    }

    #[test]
    fn what_is_no_definitions_file_is_told_with_its_line_and_without_its_text() {
        for (text, expected) in [
            ("[[webhook]]\nsecret = s3cret\n", "line 2: cannot be read as TOML: "),
            ("[[webhook]]\nname = \"s3cret\nurl = 1\n", "line 2: cannot be read as TOML: "),
            ("[[webhook]]\nname = \"A\"\nname = \"B\"\n", "line 3: cannot be read as TOML: duplicate key | "),
            (
                "[[webhok]]\nname = \"A\"\n",
                "line 1: `webhok` is not a member of a definitions file | did you mean `webhook`?",
            ),
            (
                "db = \"x\"\n",
                "line 1: `db` is not a member of a definitions file | the members are `webhook`",
            ),
            ("webhook = \"s3cret\"\n", "line 1: `webhook` cannot be anything but a list of webhooks | begin"),
            (
                "webhook = [\"s3cret\"]\n",
                "line 1: `webhook` cannot be anything but a list of webhooks | begin",
            ),
            (
                "{\"webhook\":\n \"s3cret\"}",
                "line 2: `webhook` cannot be anything but a list of webhooks | begin",
            ),
            (
                "{\"webhook\":\n [{\"name\":\n\"s3cret\" 1}]}",
                "line 3: cannot be read as JSON: expected `,` or `}`",
            ),
            (
                "{\"webhook\":[],\n\"webhook\":[]}",
                "line 2: cannot be read as JSON: duplicate field `webhook`",
            ),
            (
                "{\"webhook\":[\n{\"name\":\"A\",\n\"name\":\"B\"}]}",
                "line 3: cannot be read as JSON: a member is given twice",
            ),
            ("{}", "line 1: cannot be read as JSON: missing field `webhook`"),
            ("s3cret", "line 1: cannot be read as TOML: "),
        ] {
            let said = told(text);
            assert!(said.len() == 1 && said[0].starts_with(expected), "{text:?}: {said:?}");
            assert!(!said[0].contains("s3cret"), "{said:?}");
        }
    }

    #[test]
    fn deep_and_long_files_are_refused() {
        let deep = 100_000;
        for text in [
            format!("x = {}", "[".repeat(deep)),
            format!("{}=1", "a.".repeat(deep) + "a"),
            format!("{{\"webhook\":[{}", "[".repeat(deep)),
            format!("{{\"webhook\":[{}{}]}}", "[".repeat(deep), "]".repeat(deep)),
        ] {
            assert_eq!(told(&text).len(), 1);
        }
        let many = "[[webhook]]\n".repeat(MOST + 1);
        assert_eq!(told(&many), ["a definitions file cannot have more than 10000 webhooks: it has 10001 | "]);
    }
}
