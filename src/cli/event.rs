//! The arguments of the commands that make events.

use std::path::PathBuf;

use clap::Args;

use super::value::EventName;

/// The arguments of `events`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks events
  ptw-hooks events -o csv")]
pub struct EventsArgs {}

/// The arguments of `emit`.
#[derive(Debug, Args)]
#[command(
    after_help = "The same event for the same permit within the same hour (UTC) is sent to a webhook once; a key of its own \
sends it again. Members of `data` come in this order: --data-json, then --status, --permit-type, \
--location and --risk-level, then each --data.

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
    after_help = "The event is `webhook_test`, with the data of a sample permit. It is sent once, also to a disabled \
webhook.

Examples:
  ptw-hooks test ERP
  ptw-hooks test 3 -o json"
)]
pub struct TestArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}
