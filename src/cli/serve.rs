//! The arguments of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use crate::time;

/// Serve the REST API, and send what is due
///
/// The same verbs as on the command line, under /api/v1/ptw/. Requests carry a token, which `token create` makes.
/// Events are answered once they are on the disk; the worker sends them at once, makes further attempts when they
/// are due, and sends what other processes queue. It ends on SIGINT and SIGTERM, when what is under way has ended.
/// SIGHUP reads the certificate anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ptw-hooks serve
  ptw-hooks serve --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem
  ptw-hooks serve --print-unit

A client:
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/v1/ptw/webhooks/")]
pub struct ServeArgs {
    /// The address and the port to listen at; port 0 takes a free one [env: PTW_HOOKS_LISTEN]
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The certificate chain, a PEM file: speak TLS [env: PTW_HOOKS_TLS_CERT]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate, a PEM file [env: PTW_HOOKS_TLS_KEY]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_key: Option<PathBuf>,
    /// Accept events and send nothing but what a request waits for: another process does
    #[arg(long)]
    pub no_worker: bool,
    /// Take requests without a token; on an address of this machine only
    #[arg(long)]
    pub no_auth: bool,
    /// How long requests may take to end when the server is to
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = time::duration)]
    pub drain: Duration,
    /// How long a client may take to send a request or to read its answer, and a connection may be idle
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = time::duration)]
    pub idle_timeout: Duration,
    /// The form of the log on standard error [env: PTW_HOOKS_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(["text", "json"]))]
    pub log_format: Option<String>,
    /// How many connections there may be at once
    #[arg(long, value_name = "N", default_value_t = 8192, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_connections: u16,
    /// Print a unit for systemd and end; other flags are for you to add to it
    #[arg(long)]
    pub print_unit: bool,
}
