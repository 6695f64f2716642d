//! What a look at the client certificate of a webhook has found, and the verdict on it. Pure.

use jiff::Timestamp;

use super::SOON;
use crate::upkeep::{Check, Verdict};

/// What was found of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLook {
    /// The file that it is in.
    pub cert: String,
    /// The file of its key.
    pub key: String,
    /// When it ends, if that can be told; or what is wrong with the files, and how to mend it.
    pub read: Result<Option<Timestamp>, (String, String)>,
    /// Whether other users of this machine can read the key.
    pub open_to_others: bool,
    /// Whether the receiver asked for it; `None` where it was not come to.
    pub asked: Option<bool>,
}

/// What the receiver showed of whether it takes the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It answered with this status.
    Answered(u16),
    /// It did not come to an answer.
    Unknown,
}

impl ClientLook {
    /// The verdict at `now`.
    pub fn judge(&self, taken: Taken, now: Timestamp) -> Check {
        const NAME: &str = "client_cert";
        let bad = |verdict, finding: String, advice: &str| Check::bad((NAME, verdict), finding, advice);
        let ends = match &self.read {
            Ok(ends) => *ends,
            Err((error, hint)) => return bad(Verdict::Failed, error.clone(), &sentence(hint)),
        };
        let renew = "Put a new certificate, and its key, in the place of the files: they are taken from the next attempt \
                     on, and nothing has to be restarted.";
        let days = ends.map(|ends| (ends, ends.duration_since(now).as_hours() / 24));
        if let Some((ends, days)) = days.filter(|(ends, _)| ends.duration_since(now) < SOON) {
            return bad(
                Verdict::Warning,
                format!("`{}` expires in {days} days, at {ends}", self.cert),
                renew,
            );
        }
        if self.open_to_others {
            return bad(
                Verdict::Warning,
                format!("other users of this machine can read or write `{}`", self.key),
                &format!(
                    "It proves who sends: `chmod 600 '{}'`, and have the certificate issued anew if strangers use this machine.",
                    self.key
                ),
            );
        }
        let days = days.map_or_else(String::new, |(_, days)| format!(" and expires in {days} days"));
        let receiver = match (self.asked, taken) {
            (Some(true), Taken::Answered(400 | 403 | 495 | 496)) => {
                "; the receiver asked for it, and its answer leaves open whether it took it"
            }
            (Some(true), Taken::Answered(_)) => "; the receiver asked for it and took it",
            (Some(false), _) => "; the receiver did not ask for it",
            (Some(true) | None, _) => "",
        };
        Check::ok(NAME, format!("`{}` fits its key{days}{receiver}", self.cert))
    }
}

/// A hint as a sentence.
fn sentence(hint: &str) -> String {
    let mut letters = hint.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    format!("{}{}.", first.map_or_else(String::new, String::from), letters.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn what_ends_or_lies_open_is_said_before_what_the_receiver_does() {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let look = |hours: i64, open_to_others, asked| ClientLook {
            cert: "/c.pem".into(),
            key: "/k.pem".into(),
            read: Ok(Some(now + SignedDuration::from_hours(hours))),
            open_to_others,
            asked,
        };
        let of = |look: &ClientLook, taken| {
            let check = look.judge(taken, now);
            (check.verdict, check.finding)
        };
        let ok = |text: &str| (Verdict::Ok, format!("`/c.pem` fits its key and expires in 40 days{text}"));
        let good = |asked| look(40 * 24, false, asked);
        assert_eq!(
            of(&good(Some(true)), Taken::Answered(204)),
            ok("; the receiver asked for it and took it")
        );
        assert_eq!(of(&good(Some(false)), Taken::Answered(204)), ok("; the receiver did not ask for it"));
        assert_eq!(of(&good(Some(true)), Taken::Unknown), ok(""));
        assert!(of(&good(Some(true)), Taken::Answered(400)).1.contains("leaves open"));
        assert_eq!(of(&look(29 * 24, false, None), Taken::Unknown).0, Verdict::Warning);
        assert_eq!(of(&look(40 * 24, true, None), Taken::Unknown).0, Verdict::Warning);
        let broken =
            ClientLook { read: Err(("cannot read it".into(), "check the path".into())), ..good(None) };
        assert_eq!(broken.judge(Taken::Unknown, now).advice, "Check the path.");
    }
}
