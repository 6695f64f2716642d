//! The command line as types: what can be written, and the help that is shown. It reads nothing and does
//! nothing; doc comments are the help text.
#![expect(clippy::doc_markdown, reason = "help text is read in a terminal, where backticks are noise")]

pub mod definition;
pub mod event;
pub mod listen;
pub mod log;
pub mod position;
pub mod rotation;
pub mod sending;
#[cfg(feature = "serve")]
pub mod serve;
pub mod token;
pub mod tools;
pub mod upkeep;
pub mod value;
pub mod webhook;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::output::Format;
use value::format_values;

/// Outbound webhooks for permit-to-work systems: define them, fire events, see what was delivered
///
/// Webhooks are kept in one local SQLite file. Events are signed with HMAC-SHA256 and sent over HTTP; every
/// attempt is logged. A delivery that failed stays in the file until it has been delivered or given up.
#[derive(Debug, Parser)]
#[command(
    name = "ptw-hooks",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "What a command takes, with examples: `ptw-hooks help COMMAND`.

Examples:
  ptw-hooks create --name ERP --url https://erp.example --event permit_approved
  ptw-hooks emit permit_approved --permit-id 123 --permit-number PTW-2024-001

Exit codes:
  0  done: all was delivered, or recognised as a duplicate
  1  the database or the system failed, or `check` has found a fault
  2  the input was bad
  3  something was not delivered, and `ptw-hooks deliveries` shows what and why;
     or `doctor` has found a fault, or `diff` a difference
  4  what was named does not exist
  5  refused: an ambiguous name, a backup over a file, a signature that is
     not right, an `apply` that would delete webhooks unasked
  130, 143  ended by SIGINT or SIGTERM; what was accepted is kept"
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user's data directory]
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub db: Option<PathBuf>,
    /// The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user's
    /// configuration directory]
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]
    #[arg(short, long, global = true, value_name = "FORMAT", value_parser = format_values())]
    pub output: Option<Format>,
    /// Print no notes and warnings, only data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say which files are used and what is sent
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a webhook: where events are sent, and which ones
    Create(webhook::CreateArgs),
    /// List the webhooks
    List(webhook::ListArgs),
    /// Show everything about one webhook
    Show(webhook::ShowArgs),
    /// Change a webhook
    Update(webhook::UpdateArgs),
    /// Enable a webhook, so that it is sent events again
    Enable(webhook::EnableArgs),
    /// Disable a webhook; what it misses is recorded
    Disable(webhook::DisableArgs),
    /// Send nothing to a webhook for now; what it is owed waits
    Pause(webhook::PauseArgs),
    /// Send to a paused webhook again
    Resume(webhook::ResumeArgs),
    /// Change the secret of a webhook without a failed delivery
    RotateSecret(rotation::RotateSecretArgs),
    /// Delete a webhook; its log stays
    Delete(webhook::DeleteArgs),
    /// Print the definitions of webhooks as a file, without their secrets
    Export(definition::ExportArgs),
    /// Show what differs between a definitions file and the webhooks
    Diff(definition::DiffArgs),
    /// Make the webhooks what a definitions file declares
    Apply(definition::ApplyArgs),
    /// List the events that can be emitted and subscribed to
    Events(event::EventsArgs),
    /// Emit an event: sign it and send it to every webhook that is owed it
    Emit(event::EmitArgs),
    /// Send a test event to one webhook and show what came back
    Test(event::TestArgs),
    /// Show the log of deliveries, the newest first
    Deliveries(log::DeliveriesArgs),
    /// Show one delivery in full: request, attempts, answers and advice
    Inspect(log::InspectArgs),
    /// Say for every webhook whether an event was sent to it, and why if not
    Explain(log::ExplainArgs),
    /// Show how deliveries fared: counts, rates, times and errors of each webhook
    Stats(log::StatsArgs),
    /// Look for what keeps events from arriving: on this machine and at each receiver
    Doctor(upkeep::DoctorArgs),
    /// Send what is due
    Retry(sending::RetryArgs),
    /// Send deliveries again, with the same event id and body
    Redeliver(sending::RedeliverArgs),
    /// Send what webhooks have missed while they were disabled
    Replay(sending::ReplayArgs),
    /// Look for everything that can be wrong in the database
    Check(upkeep::CheckArgs),
    /// Remove what is old and give its space back
    Prune(upkeep::PruneArgs),
    /// Write a copy of the database, while others use it
    Backup(upkeep::BackupArgs),
    /// Create, list and revoke tokens for the REST API
    Token(token::TokenArgs),
    /// Serve the REST API, and send what is due
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    /// Receive webhooks on this machine and print them: a receiver for trying things out
    Listen(listen::ListenArgs),
    /// Check a signature, and say why where it is not right
    Verify(tools::VerifyArgs),
    /// Run the whole way on this machine, in a temporary database and without a network
    Demo(tools::DemoArgs),
    /// Print the completion script of a shell
    Completions(tools::CompletionsArgs),
    /// Print the manual page of a command
    Man(tools::ManArgs),
}

/// Shells with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The GNU shell
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
    /// `PowerShell`
    #[value(name = "powershell")]
    PowerShell,
    /// Elvish
    Elvish,
}
