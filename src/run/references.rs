//! The places that a definitions file names: variables and files from which secrets are read, and the directory into
//! which they are written.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use super::{environment, input};
use crate::definition::{Found, Reference};
use crate::error::{Error, Report};
use crate::file::{self, is_open_to_others};

/// A file with a secret or the value of a header is not longer than this, in bytes.
const LONGEST: u64 = 8192 + 2;

/// What is at the place that a reference names; a relative path begins at `beside`.
pub fn find(beside: &Path, reference: &Reference, warnings: &mut Vec<String>) -> Found {
    match reference {
        Reference::Variable(name) => match environment(name).map(std::ffi::OsString::into_string) {
            None => Found::Missing(format!("`{name}` is not set")),
            Some(Ok(text)) => Found::Text(text),
            Some(Err(_)) => Found::Unusable(format!("`{name}` cannot be used: it is not UTF-8")),
        },
        Reference::File(path) => {
            let path = beside.join(path);
            let metadata = match fs::metadata(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Found::Missing(format!("there is no file `{}`", path.display()));
                }
                Err(error) => {
                    return Found::Unusable(format!(
                        "cannot read the secret from `{}`: {error}",
                        path.display()
                    ));
                }
                Ok(metadata) => metadata,
            };
            // Opening a pipe would wait for whoever writes into it.
            if !metadata.is_file() {
                return Found::Unusable(format!(
                    "cannot read the secret from `{}`: it is not a file",
                    path.display()
                ));
            }
            if is_open_to_others(&metadata) {
                warnings.push(format!(
                    "other users can read `{}`, which holds a secret; `chmod 600` closes it",
                    path.display()
                ));
            }
            match input::read_text(&path, &format!("the secret in `{}`", path.display()), LONGEST) {
                Ok(text) => Found::Text(input::without_line_break(&text).to_owned()),
                Err(error) => Found::Unusable(error.to_string()),
            }
        }
    }
}

/// A directory that gets a file for each secret.
pub struct Keeping {
    directory: PathBuf,
    files: Vec<(PathBuf, String)>,
}

impl Keeping {
    /// For this directory, which is made when it is written to.
    ///
    /// # Errors
    /// Where others can enter it, or it is no directory, or its name cannot stand in a definitions file.
    pub fn new(directory: &Path) -> Result<Self> {
        let shown = directory.display();
        if directory.to_str().is_none_or(|path| path.contains(char::is_control)) {
            return Err(anyhow!("cannot put secrets into `{shown}`: its name is not plain text"));
        }
        match fs::metadata(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(anyhow!("cannot put secrets into `{shown}`: {error}")),
            Ok(metadata) if !metadata.is_dir() => {
                return Err(anyhow!("cannot put secrets into `{shown}`: it is not a directory"));
            }
            Ok(metadata) if is_open_to_others(&metadata) => {
                let report =
                    Report::new(format!("cannot put secrets into `{shown}`: other users can enter it"));
                let hint = "`chmod 700` closes it; a directory that is not there is made with that mode";
                return Err(Error::Refused(report.hint(hint)).into());
            }
            Ok(_) => {}
        }
        Ok(Self { directory: directory.to_owned(), files: Vec::new() })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Takes note of a secret, and says how a definitions file refers to it.
    ///
    /// # Errors
    /// Where there is a file of this name that holds something else.
    pub fn add(&mut self, name: &str, text: &str) -> Result<Reference> {
        let path = self.directory.join(name);
        let content = format!("{text}\n");
        let is_same = |metadata: &Metadata| {
            // Of anything but a file, reading might never end.
            let as_long = u64::try_from(content.len()).is_ok_and(|length| length == metadata.len());
            Ok(metadata.is_file() && as_long && file::read(&path)? == content.as_bytes())
        };
        match fs::metadata(&path).and_then(|metadata| is_same(&metadata)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(true) => {}
            Ok(false) => {
                let report =
                    Report::new(format!("cannot write `{}`: it holds something else", path.display()));
                let hint = "it may be a secret that is still needed: move it away, or name another directory";
                return Err(Error::Refused(report.hint(hint)).into());
            }
            Err(error) => return Err(anyhow!("cannot read `{}`: {error}", path.display())),
        }
        let reference = Reference::File(path.display().to_string());
        self.files.push((path, content));
        Ok(reference)
    }

    /// Writes the files, each as a whole or not at all, and says how many there are.
    ///
    /// # Errors
    /// What the system says, with the file.
    pub fn write(&self) -> Result<usize> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let shown = self.directory.display();
        builder.create(&self.directory).map_err(|error| anyhow!("cannot make `{shown}`: {error}"))?;
        for (path, content) in &self.files {
            self.put(path, content).map_err(|error| anyhow!("cannot write `{}`: {error}", path.display()))?;
        }
        Ok(self.files.len())
    }

    /// A temporary file has mode 0600 from its beginning; its new name takes the place of one with the same content.
    fn put(&self, path: &Path, content: &str) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        file.write_all(content.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}
