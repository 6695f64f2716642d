//! What was done to a webhook, by whom and when: which of its members changed, and never their values. Pure.

use jiff::Timestamp;

use super::Webhook;

/// What was done to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was created.
    Created,
    /// Its definition was changed.
    Changed,
    /// It is owed events again.
    Enabled,
    /// It is owed no events any more.
    Disabled,
    /// Nothing is sent to it for now.
    Paused,
    /// It is sent to again.
    Resumed,
    /// A new secret was given to it, beside the one that it had.
    Rotating,
    /// The secret from before a rotation was erased.
    Rotated,
    /// The secret from before a rotation was taken again, and the new one erased.
    Restored,
    /// It was deleted.
    Deleted,
}

impl Deed {
    /// Every deed.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Changed,
        Self::Enabled,
        Self::Disabled,
        Self::Paused,
        Self::Resumed,
        Self::Rotating,
        Self::Rotated,
        Self::Restored,
        Self::Deleted,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Rotating => "rotating",
            Self::Rotated => "rotated",
            Self::Restored => "restored",
            Self::Deleted => "deleted",
        }
    }
}

/// One entry of the history of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Who, as [`super::Actor`] shows it.
    pub by: String,
    /// What.
    pub what: Deed,
    /// The names of the members that changed, as the JSON of a webhook has them.
    pub fields: Vec<String>,
}

/// What was done to make `after` of `before`; empty where that is the same. Whether it was enabled or paused, and
/// how its secret was rotated, is a deed of its own, because the name of the member would not say which.
pub fn deeds(before: &Webhook, after: &Webhook) -> Vec<(Deed, Vec<&'static str>)> {
    let rotated = rotation(before, after);
    let members = [
        ("name", before.name != after.name),
        ("url", before.url != after.url),
        ("secret", rotated.is_none() && before.secret != after.secret),
        ("project", before.project != after.project),
        ("events", before.events != after.events),
        ("timeout", before.timeout != after.timeout),
        ("headers", before.headers != after.headers),
        ("retry_schedule", before.schedule != after.schedule),
        ("rate", before.rate != after.rate),
        ("ordered", before.ordered != after.ordered),
        ("client_cert", before.tls.cert() != after.tls.cert()),
        ("client_key", before.tls.key() != after.tls.key()),
        ("ca_file", before.tls.ca_file != after.tls.ca_file),
    ];
    let fields: Vec<_> = members.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    let mut deeds = Vec::new();
    if !fields.is_empty() {
        deeds.push((Deed::Changed, fields));
    }
    deeds.extend(rotated);
    if before.enabled != after.enabled {
        deeds.push((if after.enabled { Deed::Enabled } else { Deed::Disabled }, vec!["enabled"]));
    }
    if before.paused_at.is_some() != after.paused_at.is_some() {
        deeds.push((if after.paused_at.is_some() { Deed::Paused } else { Deed::Resumed }, vec!["paused_at"]));
    }
    deeds
}

/// The step of a rotation that lies between them, if there is one.
fn rotation(before: &Webhook, after: &Webhook) -> Option<(Deed, Vec<&'static str>)> {
    match (&before.rotation, &after.rotation) {
        (None, Some(_)) => Some((Deed::Rotating, vec!["secret", "rotation"])),
        (Some(_), None) if before.secret == after.secret => Some((Deed::Rotated, vec!["rotation"])),
        (Some(_), None) => Some((Deed::Restored, vec!["secret", "rotation"])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NewWebhook, WebhookChanges};
    use super::*;
    use crate::signature::Secret;

    fn now() -> Timestamp {
        "2024-01-15T10:30:00Z".parse().unwrap()
    }

    fn webhook() -> Webhook {
        let new = NewWebhook {
            events: vec!["permit_created".into()],
            ..NewWebhook::plain("ERP", "https://erp.example/x", Secret::unchecked("abcdefgh".into()))
        };
        new.validate(now()).unwrap()
    }

    #[test]
    fn a_change_is_told_by_the_names_of_what_differs() {
        let before = webhook();
        let told = |changes: WebhookChanges| deeds(&before, &changes.apply(&before, now()).unwrap());
        let same =
            WebhookChanges { name: Some("ERP".into()), paused: Some(false), ..WebhookChanges::enabled(true) };
        assert_eq!(told(same), []);
        let all = WebhookChanges {
            name: Some("erp".into()),
            url: Some("https://erp.example/y".into()),
            secret: Some(Secret::unchecked("ijklmnop".into())),
            project: Some(Some(5)),
            enabled: Some(false),
            events: Some(vec!["*".into()]),
            timeout: Some(Some(std::time::Duration::from_secs(5))),
            headers: Some(vec![crate::webhook::Header { name: "X-A".into(), value: "1".into() }]),
            schedule: Some(Some(crate::webhook::Schedule(Vec::new()))),
            rate: Some(Some("10/s".parse().unwrap())),
            ordered: Some(true),
            client: Some(Some(crate::webhook::ClientFiles { cert: "/c".into(), key: "/k".into() })),
            ca_file: Some(Some("/ca".into())),
            paused: Some(true),
            ..WebhookChanges::default()
        };
        let fields = [
            "name",
            "url",
            "secret",
            "project",
            "events",
            "timeout",
            "headers",
            "retry_schedule",
            "rate",
            "ordered",
            "client_cert",
            "client_key",
            "ca_file",
        ];
        assert_eq!(
            told(all),
            [
                (Deed::Changed, fields.to_vec()),
                (Deed::Disabled, vec!["enabled"]),
                (Deed::Paused, vec!["paused_at"])
            ]
        );
    }
}
