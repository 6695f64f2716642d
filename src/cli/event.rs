//! The arguments of the commands that make events.

use std::path::PathBuf;

use clap::Args;

use super::value::{EventName, status_values};
use crate::delivery::Status;
use crate::time::{Time, time};

/// The arguments of `events`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks events
  ptw-hooks events -o csv")]
pub struct EventsArgs {}

/// The arguments of `emit`.
#[derive(Debug, Args)]
#[command(
    after_help = "The same event for the same permit within the same hour (UTC) is sent to a webhook once; a key of its own
sends it again. Members of `data` come in this order: --data-json, then --status, --permit-type, --location
and --risk-level, then each --data.

Examples:
  ptw-hooks emit permit_approved --permit-id 123 --permit-number PTW-2024-001 \\
      --project 5 --status approved
  ptw-hooks emit isolation_verified --permit-id 123 --permit-number PTW-24-001 \\
      --data point=V-17 --data locks:=2 --idempotency-key isolation-123-V-17
  ptw-hooks emit --batch events.ndjson"
)]
pub struct EmitArgs {
    /// What happened
    #[arg(value_name = "EVENT", value_parser = EventName { wildcard: false }, hide_possible_values = true,
          required_unless_present = "batch")]
    pub event: Option<String>,
    /// The permit's id, an integer
    #[arg(long, value_name = "N", allow_hyphen_values = true, required_unless_present = "batch")]
    pub permit_id: Option<String>,
    /// The permit's number, as people know it
    #[arg(long, value_name = "NUMBER", required_unless_present = "batch")]
    pub permit_number: Option<String>,
    /// Emit an event for every line of this file, or of standard input for `-`: JSON objects with event,
    /// permit_id, permit_number and, if wanted, project_id, timestamp, data and idempotency_key
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with_all = [
        "event", "permit_id", "permit_number", "project", "timestamp", "status", "permit_type", "location", "risk_level",
        "data", "data_json", "idempotency_key", "dry_run", "queue"])]
    pub batch: Option<PathBuf>,
    /// The project that the permit belongs to
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub project: Option<String>,
    /// When it happened, RFC 3339 with any offset [default: now]
    #[arg(long, value_name = "TIME")]
    pub timestamp: Option<String>,
    /// Sets `status` in the data
    #[arg(long, value_name = "TEXT")]
    pub status: Option<String>,
    /// Sets `permit_type` in the data
    #[arg(long, value_name = "TEXT")]
    pub permit_type: Option<String>,
    /// Sets `location` in the data
    #[arg(long, value_name = "TEXT")]
    pub location: Option<String>,
    /// Sets `risk_level` in the data
    #[arg(long, value_name = "TEXT")]
    pub risk_level: Option<String>,
    /// A member of the data: KEY=TEXT for a string, KEY:=JSON for any other value; may be repeated
    #[arg(long = "data", value_name = "KEY=VALUE")]
    pub data: Vec<String>,
    /// The data as a JSON object: the text itself, @FILE to read it from a file, or - from standard input
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub data_json: Option<String>,
    /// Recognise a repetition by this key instead of event, permit and hour
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Print the requests that would be sent; send and store nothing
    #[arg(long, conflicts_with = "queue")]
    pub dry_run: bool,
    /// Only accept; do not send now
    #[arg(long)]
    pub queue: bool,
}

/// The arguments of `test`.
#[derive(Debug, Args)]
#[command(
    after_help = "The event is `webhook_test`, with the data of a sample permit. It is sent once, also to a disabled webhook.

Examples:
  ptw-hooks test ERP
  ptw-hooks test 3 -o json"
)]
pub struct TestArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}

/// The arguments of `retry`.
#[derive(Debug, Args)]
#[command(
    after_help = "For cron: every delivery that is due gets one attempt. Several of these may run at once, beside `emit`: each
delivery is sent by one of them.

Examples:
  ptw-hooks retry
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
    after_help = "The same event is sent again, with the same id and body, whether it was delivered before or not. A receiver
recognises it by its webhook-id.

Examples:
  ptw-hooks redeliver 42
  ptw-hooks redeliver --webhook ERP --status failed --since 24h --dry-run"
)]
pub struct RedeliverArgs {
    /// The deliveries, by their ids
    #[arg(value_name = "DELIVERY", required_unless_present = "webhook")]
    pub deliveries: Vec<i64>,
    /// Those of this webhook, by its id or its name
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
