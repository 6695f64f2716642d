//! When is the next attempt: the schedule, its jitter, and what the receiver asks for. Pure.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::delivery::{Outcome, OutcomeKind, Status};
use crate::webhook::Schedule;

/// The longest wait that a receiver may ask for with `Retry-After`.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A webhook whose attempts have all failed for this long is disabled.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// Whether a webhook that has failed since then is to be disabled.
pub fn is_given_up(failing_since: Timestamp, now: Timestamp) -> bool {
    SignedDuration::try_from(GIVEN_UP_AFTER).is_ok_and(|most| now.duration_since(failing_since) >= most)
}

/// What an attempt makes of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Where the delivery stands now.
    pub status: Status,
    /// When it is due, if it is still pending.
    pub due: Option<Timestamp>,
    /// Whether the webhook is to be disabled, because the receiver said that it is gone.
    pub gone: bool,
}

/// What becomes of a delivery after its `attempt`-th attempt (from 1) ended at `now`. `jitter` gives a
/// random number from 0 to 1 and lengthens the wait by up to a tenth, so that receivers that failed together
/// are not all sent to at the same moment.
pub fn next(
    schedule: &Schedule,
    attempt: u32,
    outcome: &Outcome,
    now: Timestamp,
    jitter: impl FnOnce() -> f64,
) -> Next {
    let settled = |status| Next { status, due: None, gone: false };
    match outcome.kind {
        OutcomeKind::Delivered => return settled(Status::Success),
        OutcomeKind::Blocked => return settled(Status::Failed),
        _ => {}
    }
    // RFC 9110, section 15.5.11: the resource is gone and likely to stay so.
    if outcome.answer.as_ref().is_some_and(|answer| answer.status == 410) {
        return Next { gone: true, ..settled(Status::Failed) };
    }
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = schedule.0.get(index) else {
        return settled(Status::Failed);
    };
    let wait = wait.mul_f64(1.0 + jitter().clamp(0.0, 1.0) / 10.0);
    let asked = outcome.answer.as_ref().and_then(|answer| retry_after(answer.header("retry-after")?, now));
    let wait = wait.max(asked.unwrap_or_default());
    let due = SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
    Next { status: Status::Pending, due: due.or(Some(Timestamp::MAX)), gone: false }
}

/// The wait that a `Retry-After` header asks for (RFC 9110, section 10.2.3): seconds, or an HTTP date.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = rfc2822::parse(value).ok()?.timestamp();
        Duration::try_from(date.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Answer, AnswerLength, Phase};

    fn now() -> Timestamp {
        "2024-01-15T10:30:00Z".parse().unwrap()
    }

    fn answered(status: u16, headers: &[(&str, &str)]) -> Outcome {
        Outcome {
            kind: if status / 100 == 2 { OutcomeKind::Delivered } else { OutcomeKind::HttpStatus },
            phase: Phase::Body,
            error: String::new(),
            answer: Some(Answer {
                status,
                headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
                body: Vec::new(),
                length: AnswerLength::Exactly(0),
            }),
            duration: Duration::ZERO,
        }
    }

    fn wait(attempt: u32, outcome: &Outcome, jitter: f64) -> Option<i64> {
        next(&Schedule::default(), attempt, outcome, now(), || jitter)
            .due
            .map(|due| due.duration_since(now()).as_secs())
    }

    #[test]
    fn the_schedule_is_followed_to_its_end() {
        let failed = answered(500, &[]);
        let waits: Vec<_> = (1..=10).map(|attempt| wait(attempt, &failed, 0.0)).collect();
        let hours = |n: i64| Some(n * 3600);
        assert_eq!(
            waits,
            [
                Some(5),
                Some(300),
                Some(1800),
                hours(2),
                hours(5),
                hours(10),
                hours(14),
                hours(20),
                hours(24),
                None
            ]
        );
        assert_eq!(next(&Schedule::default(), 10, &failed, now(), || 0.0).status, Status::Failed);
        assert_eq!(wait(3, &failed, 1.0), Some(1980));
    }

    #[test]
    fn retry_after_lengthens_the_wait_and_never_shortens_it() {
        assert_eq!(wait(1, &answered(503, &[("Retry-After", "120")]), 0.0), Some(120));
        assert_eq!(wait(2, &answered(503, &[("retry-after", " 1 ")]), 0.0), Some(300));
        assert_eq!(
            wait(1, &answered(429, &[("Retry-After", "Mon, 15 Jan 2024 11:30:00 GMT")]), 0.0),
            Some(3600)
        );
        assert_eq!(
            wait(1, &answered(429, &[("Retry-After", "Mon, 15 Jan 2023 11:30:00 GMT")]), 0.0),
            Some(5)
        );
        assert_eq!(wait(1, &answered(429, &[("Retry-After", "99999999999999999999")]), 0.0), Some(5));
        assert_eq!(wait(1, &answered(429, &[("Retry-After", "9999999999")]), 0.0), Some(24 * 3600));
        assert_eq!(wait(1, &answered(429, &[("Retry-After", "soon")]), 0.0), Some(5));
    }

    #[test]
    fn success_gone_and_blocked_settle_it() {
        assert_eq!(next(&Schedule::default(), 1, &answered(204, &[]), now(), || 0.0).status, Status::Success);
        let gone = next(&Schedule::default(), 1, &answered(410, &[]), now(), || 0.0);
        assert_eq!((gone.status, gone.due, gone.gone), (Status::Failed, None, true));
        let blocked = Outcome { kind: OutcomeKind::Blocked, answer: None, ..answered(200, &[]) };
        assert_eq!(next(&Schedule::default(), 1, &blocked, now(), || 0.0).status, Status::Failed);
    }
}
