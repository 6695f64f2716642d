//! A copy of the database in another file, made while others read and write.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rusqlite::ErrorCode;
use tempfile::NamedTempFile;

use super::fault::Fault;
use super::interrupt::interruptible;
use super::{Store, open};
use crate::error::{Error, Report, Result};

/// The files of a database: what stands after its own name.
const OURS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

impl Store {
    /// Writes a copy of the database, as it is at one moment, into the file `to`, and says how many bytes it
    /// has. `to` is not there, or what it was before, until the copy is whole and on the disk. `None` where
    /// `stop` ended it before; nothing is left of it then.
    ///
    /// # Errors
    /// `Refused` where `to` is the database itself, is no file, or exists and is not to be replaced.
    pub fn backup(&self, to: &Path, replace: bool, stop: &AtomicBool) -> Result<Option<u64>> {
        let cannot_write = |error: io::Error| unwritable(to, &error);
        self.refuse(to, replace)?;
        // Through a symbolic link to the file that it stands for: what is to be replaced is that one.
        let place = if to.exists() { to.canonicalize().map_err(cannot_write)? } else { to.to_owned() };
        let directory = place.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        // Mode 0600 from its first byte on, and removed again where it does not get its name.
        let copy = tempfile::Builder::new()
            .prefix(".ptw-hooks-")
            .suffix(".backup")
            .tempfile_in(directory)
            .map_err(cannot_write)?;
        if self.copy(&copy, to, stop)?.is_none() {
            return Ok(None);
        }
        copy.as_file().sync_all().map_err(cannot_write)?;
        let bytes = copy.as_file().metadata().map_err(cannot_write)?.len();
        let named = if replace { copy.persist(&place) } else { copy.persist_noclobber(&place) };
        named.map_err(|unnamed| match unnamed.error.kind() {
            io::ErrorKind::AlreadyExists => exists(to),
            _ => cannot_write(unnamed.error),
        })?;
        sync_directory(directory).map_err(cannot_write)?;
        Ok(Some(bytes))
    }

    fn copy(&self, copy: &NamedTempFile, to: &Path, stop: &AtomicBool) -> Result<Option<()>> {
        let path = open::plain(copy.path());
        // As bytes: the name of a file need not be text.
        let path = path.as_os_str().as_encoded_bytes();
        self.alone(|connection| {
            let vacuum = || connection.execute("VACUUM INTO CAST(?1 AS TEXT)", [path]).map(drop);
            interruptible(connection, stop, vacuum).map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Sql(error),
                _ => Fault::Rule(Fault::Sql(error).into_error(to)),
            })
        })
    }

    fn refuse(&self, to: &Path, replace: bool) -> Result<()> {
        let refused = |message: String, hint: &str| Err(Error::Refused(Report::new(message).hint(hint)));
        if self.own_files().iter().any(|own| is_same(own, to)) {
            return refused(
                format!("cannot back up to `{}`: it is the database itself, or belongs to it", to.display()),
                "name another file, on another disk if there is one",
            );
        }
        match fs::metadata(to) {
            Ok(found) if !found.is_file() => refused(
                format!("cannot back up to `{}`: it is not a regular file", to.display()),
                "name a file; it is made where it is not there",
            ),
            Ok(_) if !replace => Err(exists(to)),
            _ => Ok(()),
        }
    }

    /// Where the database and what SQLite keeps beside it really are.
    fn own_files(&self) -> Vec<PathBuf> {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let beside = |suffix: &&str| {
            let mut name = OsString::from(path.as_os_str());
            name.push(suffix);
            PathBuf::from(name)
        };
        OURS.iter().map(beside).collect()
    }
}

/// Whether two paths lead to one file, whatever they look like; for files that are not there, whether they
/// would.
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one_is), Ok(other_is)) => is_same_file(&one_is, &other_is) || real(one) == real(other),
        _ => real(one) == real(other),
    }
}

#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}

fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        Some(directory.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    })
}

/// Without this, a loss of power may take the new name with it (`rename(2)`, `fsync(2)`).
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn exists(to: &Path) -> Error {
    let report = Report::new(format!("cannot back up to `{}`: it exists", to.display()));
    Error::Refused(report.hint("name another file, or replace this one with `--force`"))
}

fn unwritable(to: &Path, error: &io::Error) -> Error {
    let report = Report::new(format!("cannot write `{}`: {error}", to.display()));
    Error::Storage(
        report.hint("check that its directory is there and can be written, and that the disk has space"),
    )
}
