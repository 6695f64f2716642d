//! What a check of the file found, the verdict on it, and what to do. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How good or bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Somebody should look at it; nothing is broken.
    Warning,
    /// Broken, or it will not mend itself.
    Failed,
    /// Not looked at: there is nothing to see, or something before it has failed.
    Skipped,
}

impl Verdict {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub finding: String,
    /// What to do; empty where all is well.
    pub advice: String,
}

impl Check {
    /// All is well.
    pub fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, finding: finding.into(), advice: String::new() }
    }

    /// All is not well.
    pub fn bad(
        (name, verdict): (&'static str, Verdict),
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { name, verdict, finding: finding.into(), advice: advice.into() }
    }

    /// Not looked at, and why.
    pub fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Skipped, finding: why.into(), advice: String::new() }
    }
}

/// Rows with the same fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many there are.
    pub count: u64,
    /// The smallest id of the deliveries that are meant.
    pub first: i64,
}

/// What was found; `None` where the file is too damaged to tell.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What SQLite says about pages, rows and indexes.
    pub damage: Vec<String>,
    /// The tables with rows that refer to rows that are not there, each with how many it has.
    pub dangling: Option<Vec<(String, u64)>>,
    /// Deliveries whose count of attempts is not that of the attempts that are logged.
    pub miscounted: Option<Rows>,
    /// Lines of ordered webhooks in which not one delivery alone may be sent.
    pub disordered: Option<Rows>,
    /// Deliveries that were held for sending until a time that is over.
    pub abandoned: Option<Rows>,
    /// Deliveries that are held for sending for longer than any lease lasts.
    pub held_too_long: Option<Rows>,
    /// Deliveries that wait for longer than any wait lasts.
    pub due_too_late: Option<Rows>,
    /// When the newest event was accepted or the newest attempt began.
    pub newest: Option<Timestamp>,
    /// Deliveries that have been due for [`OVERDUE`].
    pub overdue: Option<Rows>,
    /// The size of the write-ahead log.
    pub log_bytes: u64,
}

/// What is due for longer than this is sent by nobody.
pub const OVERDUE: Duration = Duration::from_secs(5 * 60);
/// By so much a time may be ahead before the clock is to blame.
pub const AHEAD: Duration = Duration::from_secs(5 * 60);
/// What was written just now may be a little younger than the moment at which the check began.
const JUST_NOW: SignedDuration = SignedDuration::from_secs(10);
/// A write-ahead log beyond this size does not come from writing alone: it is cut back to a quarter of it.
const LARGE_LOG: u64 = 64 * 1024 * 1024;

const RESTORE: &str =
    "Stop what uses the file and put a backup in its place; `sqlite3 FILE .recover` may save what is newer.";
const EDITED: &str =
    "No version of this program writes that: restore a backup, or find out who edits the file.";
const AT_ONCE: &str = "The clock was ahead when they were written. `ptw-hooks retry --now` sends them.";

/// The verdicts on what was found at `now`, in the order in which they matter.
pub fn judge(found: &Found, now: Timestamp) -> Vec<Check> {
    vec![
        integrity(&found.damage),
        foreign_keys(found.dangling.as_deref()),
        deliveries(
            ("attempts", Verdict::Failed),
            found.miscounted,
            "every delivery counts the attempts that are logged",
            "the count is not that of the attempts that are logged",
            EDITED,
        ),
        lines(found.disordered),
        match found.held_too_long {
            Some(Rows { count: 1.., .. }) => deliveries(
                ("leases", Verdict::Failed),
                found.held_too_long,
                "",
                "held for sending for longer than that takes",
                AT_ONCE,
            ),
            _ => deliveries(
                ("leases", Verdict::Warning),
                found.abandoned,
                "what is held for sending is being sent",
                "held for sending by a process that has ended",
                "`ptw-hooks retry` takes them over; run it every minute, or keep `ptw-hooks retry --watch` running.",
            ),
        },
        deliveries(
            ("due_times", Verdict::Failed),
            found.due_too_late,
            "no delivery waits longer than the longest wait",
            "waiting longer than the longest wait",
            AT_ONCE,
        ),
        clock(found.newest, now),
        deliveries(
            ("overdue", Verdict::Warning),
            found.overdue,
            "nothing has been due for more than 5 minutes",
            "due for more than 5 minutes",
            "Nobody sends: run `ptw-hooks retry` every minute, or keep `ptw-hooks retry --watch` running.",
        ),
        log(found.log_bytes),
    ]
}

/// `ill` is what is wrong with the deliveries.
fn deliveries(
    check: (&'static str, Verdict),
    rows: Option<Rows>,
    well: &str,
    ill: &str,
    advice: &str,
) -> Check {
    match rows {
        None => unreadable(check.0),
        Some(Rows { count: 0, .. }) => Check::ok(check.0, well),
        Some(Rows { count, first }) => Check::bad(check, format!("{ill}: {}", some(count, first)), advice),
    }
}

fn some(count: u64, first: i64) -> String {
    if count == 1 {
        format!("delivery {first}")
    } else {
        format!("{count} deliveries, the oldest is delivery {first}")
    }
}

fn unreadable(name: &'static str) -> Check {
    Check::bad((name, Verdict::Failed), "cannot tell: the database is corrupt".to_owned(), RESTORE)
}

fn integrity(damage: &[String]) -> Check {
    match damage {
        [] => Check::ok("integrity", "every page, row and index is whole"),
        [only] => Check::bad(("integrity", Verdict::Failed), only.clone(), RESTORE),
        [first, others @ ..] => {
            Check::bad(("integrity", Verdict::Failed), format!("{first}; and {} more", others.len()), RESTORE)
        }
    }
}

fn foreign_keys(dangling: Option<&[(String, u64)]>) -> Check {
    let Some(dangling) = dangling else { return unreadable("foreign_keys") };
    if dangling.is_empty() {
        return Check::ok("foreign_keys", "what a row refers to is there");
    }
    let tables: Vec<String> = dangling.iter().map(|(table, count)| format!("{count} in {table}")).collect();
    let finding = format!("rows refer to others that are not there: {}", tables.join(", "));
    Check::bad(("foreign_keys", Verdict::Failed), finding, EDITED)
}

fn lines(disordered: Option<Rows>) -> Check {
    match disordered {
        None => unreadable("lines"),
        Some(Rows { count: 0, .. }) => Check::ok("lines", "in every line one delivery is next"),
        Some(Rows { count, first }) => Check::bad(
            ("lines", Verdict::Failed),
            format!("not one delivery alone is next, in {count} of the lines; the first is that of {first}"),
            format!(
                "`ptw-hooks redeliver {first}` sends it; until then, others may wait for ever or overtake it."
            ),
        ),
    }
}

fn clock(newest: Option<Timestamp>, now: Timestamp) -> Check {
    match newest.map(|newest| newest.duration_since(now)) {
        Some(ahead) if ahead > JUST_NOW => Check::bad(
            ("clock", Verdict::Warning),
            format!("the newest entry of the log is {} s in the future", ahead.as_secs()),
            "The clock was ahead, or is behind now: check it with `timedatectl` or `chronyc tracking`.",
        ),
        _ => Check::ok("clock", "nothing in the log is in the future"),
    }
}

fn log(bytes: u64) -> Check {
    let finding = format!("the write-ahead log has {} MiB", bytes.div_ceil(1024 * 1024));
    if bytes <= LARGE_LOG {
        return Check::ok("log", finding);
    }
    Check::bad(
        ("log", Verdict::Warning),
        finding,
        "A reader that does not end keeps it from being reused: look for a shell or a copy that holds the file open.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> Found {
        let none = Some(Rows::default());
        Found {
            damage: Vec::new(),
            dangling: Some(Vec::new()),
            miscounted: none,
            disordered: none,
            abandoned: none,
            held_too_long: none,
            due_too_late: none,
            newest: None,
            overdue: none,
            log_bytes: 0,
        }
    }

    #[test]
    fn what_is_well_needs_no_advice_and_what_is_not_has_some() {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let checks = judge(&well(), now);
        assert!(checks.iter().all(|check| check.verdict == Verdict::Ok && check.advice.is_empty()));
        let some = Some(Rows { count: 2, first: 7 });
        let found = Found {
            damage: vec!["page 3".into(), "page 4".into(), "page 5".into()],
            dangling: Some(vec![("attempts".into(), 2)]),
            miscounted: some,
            disordered: some,
            abandoned: some,
            held_too_long: Some(Rows::default()),
            due_too_late: some,
            newest: Some("2024-01-15T11:30:00Z".parse().unwrap()),
            overdue: some,
            log_bytes: LARGE_LOG + 1,
        };
        let checks = judge(&found, now);
        assert!(checks.iter().all(|check| check.verdict != Verdict::Ok && check.advice.ends_with('.')));
        assert_eq!(checks[0].finding, "page 3; and 2 more");
        assert_eq!(checks[6].finding, "the newest entry of the log is 3600 s in the future");
    }

    #[test]
    fn what_cannot_be_read_has_failed() {
        let checks =
            judge(&Found { damage: vec!["page 3".into()], ..Found::default() }, Timestamp::UNIX_EPOCH);
        let failed = checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
        assert_eq!(failed, 7, "{checks:?}");
    }
}
