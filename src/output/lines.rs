//! Rows that come by and by: a line each, in columns of a least width, so that nothing before it has to be drawn again.

use super::Look;
use super::table::{Cell, Column};
use super::text::printable;

/// How the lines of a series are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// The columns.
    pub columns: &'static [Column],
    /// The least width of each column but the last: what is wider pushes the others aside in its line alone.
    pub widths: &'static [usize],
}

impl Lines {
    /// The headings, with a rule below.
    pub fn heading(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| Cell::from(column.name.to_uppercase().replace('_', " ")))
            .collect();
        let line = self.line(&names, &Look { color: false, width: None, zone: jiff::tz::TimeZone::UTC });
        format!("{line}{}\n", "-".repeat(line.trim_end().chars().count()))
    }

    /// A line; there are as many cells as columns.
    pub fn line(&self, cells: &[Cell], look: &Look) -> String {
        let mut line = String::new();
        for (index, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            let shown = printable(&cell.text);
            let Some(width) = self.widths.get(index) else {
                line.push_str(&look.paint(cell.tone, &shown));
                continue;
            };
            let space = " ".repeat(width.saturating_sub(shown.chars().count()));
            let shown = look.paint(cell.tone, &shown);
            let parts = if column.number { [space.as_str(), &shown, "  "] } else { [&shown, &space, "  "] };
            line.extend(parts);
        }
        format!("{}\n", line.trim_end())
    }
}
