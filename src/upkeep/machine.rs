//! What stands around the file: who can read it, how much space is left, and which tokens end soon. Pure.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::{Check, Verdict};

/// A check of `doctor`: of this machine, or of one receiver.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The id and the name of the webhook that it is about.
    pub webhook: Option<(i64, String)>,
    /// The check and its result.
    pub check: Check,
}

/// The place where the file is.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The file and those beside it, which have the same in them, each with its mode; none where the system has no
    /// modes.
    pub files: Vec<(PathBuf, u32)>,
    /// The directory that they are in, with its mode.
    pub directory: Option<(PathBuf, u32)>,
    /// What this user cannot write of those.
    pub unwritable: Vec<PathBuf>,
    /// How many bytes are free for this user, where the system tells.
    pub free: Option<u64>,
}

/// With less than this there is not even room for the files beside the database.
const FULL: u64 = 2 * 1024 * 1024;
/// With less than this, a day of many events or a backup may fill the disk.
const LITTLE: u64 = 100 * 1024 * 1024;
/// Whoever has a token that ends within this should get the next one.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// One that ended longer ago is missed by nobody.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether anybody else can read or replace the file.
pub fn modes(place: &Place) -> Check {
    const FAILED: (&str, Verdict) = ("modes", Verdict::Failed);
    if let Some((path, mode)) = place.files.iter().find(|(_, mode)| mode & 0o077 != 0) {
        let shown = path.display();
        return Check::bad(
            FAILED,
            format!("other users can read or write `{shown}`: its mode is {:04o}", mode & 0o7777),
            format!(
                "It holds the secrets of all webhooks: `chmod 600 '{shown}'`, and rotate them if strangers use this machine."
            ),
        );
    }
    // In a directory with the sticky bit only the owner of a file can replace it.
    if let Some((path, mode)) =
        place.directory.iter().find(|(_, mode)| mode & 0o022 != 0 && mode & 0o1000 == 0)
    {
        let shown = path.display();
        return Check::bad(
            FAILED,
            format!("other users can write into `{shown}`: its mode is {:04o}", mode & 0o7777),
            format!("They can put another database in the place of this one: `chmod 700 '{shown}'`."),
        );
    }
    if let Some(path) = place.unwritable.first() {
        return Check::bad(
            FAILED,
            format!("this user cannot write `{}`", path.display()),
            "Run it as the user that the files belong to, or give the files to this user with `chown`.",
        );
    }
    match place.files.first() {
        Some((_, mode)) => Check::ok(
            "modes",
            format!(
                "the database has mode {:04o}, its directory {:04o}",
                mode & 0o7777,
                place.directory_mode()
            ),
        ),
        None => Check::skipped("modes", "there is no file with a mode"),
    }
}

impl Place {
    fn directory_mode(&self) -> u32 {
        self.directory.as_ref().map_or(0, |(_, mode)| mode & 0o7777)
    }
}

/// Whether there is space for more.
pub fn disk(place: &Place) -> Check {
    let Some(free) = place.free else {
        return Check::skipped("disk", "the system does not tell how much space is free");
    };
    let (mib, advice) = (
        free / (1024 * 1024),
        "Make space; `ptw-hooks prune --older-than 90d` removes what is old, and `retention` in the configuration keeps \
         it so.",
    );
    match free {
        0..FULL => Check::bad(
            ("disk", Verdict::Failed),
            format!("the disk of the database is full: {} KiB are free", free / 1024),
            format!("Nothing more can be accepted or recorded. {advice}"),
        ),
        FULL..LITTLE => Check::bad(("disk", Verdict::Warning), format!("only {mib} MiB are free"), advice),
        _ => Check::ok("disk", format!("{mib} MiB are free")),
    }
}

/// Whether a token ends soon, or ended lately; each one is given by its name and its end.
pub fn tokens(ends: &[(String, Timestamp)], now: Timestamp) -> Check {
    let near = |end: &Timestamp| {
        let left = end.duration_since(now);
        left <= SOON && left >= -LATELY
    };
    let mut found: Vec<String> = Vec::new();
    for (name, end) in ends.iter().filter(|(_, end)| near(end)) {
        let left = end.duration_since(now);
        found.push(if left.is_negative() {
            format!("`{name}` has expired")
        } else {
            format!("`{name}` expires in {} days", left.as_hours() / 24)
        });
    }
    if found.is_empty() {
        return Check::ok("tokens", "no token for the REST API expires within 14 days");
    }
    Check::bad(
        ("tokens", Verdict::Warning),
        found.join(", "),
        "`ptw-hooks token create` makes the next one; give it to whoever uses the old one before that ends.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: u32, directory: u32) -> Place {
        Place {
            files: vec![("d/x.db".into(), 0o100_000 | file)],
            directory: Some(("d".into(), 0o040_000 | directory)),
            ..Place::default()
        }
    }

    #[test]
    fn whoever_else_can_read_the_file_or_write_its_directory_is_a_fault() {
        for (file, directory, finding) in [
            (0o600, 0o700, "the database has mode 0600, its directory 0700"),
            (0o600, 0o755, "the database has mode 0600, its directory 0755"),
            (0o600, 0o1777, "the database has mode 0600, its directory 1777"),
            (0o640, 0o700, "other users can read or write `d/x.db`: its mode is 0640"),
            (0o600, 0o770, "other users can write into `d`: its mode is 0770"),
        ] {
            let check = modes(&place(file, directory));
            assert_eq!(check.finding, finding);
            assert_eq!(check.verdict == Verdict::Ok, check.advice.is_empty());
        }
        let foreign = Place { unwritable: vec!["d".into()], ..place(0o600, 0o700) };
        assert_eq!(modes(&foreign).verdict, Verdict::Failed);
    }

    #[test]
    fn a_full_disk_has_failed_and_little_space_is_a_warning() {
        let of = |free| disk(&Place { free, ..Place::default() }).verdict;
        let mib = 1024 * 1024;
        assert_eq!(
            [of(Some(0)), of(Some(50 * mib)), of(Some(100 * mib)), of(None)],
            [Verdict::Failed, Verdict::Warning, Verdict::Ok, Verdict::Skipped]
        );
    }

    #[test]
    fn tokens_are_named_two_weeks_before_they_end() {
        let now: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let end = |name: &str, days: i64| (name.to_owned(), now + SignedDuration::from_hours(24 * days));
        assert_eq!(tokens(&[end("far", 15), end("long ago", -8)], now).verdict, Verdict::Ok);
        let check = tokens(&[end("erp", 3), end("gate", -1)], now);
        assert_eq!(check.finding, "`erp` expires in 3 days, `gate` has expired");
    }
}
