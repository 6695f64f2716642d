//! Files that somebody has named: reads a regular one of bounded length, so that nobody waits for a pipe that nobody
//! writes to, or fills the memory from a device; and says whom its mode lets in.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// A longer one is another file than was meant: all authorities of a system are a quarter of it.
const LARGEST: u64 = 1024 * 1024;

/// All that is in the file at `path`.
///
/// # Errors
/// What the system says; in a clause of our own where it is no regular file, or larger than 1 MiB.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    // To open a device may already do something.
    regular(&fs::metadata(path)?)?;
    let file = open(path)?;
    // Another one may stand there by now.
    regular(&file.metadata()?)?;
    contents(file)
}

/// As [`read`], where a pipe is as good as a file: that is how a shell hands over what another program prints.
///
/// # Errors
/// What the system says; in a clause of our own where there are more than 1 MiB.
pub fn read_to_end(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    contents(File::open(path)?)
}

fn contents(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}

fn regular(found: &Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(io::Error::other("it is not a file")) }
}

/// Whether anybody but its owner can do anything with it.
pub fn is_open_to_others(found: &Metadata) -> bool {
    mode(found) & 0o077 != 0
}

/// Whether those outside its group, too, can read or write it: a group may be meant to.
pub fn is_open_to_all(found: &Metadata) -> bool {
    mode(found) & 0o006 != 0
}

/// Nothing for anybody else, where the system has no modes.
fn mode(found: &Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&found.permissions());
    #[cfg(not(unix))]
    return 0;
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut text = vec![7; 1024 * 1024];
        fs::write(&path, &text).unwrap();
        assert!(read(&path).unwrap() == text && read_to_end(&path).unwrap() == text);
        text.push(7);
        fs::write(&path, &text).unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "it is larger than 1 MiB");
        assert_eq!(read(dir.path()).unwrap_err().to_string(), "it is not a file");
        assert_eq!(read(dir.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_waits_for_a_pipe_or_reads_a_device() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe).unwrap_err().to_string(), "it is not a file");
        assert_eq!(read("/dev/zero").unwrap_err().to_string(), "it is not a file");
        assert_eq!(read_to_end("/dev/zero").unwrap_err().to_string(), "it is larger than 1 MiB");
        // What takes the place of the file after the first look.
        assert!(!open(&pipe).unwrap().metadata().unwrap().is_file());
    }
}
