//! The arguments of the commands that send what is owed, or owe it again.

use clap::Args;

use super::value::status_values;
use crate::delivery::Status;
use crate::time::{Time, time};

/// The arguments of `retry`.
#[derive(Debug, Args)]
#[command(
    after_help = "For cron: every delivery that is due gets one attempt. Several of these may run at once, beside `emit`: \
each delivery is sent by one of them.

It says once when a receiver begins to fail, when it recovers, and when its webhook is disabled; `on_failure` in \
the configuration says from when on, and who else is told. With --quiet it prints such news and errors, and \
nothing else: cron sends a mail only then.

Examples:
  ptw-hooks retry
  ptw-hooks retry --quiet
  ptw-hooks retry ERP --now"
)]
pub struct RetryArgs {
    /// Only what is owed to this webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// Send all that is pending, also what is not due yet
    #[arg(long, conflicts_with = "watch")]
    pub now: bool,
    /// Go on until interrupted: a worker in the foreground
    #[arg(long)]
    pub watch: bool,
}

/// The arguments of `redeliver`.
#[derive(Debug, Args)]
#[command(
    after_help = "The same event is sent again, with the same id and body, whether it was delivered before or not. A \
receiver recognises it by its webhook-id.

Examples:
  ptw-hooks redeliver 42
  ptw-hooks redeliver --webhook ERP --status failed --since 24h --dry-run"
)]
pub struct RedeliverArgs {
    /// The deliveries, by their ids
    #[arg(value_name = "DELIVERY", required_unless_present = "webhook")]
    pub deliveries: Vec<i64>,
    /// Those of this webhook, by its id or its name, that were accepted --since a time
    #[arg(long, value_name = "WEBHOOK", conflicts_with = "deliveries", requires = "since")]
    pub webhook: Option<String>,
    /// Those that stand so
    #[arg(long, value_name = "STATUS", value_parser = status_values(), default_value = "failed", conflicts_with = "deliveries")]
    pub status: Status,
    /// Those accepted since then: a time, a date, or an age such as 90m, 24h or 7d
    #[arg(long, value_name = "TIME", value_parser = time, requires = "webhook")]
    pub since: Option<Time>,
    /// Say how many there are, and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "An event that comes while a webhook is disabled is recorded as missed by it. Once it is enabled again, \
this owes it those events, each of them once, and sends them. An ordered webhook gets them after what it \
was sent since.

Examples:
  ptw-hooks replay --missed --since 7d --dry-run
  ptw-hooks replay --missed --webhook ERP --since 2024-01-15"
)]
pub struct ReplayArgs {
    /// What webhooks have missed while they were disabled
    #[arg(long, required = true)]
    pub missed: bool,
    /// Only what this webhook has missed, by its id or its name
    #[arg(long, value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// What was missed since then: a time, a date, or an age such as 90m, 24h or 7d
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Time,
    /// Say how many there are, and change nothing
    #[arg(long, conflicts_with = "queue")]
    pub dry_run: bool,
    /// Only owe them; do not send now
    #[arg(long)]
    pub queue: bool,
}
