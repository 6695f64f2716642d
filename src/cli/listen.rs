//! The arguments of `listen`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::time;

/// Receive webhooks on this machine and print them: a receiver for trying things out
///
/// Each request is printed when it comes, with a verdict on both signatures and, where one is wrong, why. A request
/// that is not right is answered 401, others 204, unless it is to answer badly. It listens on 127.0.0.1 alone, until
/// SIGINT or SIGTERM. The secret comes from --secret-file or PTW_HOOKS_SECRET; without one, nothing is verified.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks listen --port 8080 --secret-file erp.secret
  ptw-hooks listen --port 8080 --status 503 --retry-after 30
  ptw-hooks listen --fail-rate 0.3 -o ndjson")]
pub struct ListenArgs {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Read the secret from a file, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub secret_file: Option<PathBuf>,
    /// How many requests to remember: an id that comes again is marked, and -o json prints them at the end
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub keep: u16,
    /// Answer with this status, from 200 to 599 [default: 204]
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599),
          conflicts_with_all = ["redirect", "gone", "reset"])]
    pub status: Option<u16>,
    /// Ask to be left alone for so many seconds; with 503, unless --status says otherwise
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["redirect", "gone", "reset"])]
    pub retry_after: Option<u32>,
    /// Answer with a redirect (307) to this URL
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with_all = ["gone", "reset"])]
    pub redirect: Option<String>,
    /// Answer 410: a webhook that gets it is disabled
    #[arg(long, conflicts_with = "reset")]
    pub gone: bool,
    /// Answer this share of the requests with 500, from 0 to 1, spread evenly
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "reset")]
    pub fail_rate: Option<f64>,
    /// Wait before each answer, at most 10m
    #[arg(long, value_name = "DURATION", value_parser = delay)]
    pub delay: Option<Duration>,
    /// Answer a byte at a time, one each half second
    #[arg(long, conflicts_with = "reset")]
    pub drip: bool,
    /// Reset the connection in place of an answer
    #[arg(long)]
    pub reset: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write a number from 0 to 1, such as `0.3`".to_owned())
}

fn delay(text: &str) -> Result<Duration, String> {
    let delay = time::duration(text)?;
    if delay > Duration::from_secs(600) { Err("it is at most `10m`".to_owned()) } else { Ok(delay) }
}
