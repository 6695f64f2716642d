//! What SQLite says when something fails, in words that a person can act on.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::error::{Error, Report};

/// Why a transaction ended without effect.
pub enum Fault {
    /// SQLite said so.
    Sql(rusqlite::Error),
    /// A rule of the product said so.
    Rule(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl Fault {
    /// Whether this user may not write the file, or the files beside it.
    pub fn is_forbidden(&self) -> bool {
        use ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
        let Self::Sql(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly))
    }

    /// The error for the user, naming the file.
    pub fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Rule(error) => error,
            Self::Sql(error) if passes(&error) => Error::Unavailable(report(&error, path)),
            Self::Sql(error) => Error::Storage(report(&error, path)),
        }
    }
}

fn report(error: &rusqlite::Error, path: &Path) -> Report {
    let file = path.display();
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new(".")).display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => disk_full(path),
        // Where there is no space left, the `-shm` file is the first that cannot grow.
        Some(ErrorCode::SystemIoFailure)
            if error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE) =>
        {
            disk_full(path)
        }
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => Report::new(format!("cannot write `{file}`: it or its directory is read-only for this user"))
            .hint(format!("run as the owner of `{directory}`, or name another file with `--db`")),
        Some(ErrorCode::CannotOpen) => Report::new(format!("cannot open `{file}` or the files beside it"))
            .hint(format!(
                "`{directory}` must be writable for this user: SQLite keeps `-wal` and `-shm` files there"
            )),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => corrupt(path),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Report::new(format!("cannot write `{file}`: another process has held it for too long"))
                .hint("look for a backup or a shell that holds it open, then run the command again")
        }
        Some(ErrorCode::SystemIoFailure) => Report::new(format!("cannot read or write `{file}`: {error}"))
            .hint("check the disk, its free space and its mount; the kernel log says more"),
        _ if matches!(error, rusqlite::Error::FromSqlConversionFailure(..)) => corrupt(path),
        _ => Report::new(format!("cannot use `{file}`: {error}")),
    }
}

fn disk_full(path: &Path) -> Report {
    Report::new(format!("cannot write `{}`: the disk is full; nothing more was stored", path.display()))
        .hint("make space, then run the command again")
}

/// The report for a file whose content is damaged.
pub fn corrupt(path: &Path) -> Report {
    let file = path.display();
    Report::new(format!("cannot read `{file}`: the database is corrupt"))
        .hint("put a backup in its place; `sqlite3 FILE .recover` may save what is left")
}

/// Whether it may work again without anybody's help, or as soon as there is space.
fn passes(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
        )
    )
}
