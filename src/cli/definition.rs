//! The arguments of the commands that keep webhooks as a file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(
    after_help = "Secrets and the values of headers are not printed: each is replaced by the variable in which `apply` looks \
for it. With --secrets-dir they are written to files of that directory, mode 0600, and the definitions \
name those. A path is meant from the directory of the definitions file: keep both together. Whether a \
webhook is paused is not part of its definition, nor is its log.

Examples:
  ptw-hooks export > webhooks.toml
  ptw-hooks export --project 5 --secrets-dir secrets > webhooks.toml"
)]
pub struct ExportArgs {
    /// Only these, each by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhooks: Vec<String>,
    /// Only those of this project
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub project: Option<i64>,
    /// The form of the file [default: toml, and json with -o json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FileFormat>,
    /// Write every secret and every value of a header to a file of its own in this directory, which is made with mode
    /// 0700. A file that holds something else is never replaced
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub secrets_dir: Option<PathBuf>,
}

/// The form of a definitions file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// For people
    Toml,
    /// For programs
    Json,
}

/// Which definitions and webhooks are meant.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// The definitions, TOML or JSON, as `export` prints them; `-` is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
    /// Only the definitions and the webhooks of this project
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub project: Option<i64>,
    /// Delete webhooks that the file does not name: of --project, or of the projects of which the file has a webhook.
    /// Those for every project count as a project of their own here
    #[arg(long)]
    pub prune: bool,
}

/// The arguments of `diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "A webhook with + is created, with ~ changed, with - deleted; one with ? is not in the file and stays. \
Below it are the members, + set, ~ changed, - back to the default. Secrets are compared where the variable \
or the file that is named is there, and never shown. The exit code is 0 where nothing differs and 3 where \
something does; a webhook that stays is no difference.

Examples:
  ptw-hooks diff webhooks.toml
  ptw-hooks diff webhooks.toml --prune -o json"
)]
pub struct DiffArgs {
    /// What is compared.
    #[command(flatten)]
    pub scope: ScopeArgs,
}

/// The arguments of `apply`.
#[derive(Debug, Args)]
#[command(
    after_help = "A webhook is known by its name and project. What is missing is created, what differs is changed, all of it \
in one transaction or nothing. A member that is left out has its default, as in `create`; but a secret \
that the file does not name, or that is not found, stays as it is. For a new webhook without `secret` one \
is generated and shown this once. Any variable and file can be named as a secret: apply only files that \
you trust.

Examples:
  ptw-hooks apply webhooks.toml --dry-run
  ptw-hooks apply webhooks.toml --prune --yes"
)]
pub struct ApplyArgs {
    /// What is applied.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Print what `diff` prints, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before webhooks are deleted
    #[arg(short, long)]
    pub yes: bool,
}
