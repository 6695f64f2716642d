//! Runs the command that is told of failures: what has happened goes to its standard input, and it has a bounded time.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a command may take.
pub const TIME: Duration = Duration::from_secs(30);
/// So much of what it says is kept, in bytes.
const KEPT: u64 = 2048;
/// How often somebody looks whether it has ended.
const LOOK: Duration = Duration::from_millis(20);
/// A command has no business with what may be among our own variables.
const SECRETS: [&str; 1] = ["PTW_HOOKS_SECRET"];

/// Where the program of a command is: at the path that it has, or in `PATH`; `None` where no file there can be run.
pub fn find(program: &OsStr) -> Option<PathBuf> {
    let runs = |path: &Path| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let path = Path::new(program);
    if path.components().count() > 1 {
        return runs(path).then(|| path.to_owned());
    }
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(path)).find(|path| runs(path))
}

/// Runs `command`, a program and its arguments, with `input` on its standard input and `variables` beside those of
/// this process.
///
/// # Errors
/// A clause for people: it cannot be started, has not ended within [`TIME`], or has failed, with the first line that
/// it wrote to standard error.
pub fn run(command: &[OsString], variables: &[(&str, &str)], input: &[u8]) -> Result<(), String> {
    let (program, args) = command.split_first().ok_or("there is no command")?;
    let shown = program.to_string_lossy();
    let unprepared = |error: io::Error| format!("cannot prepare `{shown}`: {error}");
    // Files and not pipes: nobody waits for a command that reads nothing, or leaves somebody behind who writes.
    let said = tempfile::tempfile().map_err(unprepared)?;
    let mut command = Command::new(program);
    for name in SECRETS {
        command.env_remove(name);
    }
    let child = command
        .args(args)
        .envs(variables.iter().copied())
        .stdin(file_of(input).map_err(unprepared)?)
        .stdout(Stdio::null())
        .stderr(said.try_clone().map_err(unprepared)?)
        // With whatever it starts, so that all of it can be ended.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    match end_of(child).map_err(|error| format!("cannot wait for `{shown}`: {error}"))? {
        None => Err(format!("`{shown}` was ended: it took longer than {} s", TIME.as_secs())),
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let first = first_line(said).unwrap_or_default();
            Err(if first.is_empty() {
                format!("`{shown}` failed with {status}")
            } else {
                format!("`{shown}` failed with {status}: {first}")
            })
        }
    }
}

fn file_of(input: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    Ok(file)
}

/// How it ends; `None` where it had to be ended.
fn end_of(mut child: Child) -> io::Result<Option<ExitStatus>> {
    let until = Instant::now() + TIME;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // It may have ended just now.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

fn first_line(mut said: File) -> io::Result<String> {
    said.rewind()?;
    let mut bytes = Vec::new();
    said.take(KEPT).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned())
}
