//! How tokens look.

use jiff::Timestamp;

use super::Look;
use super::table::{Cell, Table, Tone, number, words};
use super::text::printable;
use crate::token::{State, Token};

/// A row for each token, as it is at `now`.
pub fn table(tokens: &[Token], look: &Look, now: Timestamp) -> Table {
    let columns = [
        number("id"),
        words("name"),
        words("scopes"),
        words("project"),
        words("expires_at"),
        words("created_at"),
        words("revoked_at"),
        words("state"),
    ];
    let row = |token: &Token| {
        let state = token.state(now);
        let tone = if state == State::Valid { Tone::Good } else { Tone::Faint };
        vec![
            token.id.into(),
            token.name.as_str().into(),
            token.scope_names().join(" ").into(),
            project(token).into(),
            expires(token, look).into(),
            look.time(token.created_at).into(),
            look.time_or(token.revoked_at, "").into(),
            Cell::toned(state.name(), tone),
        ]
    };
    Table::new(&columns, tokens.iter().map(row))
}

/// What is said of a token that was just created, with its text this once.
pub fn created(token: &Token, text: &str, look: &Look) -> String {
    format!(
        "created token {} `{}`\nscopes   {}\nproject  {}\nexpires  {}\ntoken    {text}\n",
        token.id,
        printable(&token.name),
        token.scope_names().join(" "),
        project(token),
        expires(token, look),
    )
}

/// The row of a token that was just created, with its text this once.
pub fn created_table(token: &Token, text: &str, look: &Look) -> Table {
    let columns = [
        number("id"),
        words("name"),
        words("token"),
        words("scopes"),
        words("project"),
        words("expires_at"),
        words("created_at"),
    ];
    let row = vec![
        token.id.into(),
        token.name.as_str().into(),
        text.into(),
        token.scope_names().join(" ").into(),
        project(token).into(),
        expires(token, look).into(),
        look.time(token.created_at).into(),
    ];
    Table::new(&columns, [row])
}

/// What is said of a token that was just revoked.
pub fn revoked(token: &Token) -> String {
    format!("revoked token {} `{}`\n", token.id, printable(&token.name))
}

fn project(token: &Token) -> String {
    token.project.map_or_else(|| "all".to_owned(), |project| project.to_string())
}

fn expires(token: &Token, look: &Look) -> String {
    look.time_or(token.expires_at, "never")
}
