//! The commands that give and take access to the REST API.

use anyhow::{Result, anyhow};
use jiff::Timestamp;

use super::session::Session;
use crate::api::{CreatedTokenObject, TokenObject};
use crate::cli::token::{CreateArgs, RevokeArgs, TokenCommand};
use crate::error::exit;
use crate::hooks::Presence;
use crate::output::tokens as tables;
use crate::token::NewToken;

/// `token`
pub fn token(session: &mut Session, command: TokenCommand) -> Result<u8> {
    match command {
        TokenCommand::Create(args) => create(session, args),
        TokenCommand::List(_) => list(session),
        TokenCommand::Revoke(args) => revoke(session, &args),
    }
}

fn create(session: &mut Session, args: CreateArgs) -> Result<u8> {
    let now = Timestamp::now();
    let zone = &session.out.look().zone;
    let outside = || anyhow!("the time of `--expires` lies outside the calendar");
    let expires_at =
        args.expires.map(|time| time.resolve_ahead(now, zone).ok_or_else(outside)).transpose()?;
    let new = NewToken { name: args.name, scopes: args.scopes, project: args.project, expires_at };
    // Checked before there is a database: bad input leaves no empty one behind.
    new.clone().validate(now)?;
    let (token, text) = session.hooks(Presence::Created)?.create_token(new)?;
    let look = session.out.look();
    let table = tables::created_table(&token, &text, look);
    let shown = tables::created(&token, &text, look);
    session.out.one(&CreatedTokenObject::new(&token, &text), &table, &shown)?;
    session.notes.note("the token is shown this once: give it to whoever is to use it now");
    Ok(exit::DONE)
}

fn list(session: &mut Session) -> Result<u8> {
    let tokens = session.hooks(Presence::Required)?.tokens()?;
    let now = Timestamp::now();
    let objects: Vec<_> = tokens.iter().map(|token| TokenObject::new(token, now)).collect();
    let table = tables::table(&tokens, session.out.look(), now);
    session.out.list(&objects, &table)?;
    if tokens.is_empty() {
        session.notes.note("no tokens");
    }
    Ok(exit::DONE)
}

fn revoke(session: &mut Session, args: &RevokeArgs) -> Result<u8> {
    let token = session.hooks(Presence::Required)?.revoke_token(&args.token)?;
    let now = Timestamp::now();
    let table = tables::table(std::slice::from_ref(&token), session.out.look(), now);
    session.out.one(&TokenObject::new(&token, now), &table, &tables::revoked(&token))?;
    Ok(exit::DONE)
}
