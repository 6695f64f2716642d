//! The log of the server, on standard error: a line for each thing that happens, as text or as JSON. A thread of its
//! own writes it, so that no request waits for whoever reads it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::api::timestamp;

/// So many lines may wait to be written; what is more is counted.
const WAITING: usize = 8192;
/// The longest text of a value, in bytes: a stranger's path may be far longer.
const LONGEST: usize = 512;
/// How long the end of the process waits for whoever reads the log.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `2026-11-23T17:13:37.250875Z info listening url=http://127.0.0.1:8080`
    Text,
    /// A JSON object.
    Json,
}

/// How much somebody should care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Info,
    /// Somebody may have to do something.
    Warn,
    /// Somebody has to do something.
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Where lines go.
pub struct Log {
    format: LogFormat,
    /// Only what somebody should care about.
    quiet: bool,
    lines: SyncSender<Option<String>>,
    dropped: AtomicU64,
}

/// The thread that writes.
pub struct Writer(Receiver<()>);

impl Writer {
    /// Waits until what was logged so far is written, but for no longer than a reader may be expected to take.
    pub fn finish(self, log: &Log) {
        let until = Instant::now() + LAST_LINES;
        while log.lines.try_send(None).is_err() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        // It is closed when the thread ends.
        let _ = self.0.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

impl Log {
    /// A log into `out`.
    pub fn start(format: LogFormat, quiet: bool, out: Box<dyn Write + Send>) -> (Self, Writer) {
        let (lines, waiting) = sync_channel(WAITING);
        let (ended, end) = sync_channel(0);
        let work = move || {
            write(&waiting, out);
            drop(ended);
        };
        // Where there is no thread the lines are dropped.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(work);
        (Self { format, quiet, lines, dropped: AtomicU64::new(0) }, Writer(end))
    }

    /// Logs that something happened. Values may be a stranger's text: no line is ever broken by one.
    pub fn line(&self, level: Level, message: &str, fields: &[(&str, Value)]) {
        if self.quiet && level == Level::Info {
            return;
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.put(Level::Warn, "lines were dropped", &[("count", dropped.into())]);
        }
        self.put(level, message, fields);
    }

    fn put(&self, level: Level, message: &str, fields: &[(&str, Value)]) {
        let line = format_line(self.format, Timestamp::now(), level, message, fields);
        if self.lines.try_send(Some(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes what waits, until nothing is to follow.
fn write(waiting: &Receiver<Option<String>>, mut out: Box<dyn Write + Send>) {
    let mut more = true;
    while more && let Ok(Some(mut lines)) = waiting.recv() {
        // One system call for what has gathered meanwhile.
        while more
            && lines.len() < 64 * 1024
            && let Ok(next) = waiting.try_recv()
        {
            more = next.is_some();
            lines.extend(next);
        }
        // Where it cannot be written there is nobody to tell.
        let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }
}

fn format_line(
    format: LogFormat,
    now: Timestamp,
    level: Level,
    message: &str,
    fields: &[(&str, Value)],
) -> String {
    let now = timestamp(now);
    match format {
        LogFormat::Json => {
            let mut line = format!(r#"{{"time":"{now}","level":"{}","message":"{message}""#, level.name());
            for (name, value) in fields {
                // Writing into a string does not fail. Names and messages are ours, and need no escapes.
                let _ = write!(line, r#","{name}":{}"#, shortened(value));
            }
            line.push('}');
            let mut line = printable(line);
            line.push('\n');
            line
        }
        LogFormat::Text => {
            let mut line = format!("{now} {:5} {message}", level.name());
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                line.push(' ');
                line.push_str(name);
                line.push('=');
                line.push_str(&plain(&shortened(value)));
            }
            line.push('\n');
            line
        }
    }
}

/// A value without what is too long of it.
fn shortened(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.len() > LONGEST => {
            let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            let shown = text.get(..end).unwrap_or_default();
            Cow::Owned(format!("{shown}… ({} bytes)", text.len()).into())
        }
        other => Cow::Borrowed(other),
    }
}

/// JSON in which a terminal finds nothing that it would obey. JSON itself escapes a part of that only.
fn printable(json: String) -> String {
    let bidirectional =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if json.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return json;
    }
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || bidirectional(c) {
            // Writing into a string does not fail.
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line
}

/// A value as it stands in a line of text: quoted where it has something in it that could be taken for more.
fn plain(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let simple = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(simple) {
        return text.clone();
    }
    // Escapes every control character; what is left of the others is printed as it is.
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_whatever_is_in_it() {
        let now = "2026-11-23T17:13:37.250875Z".parse().unwrap();
        let fields = [
            ("path", "/a\r\nb\u{1b}[31m".into()),
            ("status", 200.into()),
            ("token", Value::Null),
            ("url", "http://127.0.0.1:1/".into()),
        ];
        let text = format_line(LogFormat::Text, now, Level::Info, "request", &fields);
        assert_eq!(
            text,
            "2026-11-23T17:13:37.250875Z info  request path=\"/a\\r\\nb\\u{1b}[31m\" status=200 url=http://127.0.0.1:1/\n"
        );
        let json = format_line(LogFormat::Json, now, Level::Error, "request", &fields);
        assert_eq!(json.matches('\n').count(), 1);
        let back: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((back["level"].as_str(), back["path"].as_str()), (Some("error"), fields[0].1.as_str()));
    }

    #[test]
    fn a_value_is_neither_obeyed_nor_too_long() {
        let now = "2026-11-23T17:13:37.250875Z".parse().unwrap();
        let text = "\u{9b}31m\u{7f}\u{202e}é";
        let json = format_line(LogFormat::Json, now, Level::Info, "request", &[("path", text.into())]);
        assert!(json.contains(r#""path":"\u009b31m\u007f\u202eé""#), "{json}");
        let back: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["path"], text);
        for format in [LogFormat::Json, LogFormat::Text] {
            let line = format_line(format, now, Level::Info, "request", &[("path", "é".repeat(9000).into())]);
            assert!(line.len() < LONGEST + 200 && line.contains("… (18000 bytes)"), "{line}");
        }
    }
}
