//! What every command has at hand: the configuration, where data goes, and where notes go.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::config::Config;
use crate::error::Error;
use crate::file;
use crate::hooks::{Hooks, Presence};
use crate::output::Output;
use crate::output::text::{printable, printable_lines};

/// What a command works with.
pub struct Session<'a> {
    /// The configuration.
    pub config: Config,
    /// Where data goes.
    pub out: Output<'a>,
    /// Where everything else goes.
    pub notes: &'a mut Notes,
}

impl Session<'_> {
    /// Opens the database.
    pub fn hooks(&mut self, presence: Presence) -> Result<Hooks> {
        let path = self.database()?;
        let hooks = Hooks::open(&path, presence, self.config.settings.clone())?;
        self.warn_of_open_modes(&path);
        Ok(hooks)
    }

    /// Opens the database for a process that does many things at once.
    #[cfg(feature = "serve")]
    pub fn shared_hooks(&mut self, presence: Presence) -> Result<Hooks> {
        let path = self.database()?;
        let hooks = Hooks::open_shared(&path, presence, self.config.settings.clone())?;
        self.warn_of_open_modes(&path);
        Ok(hooks)
    }

    /// Opens the database to look at it and change nothing.
    pub fn hooks_to_look(&mut self) -> Result<Hooks> {
        let path = self.database()?;
        let hooks = Hooks::open_to_look(&path, self.config.settings.clone())?;
        self.warn_of_open_modes(&path);
        Ok(hooks)
    }

    /// Where the database is, whether it is there or not.
    pub fn database(&mut self) -> Result<PathBuf> {
        let path = self.config.db.clone().ok_or_else(|| {
            anyhow!("cannot tell where the database is: the system names no data directory; set `--db` or `PTW_HOOKS_DB`")
        })?;
        if let Some(file) = &self.config.file {
            self.notes.verbose(&format!("configuration: {}", file.display()));
        }
        self.notes.verbose(&format!("database: {}", path.display()));
        Ok(path)
    }

    /// Whether the person at the terminal says yes; where there is no terminal nobody does.
    pub fn confirmed(&mut self, question: &str) -> Result<bool> {
        if !io::stdin().is_terminal() {
            return Ok(false);
        }
        self.notes.ask(&format!("{question} [y/N]"));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// The configuration file, where it has a password in it and others can read it.
    pub fn open_configuration(&self) -> Option<&Path> {
        self.config.file.as_deref().filter(|file| self.config.holds_password && is_open_to_others(file))
    }

    /// The database holds secrets, with which whoever can read it can forge events; and so may the configuration.
    pub fn warn_of_open_modes(&mut self, database: &Path) {
        let database = Some(database).filter(|path| is_open_to_others(path));
        let open = database.into_iter().chain(self.open_configuration()).map(Path::to_owned);
        for path in open.collect::<Vec<_>>() {
            let path = path.display();
            self.notes
                .warn(&format!("other users can read `{path}`, which holds secrets; `chmod 600` closes it"));
        }
    }
}

fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| file::is_open_to_others(&found))
}

/// Notes, warnings and errors, on standard error.
pub struct Notes {
    writer: Box<dyn Write + Send>,
    quiet: bool,
    verbose: bool,
    color: bool,
}

impl Notes {
    /// Notes into `writer`.
    pub fn new(writer: Box<dyn Write + Send>, quiet: bool, verbose: bool, color: bool) -> Self {
        Self { writer, quiet, verbose, color }
    }

    /// Whether to colour from now on.
    pub fn color(&mut self, color: bool) {
        self.color = color;
    }

    /// Something that is good to know.
    pub fn note(&mut self, text: &str) {
        if !self.quiet {
            self.line(&printable(text));
        }
    }

    /// Something that has happened, and that is wanted however quiet it is to be.
    pub fn news(&mut self, text: &str) {
        self.line(&printable(text));
    }

    /// Something that may not be what was meant.
    pub fn warn(&mut self, text: &str) {
        if !self.quiet {
            let label = self.label("33", "warning:");
            self.line(&format!("{label} {}", printable(text)));
        }
    }

    /// Something for whoever looks closely.
    pub fn verbose(&mut self, text: &str) {
        if self.verbose {
            self.line(&printable(text));
        }
    }

    /// Why the command ends, and what to do.
    pub fn error(&mut self, error: &anyhow::Error) {
        let label = self.label("1;31", "error:");
        self.line(&format!("{label} {}", printable_lines(&format!("{error:#}"))));
        for hint in error.downcast_ref::<Error>().map(Error::hints).unwrap_or_default() {
            let label = self.label("36", "hint:");
            self.line(&format!("{label} {}", printable(&hint)));
        }
    }

    /// Whether only errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether more than usual is wanted.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// A line of a batch that could not be used.
    pub fn bad_line(&mut self, line: u64, error: &Error) {
        let label = self.label("1;31", "error:");
        let hints = error.hints().join("; ");
        let hints = if hints.is_empty() { hints } else { format!(" ({hints})") };
        self.line(&format!(
            "{label} line {line}: {}{}",
            printable_lines(&error.to_string()),
            printable(&hints)
        ));
    }

    /// Asks, without ending the line.
    pub fn ask(&mut self, question: &str) {
        let _ = write!(self.writer, "{} ", printable(question));
        let _ = self.writer.flush();
    }

    fn line(&mut self, text: &str) {
        // Where notes cannot be written there is nobody to tell.
        let _ = writeln!(self.writer, "{text}");
    }

    fn label(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
