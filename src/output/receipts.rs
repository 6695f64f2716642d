//! How it looks what a receiver on this machine has got: a line when it comes, not a table at the end.

use std::fmt::Write as _;

use super::Look;
use super::lines::Lines;
use super::table::{Cell, Column, Table, Tone, number, words};
use super::text::{printable, printable_lines};
use crate::receipt::{Proof, Proofs, Receipt};

const COLUMNS: [Column; 8] = [
    words("time"),
    words("event"),
    words("permit"),
    number("delivery"),
    words("x_athens_signature"),
    words("webhook_signature"),
    number("answered"),
    words("note"),
];
const LINES: Lines = Lines { columns: &COLUMNS, widths: &[25, 20, 14, 8, 18, 17, 8] };

/// The headings.
pub fn heading() -> String {
    LINES.heading()
}

/// The header where rows are wanted.
pub fn header() -> Table {
    Table::new(&COLUMNS, [])
}

/// A line for a request, the causes where a signature is not right, and its body if that is wanted.
pub fn text(receipt: &Receipt, proofs: &Proofs, again: bool, body: bool, look: &Look) -> String {
    let mut text = LINES.line(&cells(receipt, proofs, again, look), look);
    for (header, proof) in [("X-Athens-Signature", &proofs.athens), ("webhook-signature", &proofs.standard)] {
        for cause in proof.causes() {
            let (what, mend) = (printable(&cause.what), printable(&cause.mend));
            let _ = writeln!(text, "  {header} is not right\n  cause  {what}\n    mend {mend}");
        }
    }
    if body {
        let body = String::from_utf8_lossy(&receipt.body);
        let _ = writeln!(text, "  {}", printable_lines(&body).replace('\n', "\n  "));
    }
    text
}

/// A row for a request.
pub fn table(receipt: &Receipt, proofs: &Proofs, again: bool, look: &Look) -> Table {
    Table::new(&COLUMNS, [cells(receipt, proofs, again, look).to_vec()])
}

fn cells(receipt: &Receipt, proofs: &Proofs, again: bool, look: &Look) -> [Cell; 8] {
    let header = |name| receipt.header(name).unwrap_or_default();
    let answered = receipt.answered.map_or_else(|| "reset".to_owned(), |status| status.to_string());
    let good = receipt.answered.is_some_and(|status| (200..300).contains(&status));
    let mut notes = Vec::new();
    notes.extend((receipt.method != "POST").then(|| format!("{} {}", receipt.method, receipt.path)));
    notes.extend(again.then(|| "came before".to_owned()));
    notes.extend(receipt.unread.then(|| "its head was refused".to_owned()));
    [
        look.time(receipt.at).into(),
        header("x-athens-event").into(),
        receipt.permit().unwrap_or_default().into(),
        header("x-athens-delivery").into(),
        proof(&proofs.athens),
        proof(&proofs.standard),
        Cell::toned(answered, if good { Tone::Good } else { Tone::Bad }),
        notes.join(", ").into(),
    ]
}

fn proof(proof: &Proof) -> Cell {
    let tone = match proof {
        Proof::Right => Tone::Good,
        Proof::Unchecked => Tone::Faint,
        Proof::Wrong(_) | Proof::Missing => Tone::Bad,
    };
    Cell::toned(proof.name(), tone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::diagnosis::Cause;

    #[test]
    fn a_request_is_a_line_under_its_headings_and_says_why_it_is_wrong() {
        let receipt = Receipt {
            at: "2024-01-15T10:30:00Z".parse().unwrap(),
            method: "POST".into(),
            path: "/x".into(),
            headers: vec![
                ("x-athens-event".into(), "permit_approved".into()),
                ("x-athens-delivery".into(), "42".into()),
            ],
            body: br#"{"permit_number":"PTW-7"}"#.to_vec(),
            unread: false,
            answered: Some(401),
        };
        let cause = Cause { what: "the secret is another one".into(), mend: "compare both".into() };
        let proofs = Proofs { athens: Proof::Wrong(vec![cause]), standard: Proof::Missing };
        let look = Look { color: false, width: None, zone: jiff::tz::TimeZone::UTC };
        let shown = heading() + &text(&receipt, &proofs, true, true, &look);
        assert_eq!(
            shown,
            "TIME                       EVENT                 PERMIT          DELIVERY  X ATHENS SIGNATURE  WEBHOOK SIGNATURE  ANSWERED  NOTE\n\
             --------------------------------------------------------------------------------------------------------------------------------\n\
             2024-01-15 10:30:00+00:00  permit_approved       PTW-7                 42  wrong               missing                 401  came before\n\
             \u{20} X-Athens-Signature is not right\n\
             \u{20} cause  the secret is another one\n\
             \u{20}   mend compare both\n\
             \u{20} {\"permit_number\":\"PTW-7\"}\n"
        );
    }
}
