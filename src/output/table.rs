//! Rows and columns: aligned for people, delimited for programs.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Color, ContentArrangement, LineStyle, TableStyle};
use crossterm::style::force_color_output;

use super::Look;
use super::text::printable;

/// A column, by its heading.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// As in the header of CSV, in lower case; a table shows it in upper case.
    pub name: &'static str,
    /// Whether its values are numbers, which stand at the right.
    pub number: bool,
}

/// A column of words.
pub const fn words(name: &'static str) -> Column {
    Column { name, number: false }
}

/// A column of numbers.
pub const fn number(name: &'static str) -> Column {
    Column { name, number: true }
}

/// What a value means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// As it should be.
    Good,
    /// Not yet.
    Waiting,
    /// Not as it should be.
    Bad,
    /// Less important.
    Faint,
}

impl Tone {
    /// The parameter of the ANSI sequence (ECMA-48, SGR).
    pub const fn ansi(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("32"),
            Self::Waiting => Some("33"),
            Self::Bad => Some("31"),
            Self::Faint => Some("2"),
        }
    }
}

/// One value.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

impl Cell {
    /// A value with a meaning.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(value: T) -> Self {
        Self { text: value.to_string(), tone: Tone::Plain }
    }
}

/// Rows under their columns.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns and rows; every row has as many cells as there are columns.
    pub fn new(columns: &[Column], rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        Self { columns: columns.to_vec(), rows: rows.into_iter().collect() }
    }

    /// The table for people. It fits the width of `look` and breaks long values within it.
    pub fn render(&self, look: &Look) -> String {
        let mut table = comfy_table::Table::new();
        let rule = LineStyle::none().fill('-').junction('-');
        table.load_style(TableStyle::new().header_separator(rule));
        table.force_no_tty();
        match look.width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        if look.color {
            table.enforce_styling();
            // It would look at NO_COLOR once more, which was weighed against `--color` before.
            force_color_output(true);
        }
        table.set_header(self.columns.iter().map(|column| column.name.to_uppercase().replace('_', " ")));
        for row in &self.rows {
            table.add_row(row.iter().map(styled));
        }
        let last = self.columns.len().saturating_sub(1);
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(shown) = table.column_mut(index) {
                shown.set_padding((0, u16::from(index != last)));
                if column.number {
                    shown.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
    }

    /// The table for programs: values as they are, quoted where the delimiter or a line break is in them.
    ///
    /// # Errors
    /// What the writer says.
    pub fn delimited(&self, writer: &mut dyn Write, delimiter: u8) -> io::Result<()> {
        let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(&mut *writer);
        csv.write_record(self.columns.iter().map(|column| column.name)).map_err(bare)?;
        csv.flush()?;
        drop(csv);
        self.delimited_rows(writer, delimiter)
    }

    /// As [`Self::delimited`], without the header, which an earlier part of the same output has.
    ///
    /// # Errors
    /// What the writer says.
    pub fn delimited_rows(&self, writer: &mut dyn Write, delimiter: u8) -> io::Result<()> {
        let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(writer);
        for row in &self.rows {
            csv.write_record(row.iter().map(|cell| cell.text.as_str())).map_err(bare)?;
        }
        csv.flush()
    }
}

/// The writer's own error. The conversion that csv offers hides its kind, by which a closed pipe is known.
fn bare(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn styled(cell: &Cell) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(printable(&cell.text));
    match cell.tone {
        Tone::Plain => shown,
        Tone::Good => shown.fg(Color::DarkGreen),
        Tone::Waiting => shown.fg(Color::DarkYellow),
        Tone::Bad => shown.fg(Color::DarkRed),
        Tone::Faint => shown.add_attribute(comfy_table::Attribute::Dim),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn table() -> Table {
        Table::new(
            &[number("id"), words("permit_number"), words("error")],
            [
                vec![7.into(), "PTW-2024-001".into(), Cell::toned("", Tone::Plain)],
                vec![12.into(), "PTW, \"two\"".into(), Cell::toned("bad \u{1b}[31m thing", Tone::Bad)],
            ],
        )
    }

    fn look(width: Option<u16>) -> Look {
        Look { color: false, width, zone: TimeZone::UTC }
    }

    #[test]
    fn a_table_aligns_numbers_right_and_escapes_what_is_not_printable() {
        assert_eq!(
            table().render(&look(None)),
            "ID  PERMIT NUMBER  ERROR\n\
             ---------------------------------------\n\
             \u{20}7  PTW-2024-001\n\
             12  PTW, \"two\"     bad \\u{1b}[31m thing\n"
        );
    }

    #[test]
    fn a_table_fits_the_width_it_is_given() {
        assert!(table().render(&look(Some(30))).lines().all(|line| line.chars().count() <= 30));
    }

    #[test]
    fn delimited_values_are_exact_and_quoted_where_needed() {
        let mut csv = Vec::new();
        table().delimited(&mut csv, b',').unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "id,permit_number,error\n7,PTW-2024-001,\n12,\"PTW, \"\"two\"\"\",bad \u{1b}[31m thing\n"
        );
    }
}
