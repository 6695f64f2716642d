//! The arguments of the commands that define webhooks.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::value::{EventName, Hidden, hidden};
use crate::time::duration;
use crate::webhook::{Rate, wait};

/// The arguments of `create`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --secret, --secret-file and PTW_HOOKS_SECRET a secret is generated and shown this once.

Examples:
  ptw-hooks create --name ERP --url https://erp.example/hooks/permits \\
      --event permit_approved --event permit_rejected
  ptw-hooks create --name gate-7 --url http://10.0.7.2:8080/ptw --event '*' \\
      --project 5 --secret-file gate-7.secret
  ptw-hooks create --name SAP --url https://sap.example/ptw --event '*' \\
      --client-cert sap.pem --client-key sap.key --ca-file plant-ca.pem"
)]
pub struct CreateArgs {
    /// A name for people; several webhooks may share one
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Where events are sent: http or https
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub url: String,
    /// An event to subscribe to, or '*' for every one; may be repeated
    #[arg(long = "event", value_name = "EVENT", value_parser = EventName { wildcard: true }, value_delimiter = ',',
          hide_possible_values = true)]
    pub events: Vec<String>,
    /// Take only events of this project; without it, those of every project
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub project: Option<i64>,
    /// Where the secret comes from.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// Create it disabled
    #[arg(long)]
    pub disabled: bool,
    /// What a whole exchange may take, from 1s to 30s [default: 10s, or `timeout` of the configuration]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// A header to send with every request; may be repeated. Its value is masked wherever it is shown, but other
    /// users of this machine can see it in the list of processes: prefer --header-file for a credential
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = hidden())]
    pub headers: Vec<Hidden>,
    /// Read such headers from a file, one a line, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub header_file: Option<PathBuf>,
    /// The waits after each failed attempt, such as 5s,5m,1h [default: `retry_schedule` of the configuration]
    #[arg(long, value_name = "WAIT,…", value_parser = wait, value_delimiter = ',', conflicts_with = "no_retry")]
    pub retry_schedule: Vec<Duration>,
    /// Make one attempt for each delivery and no more
    #[arg(long)]
    pub no_retry: bool,
    /// Send at most so many requests, such as 10/s, 30/m or 100/h
    #[arg(long, value_name = "N/UNIT")]
    pub rate: Option<Rate>,
    /// Send what concerns one permit in the order in which it was accepted, each delivery only after the one
    /// before it has ended
    #[arg(long)]
    pub ordered: bool,
    /// The certificate to show to a receiver that asks for one: PEM, with those between it and its authority. The
    /// path is kept, and the file read again when it has changed
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "client_key")]
    pub client_cert: Option<PathBuf>,
    /// The private key of the certificate: PEM, without a passphrase
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// Authorities to trust at this receiver, beside the system's and those of the configuration: PEM
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
}

/// Where a secret comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct SecretArgs {
    /// The secret. Other users of this machine can see it in the list of processes: prefer --secret-file
    #[arg(long, value_name = "SECRET", value_parser = hidden())]
    pub secret: Option<Hidden>,
    /// Read the secret from the first line of a file, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub secret_file: Option<PathBuf>,
}

/// The arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks list
  ptw-hooks list --event permit_approved --enabled -o json")]
pub struct ListArgs {
    /// Only those of this project
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub project: Option<i64>,
    /// Only those that subscribe to this event
    #[arg(long, value_name = "EVENT", value_parser = EventName { wildcard: false }, hide_possible_values = true)]
    pub event: Option<String>,
    /// Only enabled ones
    #[arg(long, conflicts_with = "disabled")]
    pub enabled: bool,
    /// Only disabled ones
    #[arg(long)]
    pub disabled: bool,
}

/// The arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks show ERP
  ptw-hooks show 3 --reveal-secret")]
pub struct ShowArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
    /// Show the secret instead of its mask
    #[arg(long)]
    pub reveal_secret: bool,
}

/// The arguments of `update`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("change").required(true).multiple(true)),
    override_usage = "ptw-hooks update <WEBHOOK> <CHANGES>",
    after_help = "Examples:
  ptw-hooks update ERP --url https://erp.example/v2 --add-event permit_expired
  ptw-hooks update ERP --generate-secret"
)]
pub struct UpdateArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
    /// A new name
    #[arg(long, value_name = "NAME", group = "change")]
    pub name: Option<String>,
    /// A new address
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url, group = "change")]
    pub url: Option<String>,
    /// Subscribe to this event and no others; may be repeated
    #[arg(long = "event", value_name = "EVENT", value_parser = EventName { wildcard: true }, value_delimiter = ',',
          hide_possible_values = true, group = "change")]
    pub events: Vec<String>,
    /// Subscribe to this event as well; may be repeated
    #[arg(long = "add-event", value_name = "EVENT", value_parser = EventName { wildcard: true },
          value_delimiter = ',', hide_possible_values = true, group = "change")]
    pub add_events: Vec<String>,
    /// No longer subscribe to this event; may be repeated
    #[arg(long = "remove-event", value_name = "EVENT", value_parser = EventName { wildcard: true },
          value_delimiter = ',', hide_possible_values = true, group = "change")]
    pub remove_events: Vec<String>,
    /// Take only events of this project
    #[arg(
        long,
        value_name = "ID",
        allow_negative_numbers = true,
        conflicts_with = "global",
        group = "change"
    )]
    pub project: Option<i64>,
    /// Take events of every project
    #[arg(long, group = "change")]
    pub global: bool,
    /// A new secret. Other users of this machine can see it in the list of processes: prefer --secret-file
    #[arg(long, value_name = "SECRET", value_parser = hidden(), groups = ["change", "new_secret"])]
    pub secret: Option<Hidden>,
    /// Read a new secret from the first line of a file, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, groups = ["change", "new_secret"])]
    pub secret_file: Option<PathBuf>,
    /// Generate a new secret and show it this once; `rotate-secret` keeps the old one until the receiver has it
    #[arg(long, groups = ["change", "new_secret"])]
    pub generate_secret: bool,
    /// What a whole exchange may take, from 1s to 30s
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "default_timeout", group = "change")]
    pub timeout: Option<Duration>,
    /// Take the timeout of the configuration again
    #[arg(long, group = "change")]
    pub default_timeout: bool,
    /// Headers to send with every request, in the place of those that were set; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = hidden(), conflicts_with = "no_headers",
          group = "change")]
    pub headers: Vec<Hidden>,
    /// Read such headers from a file, one a line, or from standard input for `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "no_headers",
          group = "change")]
    pub header_file: Option<PathBuf>,
    /// Send no headers of its own any more
    #[arg(long, group = "change")]
    pub no_headers: bool,
    /// The waits after each failed attempt, such as 5s,5m,1h
    #[arg(long, value_name = "WAIT,…", value_parser = wait, value_delimiter = ',', groups = ["change", "retries"])]
    pub retry_schedule: Vec<Duration>,
    /// Make one attempt for each delivery and no more
    #[arg(long, groups = ["change", "retries"])]
    pub no_retry: bool,
    /// Take the waits of the configuration again
    #[arg(long, groups = ["change", "retries"])]
    pub default_retry: bool,
    /// Send at most so many requests, such as 10/s, 30/m or 100/h
    #[arg(long, value_name = "N/UNIT", conflicts_with = "no_rate", group = "change")]
    pub rate: Option<Rate>,
    /// Send without a bound again
    #[arg(long, group = "change")]
    pub no_rate: bool,
    /// Send what concerns one permit in the order in which it was accepted
    #[arg(long, conflicts_with = "unordered", group = "change")]
    pub ordered: bool,
    /// Send without regard to the order again
    #[arg(long, group = "change")]
    pub unordered: bool,
    /// The certificate to show to a receiver that asks for one: PEM, with those between it and its authority. The
    /// path is kept, and the file read again when it has changed
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "client_key",
          conflicts_with = "no_client_cert", group = "change")]
    pub client_cert: Option<PathBuf>,
    /// The private key of the certificate: PEM, without a passphrase
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "client_cert", group = "change")]
    pub client_key: Option<PathBuf>,
    /// Show no certificate any more
    #[arg(long, group = "change")]
    pub no_client_cert: bool,
    /// Authorities to trust at this receiver, beside the system's and those of the configuration: PEM
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "no_ca_file",
          group = "change")]
    pub ca_file: Option<PathBuf>,
    /// Trust no authorities of its own any more
    #[arg(long, group = "change")]
    pub no_ca_file: bool,
}

/// The arguments of `enable`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks enable ERP
  ptw-hooks enable 3 && ptw-hooks test 3")]
pub struct EnableArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}

/// The arguments of `disable`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks disable ERP
  ptw-hooks disable 3")]
pub struct DisableArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}

/// The arguments of `pause`.
#[derive(Debug, Args)]
#[command(
    after_help = "A paused webhook is owed events as before; they wait until `resume`. A disabled one is owed nothing.

Examples:
  ptw-hooks pause ERP
  ptw-hooks pause 3 && ptw-hooks deliveries 3 --status pending"
)]
pub struct PauseArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}

/// The arguments of `resume`.
#[derive(Debug, Args)]
#[command(
    after_help = "What is due by then is sent by the next `ptw-hooks retry`, or by a worker that runs; what waits for its \
next attempt keeps its time.

Examples:
  ptw-hooks resume ERP
  ptw-hooks resume 3 && ptw-hooks retry 3"
)]
pub struct ResumeArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
}

/// The arguments of `delete`.
#[derive(Debug, Args)]
#[command(
    after_help = "What is still pending for it is given up. To stop sending for a while, use `disable`.

Examples:
  ptw-hooks delete ERP
  ptw-hooks delete 3 --yes"
)]
pub struct DeleteArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}
