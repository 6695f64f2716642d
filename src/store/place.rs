//! Where the file is, as the system sees it: modes and free space. It opens nothing, because that could drop the
//! locks of this process (POSIX, `fcntl`).

use std::path::Path;

#[cfg(unix)]
use super::look;
use crate::upkeep::Place;

/// The place of the file at `path`, as far as it is there.
#[cfg(unix)]
pub fn place(path: &Path) -> Place {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::{Access, access, statvfs};

    // What counts is where the file itself is, wherever a symbolic link to it is.
    let path =
        path.canonicalize().unwrap_or_else(|_| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let mode =
        |path: &Path| fs::metadata(path).ok().map(|found| (path.to_owned(), found.permissions().mode()));
    let beside = |suffix: &&str| {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        mode(Path::new(&name))
    };
    let files: Vec<_> = ["", "-wal", "-shm"].iter().filter_map(beside).collect();
    let directory = path.parent().and_then(mode);
    let all = files.iter().chain(&directory).map(|(path, _)| path);
    let unwritable = all.filter(|path| access(path.as_path(), Access::WRITE_OK).is_err()).cloned().collect();
    // Where the directory is not there yet, the nearest one above it is where it will be made.
    let space = path.ancestors().skip(1).find_map(|above| statvfs(above).ok());
    let free = space.map(|space| space.f_bavail.saturating_mul(space.f_frsize));
    Place { files, directory, unwritable, free }
}

/// The system has no modes.
#[cfg(not(unix))]
pub fn place(_: &Path) -> Place {
    Place::default()
}

/// Which files a database is made of, whatever their names: itself, and the write-ahead log where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileId {
    /// The file itself.
    pub file: (u64, u64),
    log: Option<(u64, u64)>,
}

/// Which files are at `path` and beside it now; `None` where there is no database. Those of one that is open stay the
/// same for as long as nobody takes them away.
#[cfg(unix)]
pub fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let id = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    Some(FileId { file: id(path)?, log: id(&look::beside(path, "-wal")) })
}

/// The system cannot tell one file from another.
#[cfg(not(unix))]
pub fn file_id(path: &Path) -> Option<FileId> {
    path.exists().then_some(FileId { file: (0, 0), log: None })
}
