//! The rotation of a secret: for an overlap a webhook has two, of which one leads. Pure.
//!
//! `webhook-signature` carries a signature of each, the leading one first. `X-Athens-Signature` has room for one
//! alone: that of the secret that leads, which is the old one until the receiver has refused it and accepted the
//! new one. After the overlap the old one counts for nothing, whether it was erased by then or not.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;

use super::Webhook;
use crate::error::{Error, Report, Result};
use crate::signature::Secret;

/// How long both secrets may be used. Time enough to change one receiver by hand, and no longer than somebody
/// remembers.
pub const OVERLAPS: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 60 * 60);

/// The overlap where none is asked for.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// Which of the two secrets of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The one from before.
    Old,
    /// The one that stays.
    New,
}

impl Generation {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Old, Self::New];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

/// A rotation that is under way. The new secret is that of the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// A random number that tells it from every other rotation: whoever holds an older copy of the webhook decides
    /// nothing about this one.
    pub id: i64,
    /// The secret from before.
    pub old: Secret,
    /// Which one signs `X-Athens-Signature`.
    pub leads: Generation,
    /// When it began.
    pub started_at: Timestamp,
    /// From then on the old secret counts for nothing.
    pub until: Timestamp,
    /// When the receiver first accepted the new secret after it had refused the old one.
    pub accepted_at: Option<Timestamp>,
}

/// What to do about the rotation of a secret.
#[derive(Debug, Clone)]
pub enum Rotating {
    /// Begin one.
    Begin {
        /// The new secret.
        secret: Secret,
        /// How long both are used.
        overlap: Duration,
        /// What it is to be known by.
        id: i64,
    },
    /// End the overlap now and erase the old secret.
    Finish,
    /// Go back to the old secret and erase the new one.
    Cancel,
}

/// The secrets of a webhook at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Secrets<'a> {
    /// The one that signs alone where there is room for one signature.
    pub leading: &'a Secret,
    /// During a rotation: the one that does not lead.
    pub other: Option<&'a Secret>,
    /// During a rotation: which of them leads.
    pub leads: Option<Generation>,
}

impl<'a> Secrets<'a> {
    /// A secret that is alone.
    pub const fn only(secret: &'a Secret) -> Self {
        Self { leading: secret, other: None, leads: None }
    }

    /// The same secrets with the other one leading; `None` where there is no other.
    pub fn swapped(self) -> Option<Self> {
        Some(Self {
            leading: self.other?,
            other: Some(self.leading),
            leads: self.leads.map(Generation::other),
        })
    }

    /// The same secrets with this one leading, where there are two.
    #[must_use]
    pub fn led_by(self, generation: Generation) -> Self {
        if self.leads.is_some_and(|leads| leads != generation) {
            self.swapped().unwrap_or(self)
        } else {
            self
        }
    }

    /// All of them, the leading one first.
    pub fn all(self) -> impl Iterator<Item = &'a Secret> {
        std::iter::once(self.leading).chain(self.other)
    }
}

impl Webhook {
    /// The rotation that is under way at the moment `now`.
    pub fn rotation_at(&self, now: Timestamp) -> Option<&Rotation> {
        self.rotation.as_ref().filter(|rotation| now < rotation.until)
    }

    /// What a request is signed with at the moment `now`.
    pub fn secrets(&self, now: Timestamp) -> Secrets<'_> {
        match self.rotation_at(now) {
            None => Secrets::only(&self.secret),
            Some(rotation) => {
                let old = Secrets {
                    leading: &rotation.old,
                    other: Some(&self.secret),
                    leads: Some(Generation::Old),
                };
                old.led_by(rotation.leads)
            }
        }
    }

    /// Whether a secret that `before` had is none of this webhook's any more.
    pub fn has_given_up_a_secret_of(&self, before: &Self) -> bool {
        let has = |secret: &Secret| {
            *secret == self.secret || self.rotation.as_ref().is_some_and(|rotation| *secret == rotation.old)
        };
        !has(&before.secret) || before.rotation.as_ref().is_some_and(|rotation| !has(&rotation.old))
    }

    /// The webhook after a step of a rotation.
    ///
    /// # Errors
    /// `Refused` where a rotation is to begin while one is under way, or to end while none is; `Invalid` where the
    /// overlap is too short or too long, or the new secret is the one that there is.
    pub fn rotate(&self, rotating: Rotating, now: Timestamp) -> Result<Self> {
        let mut changed = self.clone();
        changed.updated_at = now;
        match (rotating, self.rotation_at(now)) {
            (Rotating::Begin { .. }, Some(rotation)) => {
                return Err(under_way(self, &format!("is being rotated already, until {}", rotation.until)));
            }
            (Rotating::Begin { secret, overlap, id }, None) => {
                if secret == self.secret {
                    return Err(Error::invalid("secret", "secret cannot be the one that the webhook has"));
                }
                let until = OVERLAPS.contains(&overlap).then(|| now.checked_add(overlap).ok()).flatten();
                let until = until.ok_or_else(|| {
                    Error::invalid("overlap", "overlap cannot be used: it is from 1m to 30d")
                })?;
                let old = std::mem::replace(&mut changed.secret, secret);
                let leads = Generation::Old;
                changed.rotation =
                    Some(Rotation { id, old, leads, started_at: now, until, accepted_at: None });
            }
            (Rotating::Finish, Some(_)) => changed.rotation = None,
            (Rotating::Cancel, Some(rotation)) => {
                changed.secret = rotation.old.clone();
                changed.rotation = None;
            }
            (Rotating::Finish | Rotating::Cancel, None) => {
                let name = &self.name;
                let report = Report::new(format!("the secret of webhook `{name}` is not being rotated"));
                let hint = format!("`ptw-hooks show {}` shows how it stands", self.id);
                return Err(Error::Refused(report.hint(hint)));
            }
        }
        Ok(changed)
    }
}

/// Why something cannot be done to the secret of a webhook while it is rotated.
pub fn under_way(webhook: &Webhook, what: &str) -> Error {
    let Webhook { id, name, .. } = webhook;
    Error::Refused(Report::new(format!("the secret of webhook `{name}` {what}")).hint(format!(
        "`ptw-hooks rotate-secret {id} --finish` keeps the new secret and erases the old one, `--cancel` the reverse"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::{NewWebhook, WebhookChanges};
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_705_314_600 + seconds).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::unchecked(text.into())
    }

    fn webhook() -> Webhook {
        let new = NewWebhook::plain("ERP", "https://erp.example/x", secret("old"));
        new.validate(at(0)).unwrap()
    }

    fn begin(overlap: u64) -> Rotating {
        Rotating::Begin { secret: secret("new"), overlap: Duration::from_secs(overlap), id: 7 }
    }

    fn texts(webhook: &Webhook, seconds: i64) -> Vec<&str> {
        webhook.secrets(at(seconds)).all().map(Secret::expose).collect()
    }

    #[test]
    fn both_secrets_are_used_until_the_overlap_ends() {
        let mut webhook = webhook().rotate(begin(60), at(0)).unwrap();
        assert_eq!(texts(&webhook, 0), ["old", "new"]);
        assert_eq!(texts(&webhook, 59), ["old", "new"]);
        assert_eq!(texts(&webhook, 60), ["new"]);
        webhook.rotation.as_mut().unwrap().leads = Generation::New;
        assert_eq!(texts(&webhook, 59), ["new", "old"]);
        assert_eq!(texts(&webhook, 60), ["new"]);
        assert_eq!(webhook.secrets(at(0)).led_by(Generation::Old).leading, &secret("old"));
        assert_eq!(webhook.secrets(at(60)).led_by(Generation::Old).leading, &secret("new"));
        assert!(webhook.secrets(at(60)).swapped().is_none());
    }

    #[test]
    fn a_rotation_ends_with_either_secret_and_is_refused_where_it_makes_no_sense() {
        let rotating = webhook().rotate(begin(3600), at(0)).unwrap();
        assert!(!rotating.has_given_up_a_secret_of(&webhook()));
        let finished = rotating.rotate(Rotating::Finish, at(1)).unwrap();
        assert!(finished.has_given_up_a_secret_of(&rotating));
        assert_eq!((finished.secret.expose(), finished.rotation), ("new", None));
        let cancelled = rotating.rotate(Rotating::Cancel, at(1)).unwrap();
        assert!(cancelled.has_given_up_a_secret_of(&rotating));
        assert_eq!((cancelled.secret.expose(), cancelled.rotation), ("old", None));
        let refused = |result: Result<Webhook>| assert!(matches!(result, Err(Error::Refused(_))));
        refused(rotating.rotate(begin(60), at(3599)));
        refused(rotating.rotate(Rotating::Cancel, at(3600)));
        refused(webhook().rotate(Rotating::Finish, at(0)));
        let changes = |text| WebhookChanges { secret: Some(secret(text)), ..WebhookChanges::default() };
        refused(changes("other").apply(&rotating, at(1)));
        refused(changes("old").apply(&rotating, at(1)));
        assert_eq!(changes("new").apply(&rotating, at(1)).unwrap().rotation, rotating.rotation);
        assert_eq!(changes("other").apply(&rotating, at(3600)).unwrap().secret.expose(), "other");
    }

    #[test]
    fn a_secret_or_an_overlap_that_cannot_be_used_is_refused() {
        for overlap in [0, 59, 30 * 24 * 60 * 60 + 1, u64::MAX] {
            assert!(matches!(webhook().rotate(begin(overlap), at(0)), Err(Error::Invalid(_))), "{overlap}");
        }
        let same = Rotating::Begin { secret: secret("old"), overlap: OVERLAP, id: 7 };
        assert!(matches!(webhook().rotate(same, at(0)), Err(Error::Invalid(_))));
    }
}
