//! Values as tables, JSON, NDJSON, CSV or TSV, into any `Write`. It decides how things look, never what they
//! are.

pub mod alerts;
pub mod bars;
pub mod changes;
pub mod definitions;
pub mod deliveries;
pub mod explanation;
pub mod inspection;
pub mod lines;
pub mod receipts;
pub mod rotation;
pub mod stats;
pub mod table;
pub mod text;
pub mod tokens;
pub mod upkeep;
pub mod webhooks;

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use table::{Table, Tone};

/// The form in which values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document, indented.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// Tab-separated values with a header.
    Tsv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Table, Self::Json, Self::Ndjson, Self::Csv, Self::Tsv];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
        }
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// How a person sees it.
#[derive(Debug, Clone)]
pub struct Look {
    /// Whether to colour.
    pub color: bool,
    /// The width to fit into; `None` wraps nothing.
    pub width: Option<u16>,
    /// In which zone times are shown.
    pub zone: TimeZone,
}

/// Where values are written, and in which form.
pub struct Output<'a> {
    writer: &'a mut dyn Write,
    format: Format,
    look: Look,
}

impl<'a> Output<'a> {
    /// An output into `writer`.
    pub fn new(writer: &'a mut dyn Write, format: Format, look: Look) -> Self {
        Self { writer, format, look }
    }

    /// How a person sees it.
    pub fn look(&self) -> &Look {
        &self.look
    }

    /// Writes several values: a row each, or a JSON array.
    ///
    /// # Errors
    /// What the writer says.
    pub fn list(&mut self, values: &[impl Serialize], table: &Table) -> io::Result<()> {
        match self.format {
            Format::Table => self.writer.write_all(table.render(&self.look).as_bytes()),
            _ => self.several(values, table, ""),
        }
    }

    /// As [`Self::list`], with `text` for people in the place of the table.
    ///
    /// # Errors
    /// What the writer says.
    pub fn several(&mut self, values: &[impl Serialize], table: &Table, text: &str) -> io::Result<()> {
        match self.format {
            Format::Table => self.writer.write_all(text.as_bytes()),
            Format::Json => json(self.writer, &values),
            Format::Ndjson => values.iter().try_for_each(|value| ndjson(self.writer, value)),
            Format::Csv => table.delimited(self.writer, b','),
            Format::Tsv => table.delimited(self.writer, b'\t'),
        }
    }

    /// Writes one value: `text` for people, `table` where rows are wanted.
    ///
    /// # Errors
    /// What the writer says.
    pub fn one(&mut self, value: &impl Serialize, table: &Table, text: &str) -> io::Result<()> {
        match self.format {
            Format::Table => self.writer.write_all(text.as_bytes()),
            Format::Json => json(self.writer, value),
            Format::Ndjson => ndjson(self.writer, value),
            Format::Csv => table.delimited(self.writer, b','),
            Format::Tsv => table.delimited(self.writer, b'\t'),
        }
    }

    /// Begins a series of values that come by and by: the headings, for people or of `header`, which has no rows.
    ///
    /// # Errors
    /// What the writer says.
    pub fn begin(&mut self, heading: &str, header: &Table) -> io::Result<()> {
        match self.format {
            Format::Table => self.writer.write_all(heading.as_bytes())?,
            Format::Json | Format::Ndjson => {}
            Format::Csv => header.delimited(self.writer, b',')?,
            Format::Tsv => header.delimited(self.writer, b'\t')?,
        }
        self.writer.flush()
    }

    /// Writes a value of a series. JSON has them in one [`Self::document`] at the end.
    ///
    /// # Errors
    /// What the writer says.
    pub fn next(&mut self, value: &impl Serialize, table: &Table, text: &str) -> io::Result<()> {
        match self.format {
            Format::Table => self.writer.write_all(text.as_bytes()),
            Format::Json => Ok(()),
            Format::Ndjson => ndjson(self.writer, value),
            Format::Csv => table.delimited_rows(self.writer, b','),
            Format::Tsv => table.delimited_rows(self.writer, b'\t'),
        }
    }

    /// Ends a series where the format is one document.
    ///
    /// # Errors
    /// What the writer says.
    pub fn document(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.is_one_document() { json(self.writer, value) } else { Ok(()) }
    }

    /// Whether a series is written as one document at its end.
    pub fn is_one_document(&self) -> bool {
        self.format == Format::Json
    }

    /// Hands over what was written so far, before something that takes long.
    ///
    /// # Errors
    /// What the writer says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Writes text as it stands, whatever the format.
    ///
    /// # Errors
    /// What the writer says.
    pub fn plain(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())
    }
}

fn json(writer: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *writer, value)?;
    writeln!(writer)
}

fn ndjson(writer: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, value)?;
    writeln!(writer)
}

impl Look {
    /// A time in the zone of this look, with its offset.
    pub fn time(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
    }

    /// A time that may be absent.
    pub fn time_or(&self, at: Option<Timestamp>, absent: &str) -> String {
        at.map_or_else(|| absent.to_owned(), |at| self.time(at))
    }

    /// `text` in the colour of `tone`, if this look has colours.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        match tone.ansi().filter(|_| self.color) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }
}

/// A duration for people: `4.2 ms`, `1.30 s`.
pub fn duration(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}
