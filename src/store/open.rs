//! Opening the file: who may read it, whether it is ours, and which version of the schema it has.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::fault::{Fault, corrupt};
use crate::error::{Error, Report, Result};

/// Whether the file has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is an error where it is not. An emission into a fresh file at a mistyped path would be lost.
    Required,
    /// It is created where it is not.
    Created,
}

/// The application id in the file's header, `PTWH` in ASCII: this is how a file is known to be ours.
const APPLICATION_ID: i32 = 0x5054_5748;

/// Every version of the schema, the first one first. `PRAGMA user_version` counts those that a file has.
const MIGRATIONS: [&str; 6] = [
    include_str!("0001_initial.sql"),
    include_str!("0002_pace_and_order.sql"),
    include_str!("0003_tokens.sql"),
    include_str!("0004_rotation.sql"),
    include_str!("0005_client_certificates.sql"),
    include_str!("0006_incidents.sql"),
];

/// How long a process waits for another to finish its transaction: short flat sleeps, because SQLite's own
/// growing ones starve the last in the row.
const BUSY_SLEEP: Duration = Duration::from_millis(2);
const BUSY_TRIES: i32 = 15_000;

pub fn open(path: &Path, presence: Presence) -> Result<Connection> {
    let state = inspect(path)?;
    match (state, presence) {
        (State::Ours, _) => {}
        (State::Absent | State::Empty, Presence::Required) => return Err(Error::NotFound(absent(path))),
        (State::Absent | State::Empty, Presence::Created) => {
            create_file(path).map_err(|error| unusable(path, &error))?;
        }
    }
    connect(path, state, presence).map_err(|fault| fault.into_error(path))
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is no file.
    Absent,
    /// It has nothing in it.
    Empty,
    /// It is a database of ours.
    Ours,
}

/// Looks at the file before SQLite does: opening somebody else's database would leave files beside it. This
/// has to come before any connection of this process: closing a file drops every lock that the process holds
/// on it (POSIX, `fcntl`).
pub fn inspect(path: &Path) -> Result<State> {
    let not_ours = || {
        let report = Report::new(format!("`{}` is not a database of ptw-hooks", path.display()))
            .hint("nothing was changed; name the right file with `--db` or `PTW_HOOKS_DB`");
        Err(Error::Storage(report))
    };
    // Opening a pipe would wait for whoever writes into it. The system has a word for a directory.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return not_ours();
    }
    let mut header = Vec::with_capacity(100);
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(|error| unusable(path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(unusable(path, &error)),
    };
    if header.is_empty() || is_blank(&header) {
        return Ok(State::Empty);
    }
    // https://www.sqlite.org/fileformat2.html, section 1.3: the application id is at offset 68.
    if !header.starts_with(b"SQLite format 3\0")
        || header.get(68..72) != Some(&APPLICATION_ID.to_be_bytes()[..])
    {
        return not_ours();
    }
    if header.len() < 100 {
        return Err(Error::Storage(corrupt(path)));
    }
    Ok(State::Ours)
}

/// Whether the header says that nothing was ever stored: the schema cookie (offset 40) and the application id
/// are 0. This is what a file looks like between the choice of its vacuum mode and its first table.
fn is_blank(header: &[u8]) -> bool {
    header.starts_with(b"SQLite format 3\0")
        && header.get(40..44) == Some(&[0; 4])
        && header.get(68..72) == Some(&[0; 4])
}

/// The directories 0700 and the file 0600 before anything is in it; `-wal` and `-shm` take the file's mode.
fn create_file(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => restrict(path),
        other => other.map(drop),
    }
}

/// An empty file that somebody else made gets our mode before a secret goes into it.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

fn connect(path: &Path, state: State, presence: Presence) -> std::result::Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(plain(path), flags)?;
    wait_for_others(&mut connection)?;
    // What is erased is overwritten where its page is written anyway: a secret leaves no trace in the pages of its
    // table, and nothing else costs more.
    connection.execute_batch(
        "PRAGMA secure_delete = FAST; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 16777216;
         PRAGMA cache_size = -8192;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    if state != State::Ours || is_undone(&connection)? {
        if presence == Presence::Required {
            return Err(Error::NotFound(absent(path)).into());
        }
        // Only possible before there is a table. Larger pages than usual, because most of what is written in a
        // round stands side by side; and what `prune` frees can be given back piece by piece.
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        initialise(&mut connection)?;
    }
    use_write_ahead_log(&connection)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Whether the file was ours only until it was opened: where the process that made it was killed in its first
/// transaction, SQLite has taken that back by now, and the mark in the header with it.
fn is_undone(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA application_id", [], |row| Ok(row.get::<_, i32>(0)? == 0))
}

/// How a connection waits for others: see above.
pub fn wait_for_others(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|tries| {
        thread::sleep(BUSY_SLEEP);
        tries < BUSY_TRIES
    }))
}

/// The path in a form that SQLite takes for nothing but a path. The bundled SQLite reads `file:x` as a URI
/// even where it is not asked to, and `:memory:` as no file at all.
pub fn plain(path: &Path) -> Cow<'_, Path> {
    if path.is_relative() { Cow::Owned(Path::new(".").join(path)) } else { Cow::Borrowed(path) }
}

/// Marks a fresh file as ours. This happens before the write-ahead log is switched on, so that the header
/// of the file itself says so from the first commit on.
fn initialise(connection: &mut Connection) -> std::result::Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let fresh =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))? == 0;
    if fresh {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        apply(&transaction, 0)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The file remembers this, so it is done by whoever comes first, and again where that one was killed
/// before. SQLite does not wait here for others that open the file at the same moment.
fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_SLEEP.saturating_mul(BUSY_TRIES.unsigned_abs());
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if is_busy(&error) && Instant::now() < deadline => thread::sleep(BUSY_SLEEP),
            other => return other,
        }
    }
}

pub fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn migrate(connection: &mut Connection, path: &Path) -> std::result::Result<(), Fault> {
    let version =
        |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let known = known_version();
    let found = version(connection)?;
    if found > known {
        return Err(newer(path, found).into());
    }
    if found < known {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster while this one waited.
        let found = version(&transaction)?;
        apply(&transaction, usize::try_from(found).unwrap_or(0))?;
        transaction.commit()?;
    }
    Ok(())
}

fn apply(connection: &Connection, from: usize) -> rusqlite::Result<()> {
    for migration in MIGRATIONS.iter().skip(from) {
        connection.execute_batch(migration)?;
    }
    connection.pragma_update(None, "user_version", known_version())
}

pub fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

pub fn newer(path: &Path, found: i64) -> Error {
    let report = Report::new(format!(
        "cannot use `{}`: its schema has version {found}, this program knows up to {}",
        path.display(),
        known_version()
    ));
    Error::Storage(report.hint("install a newer ptw-hooks; nothing was changed"))
}

pub fn absent(path: &Path) -> Report {
    Report::new(format!("there is no database at `{}`", path.display())).hint(
        "`ptw-hooks create` makes it with the first webhook; `--db` or `PTW_HOOKS_DB` name another file",
    )
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::Storage(
        Report::new(format!("cannot open `{}`: {error}", path.display()))
            .hint("check the path and its permissions, or name another file with `--db`"),
    )
}
