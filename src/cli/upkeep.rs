//! The arguments of the commands that keep the database in order.

use std::path::PathBuf;

use clap::Args;

use crate::upkeep::Age;

/// The arguments of `prune`.
#[derive(Debug, Args)]
#[command(
    after_help = "Events that are older go, with their deliveries and attempts; never one of which a delivery is pending. \
With an event goes the record that a webhook missed it while it was disabled, so that it cannot be sent to \
it any more, and its idempotency key, so that the same key is accepted again. Others can write meanwhile, \
but for --vacuum.

Examples:
  ptw-hooks prune --older-than 90d --dry-run
  ptw-hooks prune --older-than 90d"
)]
pub struct PruneArgs {
    /// Remove events that were accepted longer ago than this, at least 1d
    #[arg(long, value_name = "AGE")]
    pub older_than: Age,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write the file anew afterwards; nobody else can write meanwhile, and it takes as much space again. Only a
    /// file that was made by an older version needs it
    #[arg(long, conflicts_with = "dry_run")]
    pub vacuum: bool,
}

/// The arguments of `backup`.
#[derive(Debug, Args)]
#[command(
    after_help = "The copy is the database as it is at one moment, also while others write. It is used with --db, or put in \
the place of the database. It holds the secrets of all webhooks.

Examples:
  ptw-hooks backup /mnt/backup/ptw-hooks.db --force
  ptw-hooks backup before-update.db"
)]
pub struct BackupArgs {
    /// The file to write; it is there when it is whole, and not before
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
}

/// The arguments of `check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed, and others can write meanwhile. The exit code is 1 where a check has failed; a warning \
is no failure.

Examples:
  ptw-hooks check
  ptw-hooks check --db /mnt/backup/ptw-hooks.db -o json"
)]
pub struct CheckArgs {}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed, and others can work meanwhile. A receiver is looked at step by step: its name, whether \
its address may be dialled, the connection, the certificate, and how it answers OPTIONS, which is \
harmless: any answer shows that it speaks HTTP. What comes after a failure is skipped. The exit code is 3 \
where something has failed; a warning is no failure.

Examples:
  ptw-hooks doctor
  ptw-hooks doctor ERP --send"
)]
pub struct DoctorArgs {
    /// Only this webhook, by its id or its name; otherwise all
    #[arg(value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// Send each receiver a test event, too, as `test` does; it is logged
    #[arg(long)]
    pub send: bool,
}
