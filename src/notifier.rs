//! Runs the command that is told of failures: what has happened goes to its standard input, and it has a bounded time.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a command may take.
pub const TIME: Duration = Duration::from_secs(30);
/// How long it has from the moment that the program is to end.
pub const GRACE: Duration = Duration::from_secs(5);
/// So much of what it says is kept, in bytes.
const KEPT: u64 = 2048;
/// Where it has said more than this, in bytes, what is not kept is given back to the disk.
const MOST: u64 = 64 * 1024;
/// How often somebody looks whether it has ended.
const LOOK: Duration = Duration::from_millis(20);
/// A command has no business with what may be among our own variables: those that begin so hold secrets and a password.
const SECRETS: [&str; 2] = ["PTW_HOOKS_SECRET", "PTW_HOOKS_PROXY"];

/// How a command has ended.
enum End {
    /// By itself.
    Itself(ExitStatus),
    /// It had to be ended: its time was over.
    Late,
    /// It had to be ended: this program is to end.
    Stopped,
}

/// Whether there is such a program and this user may run it; one that is named without a path is looked for in `PATH`.
pub fn is_there(program: &OsStr) -> bool {
    let runs = |path: &Path| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if Path::new(program).components().count() > 1 {
        return runs(Path::new(program));
    }
    let places = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&places).any(|place| runs(&place.join(program)))
}

/// Runs `command`, a program and its arguments, with `input` on its standard input and `variables` beside those of
/// this process. From the moment that `stopped` holds, it has [`GRACE`] left.
///
/// # Errors
/// A clause for people: it cannot be started, has not ended in time, or has failed, with the first line that it wrote
/// to standard error.
pub fn run(
    command: &[OsString],
    variables: &[(&str, &str)],
    input: &[u8],
    stopped: &dyn Fn() -> bool,
) -> Result<(), String> {
    let (program, args) = command.split_first().ok_or("there is no command")?;
    let shown = program.to_string_lossy();
    let unprepared = |error: io::Error| format!("cannot prepare `{shown}`: {error}");
    // Files and not pipes: nobody waits for a command that reads nothing, or leaves somebody behind who writes.
    let said = tempfile::tempfile().map_err(unprepared)?;
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if SECRETS.iter().any(|secret| name.as_encoded_bytes().starts_with(secret.as_bytes())) {
            command.env_remove(name);
        }
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
    match end_of(child, &said, stopped).map_err(|error| format!("cannot wait for `{shown}`: {error}"))? {
        End::Late => Err(format!("`{shown}` was ended: it took longer than {} s", TIME.as_secs())),
        End::Stopped => Err(format!("`{shown}` was ended before it was done, because `ptw-hooks` is to end")),
        End::Itself(status) if status.success() => Ok(()),
        End::Itself(status) => {
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

fn end_of(mut child: Child, said: &File, stopped: &dyn Fn() -> bool) -> io::Result<End> {
    let begun = Instant::now();
    let mut asked = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Itself(status));
        }
        // It goes on writing where it was; what is before that has no room on the disk any more.
        if said.metadata().is_ok_and(|found| found.len() > MOST) {
            let _ = said.set_len(KEPT);
        }
        if asked.is_none() && stopped() {
            asked = Some(Instant::now());
        }
        let end = if begun.elapsed() >= TIME {
            Some(End::Late)
        } else {
            asked.filter(|at| at.elapsed() >= GRACE).map(|_| End::Stopped)
        };
        if let Some(end) = end {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // It may have ended just now.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Ok(end);
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
