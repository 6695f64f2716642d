//! The members of a definition: the one place that is extended where a webhook gets another setting. Pure.
//!
//! To add one: name it in [`declared`] and [`replacing`], which do not compile before that, and give it a line in
//! [`MEMBERS`], without which the test below fails.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::value::Value;
use crate::error::Result;
use crate::signature::Secret;
use crate::time;
use crate::webhook::{ClientFiles, NewWebhook, Schedule, Webhook, WebhookChanges, wait};

/// One member: its name, how it is read from a file, and how it is written to one.
pub struct Member {
    /// As REST and the file spell it.
    pub name: &'static str,
    /// Puts a value where it belongs. An error is the end of a sentence that begins with the name.
    pub read: fn(&Value, &mut NewWebhook) -> std::result::Result<(), String>,
    /// The value, or `None` where it is the default.
    pub write: fn(&NewWebhook) -> Option<Value>,
}

/// Every member but the secret and the headers, which a file holds by reference, in the order in which they are written.
pub const MEMBERS: [Member; 12] = [
    Member {
        name: "name",
        read: |value, new| text(value).map(|text| text.clone_into(&mut new.name)),
        write: |new| Some(Value::Text(new.name.clone())),
    },
    Member {
        name: "project",
        read: |value, new| whole(value).map(|id| new.project = Some(id)),
        write: |new| new.project.map(Value::Whole),
    },
    Member {
        name: "url",
        read: |value, new| text(value).map(|text| text.clone_into(&mut new.url)),
        write: |new| Some(Value::Text(new.url.clone())),
    },
    Member {
        name: "enabled",
        read: |value, new| truth(value).map(|truth| new.enabled = truth),
        write: |new| Some(Value::Truth(new.enabled)),
    },
    Member {
        name: "events",
        read: |value, new| list(value).map(|names| new.events = names.into_iter().map(Into::into).collect()),
        write: |new| Some(Value::texts(new.events.clone())),
    },
    Member {
        name: "timeout",
        read: |value, new| {
            let timeout = text(value).and_then(|text| time::duration(text).map_err(unusable));
            timeout.map(|timeout| new.timeout = Some(timeout))
        },
        write: |new| new.timeout.map(duration),
    },
    Member {
        name: "retry_schedule",
        read: |value, new| {
            let waits: std::result::Result<_, _> = list(value)?.into_iter().map(wait).collect();
            new.schedule = Some(Schedule(waits.map_err(unusable)?));
            Ok(())
        },
        write: |new| {
            new.schedule
                .as_ref()
                .map(|Schedule(waits)| Value::List(waits.iter().copied().map(duration).collect()))
        },
    },
    Member {
        name: "rate",
        read: |value, new| {
            let rate = text(value).and_then(|text| text.parse().map_err(unusable));
            rate.map(|rate| new.rate = Some(rate))
        },
        write: |new| new.rate.map(|rate| Value::Text(rate.to_string())),
    },
    Member {
        name: "ordered",
        read: |value, new| truth(value).map(|truth| new.ordered = truth),
        write: |new| new.ordered.then_some(Value::Truth(true)),
    },
    Member {
        name: "client_cert",
        read: |value, new| path(value).map(|path| client(new).cert = path),
        write: |new| new.tls.cert().map(|path| Value::Text(path.to_owned())),
    },
    Member {
        name: "client_key",
        read: |value, new| path(value).map(|path| client(new).key = path),
        write: |new| new.tls.key().map(|path| Value::Text(path.to_owned())),
    },
    Member {
        name: "ca_file",
        read: |value, new| path(value).map(|path| new.tls.ca_file = Some(path)),
        write: |new| new.tls.ca_file.clone().map(Value::Text),
    },
];

/// What is declared where a file says nothing: the defaults of `create`.
pub fn undeclared() -> NewWebhook {
    NewWebhook::plain(String::new(), String::new(), Secret::unchecked(String::new()))
}

/// What of a webhook is its definition. The rest is where it stands: a webhook is paused for the moment, and a file
/// that was written at another moment must not let requests go to a receiver that somebody is working on.
pub fn declared(webhook: &Webhook) -> NewWebhook {
    let Webhook {
        id: _,
        name,
        url,
        secret,
        project,
        enabled,
        events,
        timeout,
        headers,
        schedule,
        rate,
        ordered,
        tls,
        rotation: _,
        paused_at: _,
        disabled: _,
        created_at: _,
        updated_at: _,
        last_sent_at: _,
        last_status_code: _,
        last_error: _,
    } = webhook;
    NewWebhook {
        name: name.clone(),
        url: url.clone(),
        secret: secret.clone(),
        project: *project,
        enabled: *enabled,
        events: events.names().into_iter().map(Into::into).collect(),
        timeout: *timeout,
        headers: headers.clone(),
        schedule: schedule.clone(),
        rate: *rate,
        ordered: *ordered,
        tls: tls.clone(),
    }
}

/// The changes that make a webhook what is declared.
pub fn replacing(declared: NewWebhook) -> WebhookChanges {
    let NewWebhook {
        name,
        url,
        secret,
        project,
        enabled,
        events,
        timeout,
        headers,
        schedule,
        rate,
        ordered,
        tls,
    } = declared;
    WebhookChanges {
        name: Some(name),
        url: Some(url),
        secret: Some(secret),
        project: Some(project),
        enabled: Some(enabled),
        events: Some(events),
        add_events: Vec::new(),
        remove_events: Vec::new(),
        timeout: Some(timeout),
        headers: Some(headers),
        schedule: Some(schedule),
        rate: Some(rate),
        ordered: Some(ordered),
        client: Some(tls.client),
        ca_file: Some(tls.ca_file),
        paused: None,
    }
}

/// The same, checked and in the form in which it is stored: without white space around names, each event once.
///
/// # Errors
/// As [`NewWebhook::validate`].
pub fn checked(new: NewWebhook) -> Result<NewWebhook> {
    // The time is in nothing that is declared.
    Ok(declared(&new.validate(Timestamp::UNIX_EPOCH)?))
}

fn text(value: &Value) -> std::result::Result<&str, String> {
    if let Value::Text(text) = value { Ok(text) } else { Err("cannot be anything but a string".to_owned()) }
}

/// The path of a file, which every process has to find, wherever that runs.
fn path(value: &Value) -> std::result::Result<String, String> {
    let path = text(value)?;
    if Path::new(path).is_absolute() {
        Ok(path.to_owned())
    } else {
        Err("cannot be used: it is not an absolute path".to_owned())
    }
}

/// The files of the client certificate, of which one may not be named yet, or never is.
fn client(new: &mut NewWebhook) -> &mut ClientFiles {
    new.tls.client.get_or_insert_with(ClientFiles::default)
}

fn list(value: &Value) -> std::result::Result<Vec<&str>, String> {
    let Value::List(values) = value else {
        return Err("cannot be anything but a list of strings".to_owned());
    };
    values
        .iter()
        .map(text)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| "can hold only strings".to_owned())
}

fn whole(value: &Value) -> std::result::Result<i64, String> {
    if let Value::Whole(number) = value {
        Ok(*number)
    } else {
        Err("cannot be anything but an integer".to_owned())
    }
}

fn truth(value: &Value) -> std::result::Result<bool, String> {
    if let Value::Truth(truth) = value {
        Ok(*truth)
    } else {
        Err("cannot be anything but true or false".to_owned())
    }
}

fn duration(duration: Duration) -> Value {
    Value::Text(time::short(duration))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unusable(how: String) -> String {
    format!("cannot be used: {how}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::Header;
    use crate::webhook::TlsFiles;

    /// Nothing in it is the default.
    fn full() -> NewWebhook {
        NewWebhook {
            name: "ERP \"north\"".into(),
            url: "https://erp.example/x".into(),
            secret: Secret::unchecked("abcdefgh".into()),
            project: Some(5),
            enabled: false,
            events: vec!["permit_created".into(), "permit_approved".into()],
            timeout: Some(Duration::from_secs(5)),
            headers: vec![Header { name: "X-Key".into(), value: "1".into() }],
            schedule: Some(Schedule(vec![Duration::from_secs(5), Duration::from_secs(300)])),
            rate: Some("10/m".parse().unwrap()),
            ordered: true,
            tls: TlsFiles {
                client: Some(ClientFiles { cert: "/c.pem".into(), key: "/k.pem".into() }),
                ca_file: Some("/ca.pem".into()),
            },
        }
    }

    #[test]
    fn every_member_is_written_and_read_and_none_is_forgotten() {
        let (mut found, default) = (undeclared(), undeclared());
        for member in &MEMBERS {
            let value = (member.write)(&full()).expect(member.name);
            (member.read)(&value, &mut found).expect(member.name);
            assert_eq!((member.read)(&Value::Other, &mut found).unwrap_err().get(..3), Some("can"));
            let always = ["name", "url", "enabled", "events"].contains(&member.name);
            assert_eq!((member.write)(&default).is_some(), always, "{}", member.name);
        }
        // These two are held by reference.
        let NewWebhook { secret, headers, .. } = full();
        assert_eq!(NewWebhook { secret, headers, ..found }, full());
    }

    #[test]
    fn a_webhook_is_changed_into_whatever_is_declared_and_nothing_else() {
        let now = Timestamp::UNIX_EPOCH;
        for (from, to) in [(undeclared(), full()), (full(), undeclared())] {
            let named = |new: NewWebhook| NewWebhook { name: "n".into(), url: "https://x".into(), ..new };
            let before = named(from).validate(now).unwrap();
            let after = replacing(named(to.clone())).apply(&before, now).unwrap();
            assert_eq!(declared(&after), named(to));
        }
    }
}
