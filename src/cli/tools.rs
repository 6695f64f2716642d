//! The arguments of the commands that need no webhook: verify, demo, completions, man.

use std::path::PathBuf;

use clap::Args;

use super::Shell;

/// The arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "The secret comes from --secret-file, from PTW_HOOKS_SECRET, or from the webhook that --webhook names. A \
signature `v1,…` also needs --id and --timestamp, the values of the headers webhook-id and \
webhook-timestamp; like receivers, it is refused when it is more than five minutes old.

Examples:
  ptw-hooks verify --secret-file erp.secret --body body.json \\
      --signature sha256=ee0820…f5cf
  ptw-hooks verify --webhook ERP --signature 'v1,tZ1I4…' --id evt_01hm… \\
      --timestamp 1705314600 < body.json"
)]
pub struct VerifyArgs {
    /// Read the secret from a file, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "webhook")]
    pub secret_file: Option<PathBuf>,
    /// Take the secret of this webhook, by its id or its name
    #[arg(long, value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// The body that was signed: a file, or standard input for `-`
    #[arg(long, value_name = "FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    pub body: PathBuf,
    /// The signature to check: `sha256=…` or `v1,…`
    #[arg(long, value_name = "SIGNATURE", allow_hyphen_values = true)]
    pub signature: String,
    /// The value of the header webhook-id
    #[arg(long, value_name = "ID", requires = "timestamp")]
    pub id: Option<String>,
    /// The value of the header webhook-timestamp
    #[arg(long, value_name = "SECONDS", requires = "id", allow_negative_numbers = true)]
    pub timestamp: Option<i64>,
}

/// The arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks demo
  ptw-hooks demo --color never")]
pub struct DemoArgs {}

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "The scripts for bash, zsh and fish also offer webhooks, the newest deliveries and events. For these they \
ask the ptw-hooks in PATH, which reads the database that the line names.

Examples:
  ptw-hooks completions bash \\
      > ~/.local/share/bash-completion/completions/ptw-hooks
  ptw-hooks completions --dir completions"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", required_unless_present = "dir")]
    pub shell: Option<Shell>,
    /// Write the scripts of all shells into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "shell", value_hint = clap::ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks man emit | man -l -
  ptw-hooks man --dir man")]
pub struct ManArgs {
    /// The command, such as emit or token-create; without it, the page of ptw-hooks itself
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "command", value_hint = clap::ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}
