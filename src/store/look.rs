//! Opening the file to look at it: nothing in it is changed, not even its version.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::open::{self, State};
use crate::error::{Error, Report, Result};

/// A connection that changes nothing.
pub fn open_to_look(path: &Path) -> Result<Connection> {
    require(path)?;
    connect(path).map_err(|fault| fault.into_error(path))
}

/// As [`open_to_look`], with a connection that never waits for others, from its first statement on; and whether it sees
/// what they write from now on. It does not where this user may make no file beside it and nobody else has made it.
pub fn open_without_waiting(path: &Path) -> Result<(Connection, bool)> {
    require(path)?;
    match attach(path).and_then(|connection| prepare(connection, path)) {
        Ok(connection) => Ok((connection, true)),
        Err(fault) if fault.is_forbidden() && !beside(path, "-shm").exists() => {
            Ok((open_for_a_glance(path)?, false))
        }
        Err(fault) => Err(fault.into_error(path)),
    }
}

/// A connection that waits for nobody and makes no file. Where others have the file open, it reads beside them. Where
/// nobody has, SQLite would make the files that it needs beside it; so it reads what the file itself holds, as if nobody
/// could change it, which is right for the few milliseconds that it lasts. Should somebody write in them after all, then
/// what is read may be wrong or seem damaged, which a glance bears.
pub fn open_for_a_glance(path: &Path) -> Result<Connection> {
    require(path)?;
    let alone = log_bytes(path) == 0 || !beside(path, "-shm").exists();
    let connect = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if alone {
            let uri = format!("file:{}?immutable=1", escaped(&open::plain(path)));
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
        } else {
            Connection::open_with_flags(open::plain(path), flags)?
        };
        connection.busy_timeout(Duration::ZERO)?;
        prepare(connection, path)
    };
    connect().map_err(|fault: Fault| fault.into_error(path))
}

/// A path as it stands in a URI (<https://www.sqlite.org/uri.html>).
fn escaped(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    bytes
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02x}") })
        .collect()
}

/// One more connection that changes nothing, of a process that has the file open already: it is not looked at
/// before, because that would drop the locks of the first one.
pub fn open_beside(path: &Path) -> Result<Connection> {
    connect(path).map_err(|fault| fault.into_error(path))
}

fn require(path: &Path) -> Result<()> {
    if open::inspect(path)? == State::Ours { Ok(()) } else { Err(Error::NotFound(open::absent(path))) }
}

fn connect(path: &Path) -> std::result::Result<Connection, Fault> {
    let mut connection = attach(path)?;
    open::wait_for_others(&mut connection)?;
    prepare(connection, path)
}

fn attach(path: &Path) -> std::result::Result<Connection, Fault> {
    // Opened for reading only, SQLite would leave the files behind that it needs beside it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let left = log_bytes(path) > 0;
    let connection = Connection::open_with_flags(open::plain(path), flags)?;
    // rusqlite lets SQLite wait for 5 seconds.
    connection.busy_timeout(Duration::ZERO)?;
    // What a process that was killed has left is looked at as it is, and not written into the file at the end.
    if left {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    Ok(connection)
}

fn prepare(connection: Connection, path: &Path) -> std::result::Result<Connection, Fault> {
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -8192;",
    )?;
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    let known = open::known_version();
    match found.cmp(&known) {
        Ordering::Equal => Ok(connection),
        Ordering::Greater => Err(open::newer(path, found).into()),
        Ordering::Less => {
            let report = Report::new(format!(
                "cannot look at `{}`: its schema has version {found}, this program works with {known}",
                path.display()
            ));
            Err(Error::Storage(report.hint("any other command brings it up to date; try `ptw-hooks list`"))
                .into())
        }
    }
}

/// The size of the write-ahead log; 0 where there is none.
pub fn log_bytes(path: &Path) -> u64 {
    fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len())
}

/// A file that belongs to the one at `path`: it is beside the file itself, wherever a symbolic link to it is.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut file = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    file.push(suffix);
    file.into()
}
