//! The arguments of the commands that read the log.

use clap::Args;

use super::value::{EventName, status_values};
use crate::delivery::Status;
use crate::time::{Time, time};

/// The arguments of `deliveries`.
#[derive(Debug, Args)]
#[command(
    after_help = "With --follow the newest come first, the oldest of them at the top, and then every delivery when it is \
accepted and again after each attempt, until Ctrl-C. What comes faster than it can be shown is shown once, \
as it stands then. It needs no right to write, and does not mind that the database is pruned, locked, \
replaced or gone for a while.

Examples:
  ptw-hooks deliveries --status failed --since 24h
  ptw-hooks deliveries ERP --permit PTW-2024-001 -o csv
  ptw-hooks deliveries --follow --status failed -o ndjson"
)]
pub struct DeliveriesArgs {
    /// Only those of this webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// Only those that stand so
    #[arg(long, value_name = "STATUS", value_parser = status_values())]
    pub status: Option<Status>,
    /// Only those of this event
    #[arg(long, value_name = "EVENT", value_parser = EventName { wildcard: false }, hide_possible_values = true)]
    pub event: Option<String>,
    /// Only those about this permit, by its id or its number
    #[arg(long, value_name = "ID|NUMBER", allow_hyphen_values = true)]
    pub permit: Option<String>,
    /// Only those accepted since then: a time, a date, or an age such as 90m, 24h or 7d
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Time>,
    /// Only those accepted before then
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<Time>,
    /// At most this many [default: 50, with --follow 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: Option<u32>,
    /// Go on with what comes: a line for each delivery that is accepted, and for each attempt that ends
    #[arg(short, long)]
    pub follow: bool,
}

/// The arguments of `explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every webhook is listed, with the delivery of the event or why there is none. An event that nobody was \
owed is explained as well. Of a webhook that did not subscribe, or is of another project, nothing is \
recorded: that is told from its definition as it is now and from when it was changed, and the reason says \
so where it was changed after the event.

Examples:
  ptw-hooks explain evt_01hm6sz0000e1r70w3gc5q9m2a
  ptw-hooks explain --permit PTW-2024-001 -o json"
)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct ExplainArgs {
    /// The event, by its id, which `inspect` and `emit -o json` show
    #[arg(value_name = "EVENT_ID", group = "what")]
    pub event: Option<String>,
    /// The newest events about this permit, by its id or its number
    #[arg(long, value_name = "ID|NUMBER", allow_hyphen_values = true, group = "what")]
    pub permit: Option<String>,
    /// At most this many events of the permit
    #[arg(long, value_name = "N", default_value_t = 5, conflicts_with = "event", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

/// The arguments of `stats`.
#[derive(Debug, Args)]
#[command(
    after_help = "What is counted are the deliveries that were accepted since then, as they stand now. Rates are of those \
that are settled: delivered or given up. The times are percentiles: P50, P95 and P99 are from acceptance \
to the end of the answer, with the waits between attempts, of what was delivered; with WEBHOOK and in JSON \
and CSV those of the request alone are there as well. They are at most 0.8 % too long, and never too \
short. Bars are drawn where there are colours.

Examples:
  ptw-hooks stats --since 7d
  ptw-hooks stats ERP --since 1h -o json"
)]
pub struct StatsArgs {
    /// Only of this webhook, and in full, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: Option<String>,
    /// Count what was accepted since then: a time, a date, or an age such as 90m, 24h or 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = time)]
    pub since: Time,
}

/// The arguments of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks inspect 42
  ptw-hooks inspect 42 -o json")]
pub struct InspectArgs {
    /// The delivery, by its id
    #[arg(value_name = "DELIVERY")]
    pub delivery: i64,
}
