//! The arguments of the commands that give and take access to the REST API.

use clap::{Args, Subcommand};

use super::value::scope_values;
use crate::time::{Time, time};
use crate::token::Scope;

/// The arguments of `token`.
#[derive(Debug, Args)]
#[command(after_help = "A token is sent as `Authorization: Bearer TOKEN`. Only its SHA-256 is kept.

Examples:
  ptw-hooks token create erp --scope emit --expires 90d
  ptw-hooks token revoke erp")]
pub struct TokenArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// The commands of `token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token, and show it this once
    Create(CreateArgs),
    /// List the tokens, the newest first
    List(ListArgs),
    /// Revoke a token, so that it opens nothing any more
    Revoke(RevokeArgs),
}

/// The arguments of `token create`.
#[derive(Debug, Args)]
#[command(
    after_help = "The name says in the log of changes who it was; it can be used again once its token is revoked or has \
expired.

Examples:
  ptw-hooks token create erp --scope emit --scope read --expires 90d
  ptw-hooks token create site-5 --scope manage --project 5 -o json"
)]
pub struct CreateArgs {
    /// A name for people
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it opens: read (every GET), emit (events) or manage (everything); may be repeated
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope_values(), value_delimiter = ',',
          default_value = "read")]
    pub scopes: Vec<Scope>,
    /// Only this project: its webhooks and the global ones are seen, and only its own changed
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub project: Option<i64>,
    /// Until when it can be used: an age from now such as 90d, a date, or a time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub expires: Option<Time>,
}

/// The arguments of `token list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks token list
  ptw-hooks token list -o json")]
pub struct ListArgs {}

/// The arguments of `token revoke`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks token revoke erp
  ptw-hooks token revoke 3 -o json")]
pub struct RevokeArgs {
    /// The token, by its id or its name
    #[arg(value_name = "TOKEN")]
    pub token: String,
}
