//! The arguments of `rotate-secret`.

use std::time::Duration;

use clap::Args;

use super::webhook::SecretArgs;
use crate::time::duration;

/// The arguments of `rotate-secret`.
#[derive(Debug, Args)]
#[command(after_help = "Without --secret and --secret-file a secret is generated and shown this once.

During the overlap webhook-signature carries a signature of both secrets. X-Athens-Signature has room for \
one: that of the old secret, until the receiver refuses it (401 or 403) and accepts the same request with \
the new one, which is sent at once. So the receiver can be changed at any moment of the overlap, or before \
it. Afterwards the old secret is erased.

While a rotation is under way, another one and a change of the secret by `update` are refused: --finish or \
--cancel come first.

Examples:
  ptw-hooks rotate-secret ERP
  ptw-hooks rotate-secret ERP --secret-file new.secret --overlap 7d
  ptw-hooks rotate-secret ERP --finish")]
pub struct RotateSecretArgs {
    /// The webhook, by its id or its name
    #[arg(value_name = "WEBHOOK")]
    pub webhook: String,
    /// Where the new secret comes from.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// How long both secrets are used, from 1m to 30d [default: 24h]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub overlap: Option<Duration>,
    /// End the overlap now: keep the new secret and erase the old one
    #[arg(long, conflicts_with_all = ["cancel", "secret", "secret_file", "overlap"])]
    pub finish: bool,
    /// Go back: keep the old secret and erase the new one
    #[arg(long, conflicts_with_all = ["secret", "secret_file", "overlap"])]
    pub cancel: bool,
}
