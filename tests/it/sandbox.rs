//! Runs the real binary in a fresh directory and a bare environment, and asserts what it wrote and how it ended.
#![allow(dead_code, reason = "shared by all the tests, and not every part of it is in use at any time")]

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The signing secret of endpoints that [`Sandbox::create`] makes: the base64 text of [`SECRET_KEY`].
pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The bytes behind [`SECRET`]: 0 to 31.
pub const SECRET_KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut next = 0;
    while next < 32 {
        key[next as usize] = next;
        next += 1;
    }
    key
};

/// How long a process may run.
const LIMIT: Duration = Duration::from_secs(60);

/// Variables that a process may inherit: how to find programs, and where to leave coverage data.
const INHERITED: [&str; 3] = ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"];

/// A directory of its own for a test, with the home, data and configuration directories of the binary inside it.
pub struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// A fresh, empty sandbox.
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("ptw-hooks-")
            .tempdir()
            .expect("a temporary directory can be made");
        for name in ["home", "tmp"] {
            std::fs::create_dir(root.path().join(name)).expect("a directory can be made");
        }
        Self { root }
    }

    /// The sandbox's directory, in which the binary runs.
    pub fn dir(&self) -> &Path {
        self.root.path()
    }

    /// `XDG_DATA_HOME`; it does not exist until somebody makes it.
    pub fn data_home(&self) -> PathBuf {
        self.dir().join("data")
    }

    /// `XDG_CONFIG_HOME`; it does not exist until somebody makes it.
    pub fn config_home(&self) -> PathBuf {
        self.dir().join("config")
    }

    /// Where the database is by default.
    pub fn db_path(&self) -> PathBuf {
        self.data_home().join("ptw-hooks").join("ptw-hooks.db")
    }

    /// Where the configuration is by default.
    pub fn config_path(&self) -> PathBuf {
        self.config_home().join("ptw-hooks").join("config.toml")
    }

    /// Writes a file in the sandbox, with the directories above it.
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir().join(name);
        let parent = path.parent().expect("a file is in a directory");
        std::fs::create_dir_all(parent).expect("a directory can be made");
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Writes the configuration file.
    pub fn config(&self, toml: &str) -> PathBuf {
        self.write(self.config_path(), toml)
    }

    /// Runs the binary to its end, without standard input.
    #[track_caller]
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.cmd().args(args).run()
    }

    /// A run to be described further.
    pub fn cmd(&self) -> Cmd {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ptw-hooks"));
        command.current_dir(self.dir()).env_clear();
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.dir().join("home"))
            .env("TMPDIR", self.dir().join("tmp"))
            .env("XDG_DATA_HOME", self.data_home())
            .env("XDG_CONFIG_HOME", self.config_home())
            .env("TZ", "UTC");
        Cmd { command, stdin: None }
    }

    /// Creates an endpoint with [`SECRET`] and returns its id.
    #[track_caller]
    pub fn create(&self, name: &str, url: &str, events: &[&str]) -> i64 {
        self.create_with(name, url, events, &[])
    }

    /// Creates an endpoint with [`SECRET`] and further arguments of `create`, and returns its id.
    #[track_caller]
    pub fn create_with(&self, name: &str, url: &str, events: &[&str], extra: &[&str]) -> i64 {
        let events = events.iter().flat_map(|event| ["--event", event]);
        let created = self
            .cmd()
            .args(["create", "--name", name, "--url", url])
            .args(events)
            .args(["--secret-file", "-", "-o", "json"])
            .args(extra)
            .stdin(SECRET)
            .run()
            .ok()
            .json();
        created["id"].as_i64().unwrap_or_else(|| panic!("no number `id` in {created}"))
    }
}

/// A description of one run of the binary.
pub struct Cmd {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Cmd {
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs in another directory than the sandbox's.
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs the binary under another program, which gets these arguments and after them the binary with its own.
    pub fn under(self, program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = Command::new(program);
        command.args(args).arg(self.command.get_program()).args(self.command.get_args()).env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(dir) = self.command.get_current_dir() {
            command.current_dir(dir);
        }
        Self { command, stdin: self.stdin }
    }

    /// Gives the process these bytes on standard input, which is empty otherwise.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Runs to the end.
    #[track_caller]
    pub fn run(self) -> Run {
        self.spawn().wait()
    }

    /// Starts the process and leaves it running.
    #[track_caller]
    pub fn spawn(mut self) -> Child {
        let stdin = match self.stdin {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        };
        let mut process = self
            .command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        if let Some((mut pipe, bytes)) = process.stdin.take().zip(self.stdin) {
            // A process that ends without reading its input breaks the pipe, which is no failure in itself.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        Child {
            args: self.command.get_args().map(OsStr::to_owned).collect(),
            stdout: Output::drain(process.stdout.take().expect("stdout is a pipe")),
            stderr: Output::drain(process.stderr.take().expect("stderr is a pipe")),
            deadline: Instant::now() + LIMIT,
            process,
            ended: false,
        }
    }
}

/// A running process, which is killed when it is dropped, and which may not run for more than 60 seconds, or for
/// more than that after a signal.
pub struct Child {
    process: std::process::Child,
    args: Vec<OsString>,
    stdout: Arc<Output>,
    stderr: Arc<Output>,
    deadline: Instant,
    ended: bool,
}

impl Child {
    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether the process is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Waits until standard output has this text.
    #[track_caller]
    pub fn wait_for_stdout(&self, text: &str) {
        let found = self.stdout.wait_for(text, self.deadline);
        assert!(found, "no {text:?} on stdout of {}", self.so_far());
    }

    /// Waits until standard error has this text.
    #[track_caller]
    pub fn wait_for_stderr(&self, text: &str) {
        let found = self.stderr.wait_for(text, self.deadline);
        assert!(found, "no {text:?} on stderr of {}", self.so_far());
    }

    /// Waits for a whole line on standard output of which `found` makes something.
    #[track_caller]
    pub fn wait_for_stdout_line<T>(&self, found: impl Fn(&str) -> Option<T>) -> T {
        let line = self.stdout.wait_for_line(self.deadline, found);
        line.unwrap_or_else(|| panic!("the line did not come on stdout of {}", self.so_far()))
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits, at most this long, for a whole line on standard error of which `found` makes something.
    #[track_caller]
    pub fn wait_for_line<T>(&self, limit: Duration, found: impl Fn(&str) -> Option<T>) -> T {
        let line = self.stderr.wait_for_line(Instant::now() + limit, found);
        line.unwrap_or_else(|| panic!("the line did not come on stderr of {}", self.so_far()))
    }

    /// Waits for the end of the process; kills it and fails when that takes too long.
    #[track_caller]
    pub fn wait(mut self) -> Run {
        match self.await_end() {
            Some(status) => self.conclude(status),
            None => panic!("still running after {LIMIT:?}: {}", self.so_far()),
        }
    }

    /// Kills the process at once, as a crash or a loss of power would.
    #[track_caller]
    pub fn kill(mut self) -> Run {
        self.deadline = Instant::now() + LIMIT;
        // It may have ended just before.
        let _ = self.process.kill();
        self.wait()
    }

    /// Asks the process to end, as Ctrl-C does.
    pub fn interrupt(&mut self) {
        self.send("INT");
    }

    /// Asks the process to end, as a service manager does.
    pub fn terminate(&mut self) {
        self.send("TERM");
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn send(&mut self, signal: &str) {
        self.deadline = Instant::now() + LIMIT;
        // As long as nobody has waited for the process, its id cannot belong to another one.
        if self.is_running() {
            let script = format!("kill -{signal} {}", self.process.id());
            let sent = Command::new("sh").arg("-c").arg(script).status();
            assert!(sent.is_ok_and(|status| status.success()), "SIG{signal} can be sent");
        }
    }

    /// Waits until both pipes and the process have ended; `None` when the time is over.
    fn await_end(&mut self) -> Option<ExitStatus> {
        if !(self.stdout.wait_end(self.deadline) && self.stderr.wait_end(self.deadline)) {
            return None;
        }
        // Its pipes are closed, so it is ending: this does not go round often.
        loop {
            if let Some(status) = self.process.try_wait().expect("a child can be waited for") {
                return Some(status);
            }
            if Instant::now() >= self.deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What the process has written so far, for messages.
    fn so_far(&self) -> Run {
        Run {
            args: self.args.clone(),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            code: None,
            signal: None,
        }
    }

    #[track_caller]
    fn conclude(mut self, status: ExitStatus) -> Run {
        self.ended = true;
        let run = Run { code: status.code(), signal: signal_of(status), ..self.so_far() };
        run.assert_no_panic();
        if run.signal.is_none() {
            assert!(self.stdout.is_utf8() && self.stderr.is_utf8(), "output that is not UTF-8: {run}");
        }
        run
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.process.kill();
            let _ = self.process.wait();
            if !thread::panicking() {
                self.so_far().assert_no_panic();
            }
        }
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// What a process writes to one of its pipes, collected while it runs.
#[derive(Default)]
struct Output {
    state: Mutex<Collected>,
    changed: Condvar,
}

/// The part of [`Output`] under the lock.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    /// Reads a pipe to its end on a thread of its own, so that the process never blocks on it.
    fn drain(mut pipe: impl Read + Send + 'static) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let collecting = Arc::clone(&output);
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            loop {
                let n = match pipe.read(&mut chunk) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    other => other.unwrap_or(0),
                };
                let mut state = collecting.lock();
                state.bytes.extend_from_slice(&chunk[..n]);
                state.ended = n == 0;
                drop(state);
                collecting.changed.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        output
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as the condition holds, at most until the deadline; returns the state as it is then.
    fn wait_while(
        &self,
        deadline: Instant,
        mut condition: impl FnMut(&Collected) -> bool,
    ) -> MutexGuard<'_, Collected> {
        let limit = deadline.saturating_duration_since(Instant::now());
        self.changed
            .wait_timeout_while(self.lock(), limit, |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn wait_end(&self, deadline: Instant) -> bool {
        self.wait_while(deadline, |state| !state.ended).ended
    }

    fn wait_for(&self, text: &str, deadline: Instant) -> bool {
        let has = |state: &Collected| String::from_utf8_lossy(&state.bytes).contains(text);
        let state = self.wait_while(deadline, |state| !state.ended && !has(state));
        has(&state)
    }

    fn wait_for_line<T>(&self, deadline: Instant, found: impl Fn(&str) -> Option<T>) -> Option<T> {
        let search = |state: &Collected| {
            let text = String::from_utf8_lossy(&state.bytes);
            text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).find_map(&found)
        };
        let state = self.wait_while(deadline, |state| !state.ended && search(state).is_none());
        search(&state)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.lock().bytes).is_ok()
    }
}

/// A finished run; each assertion returns it again and fails with everything that is known about the run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The arguments.
    pub args: Vec<OsString>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Run {
    /// Asserts exit code 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// Asserts an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "the exit code of {self}");
        self
    }

    /// Asserts the whole of standard output.
    #[track_caller]
    pub fn stdout_is(self, text: impl AsRef<str>) -> Self {
        let expected = text.as_ref();
        assert!(self.stdout == expected, "stdout is not as expected: {self}--- expected stdout\n{expected}");
        self
    }

    /// Asserts that standard output has a text in it.
    #[track_caller]
    pub fn stdout_has(self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        assert!(self.stdout.contains(text), "no {text:?} on stdout of {self}");
        self
    }

    /// Asserts that standard output does not have a text in it.
    #[track_caller]
    pub fn stdout_lacks(self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        assert!(!self.stdout.contains(text), "{text:?} on stdout of {self}");
        self
    }

    /// Asserts the whole of standard error.
    #[track_caller]
    pub fn stderr_is(self, text: impl AsRef<str>) -> Self {
        let expected = text.as_ref();
        assert!(self.stderr == expected, "stderr is not as expected: {self}--- expected stderr\n{expected}");
        self
    }

    /// Asserts that standard error has a text in it.
    #[track_caller]
    pub fn stderr_has(self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        assert!(self.stderr.contains(text), "no {text:?} on stderr of {self}");
        self
    }

    /// Asserts that standard error does not have a text in it.
    #[track_caller]
    pub fn stderr_lacks(self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        assert!(!self.stderr.contains(text), "{text:?} on stderr of {self}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not one JSON value ({error}): {self}"),
        }
    }

    /// Standard output as one JSON value for each line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("a line of stdout is not JSON ({error}): {line:?} in {self}"),
        };
        self.stdout.lines().map(parse).collect()
    }

    #[track_caller]
    fn assert_no_panic(&self) {
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.contains("panicked at"), "the binary panicked: {self}");
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ptw-hooks")?;
        for arg in &self.args {
            write!(f, " {}", arg.display())?;
        }
        writeln!(f, "\n--- code {:?}, signal {:?}", self.code, self.signal)?;
        writeln!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
