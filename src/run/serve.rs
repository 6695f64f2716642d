//! The command `serve`.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::actor;
use super::session::Session;
use crate::cli::serve::ServeArgs;
use crate::error::exit;
use crate::hooks::Presence;
use crate::server::{self, LogFormat, Options};

/// Where the server listens if nobody says where.
const LISTEN: &str = "127.0.0.1:8080";

/// No connection could be used with less.
const SHORTEST_IDLE: Duration = Duration::from_millis(100);

/// `serve`
pub fn serve(session: &mut Session, args: ServeArgs) -> Result<u8> {
    if args.print_unit {
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        session.out.plain(&server::unit(&program))?;
        return Ok(exit::DONE);
    }
    let settings = session.config.serve.clone();
    let tls = match (args.tls_cert.or(settings.tls_cert), args.tls_key.or(settings.tls_key)) {
        (Some(chain), Some(key)) => Some((chain, key)),
        (None, None) => None,
        _ => bail!("tls_cert and tls_key come together: the certificate chain, and its private key"),
    };
    let log_format = match args.log_format.or(settings.log_format).as_deref() {
        None | Some("text") => LogFormat::Text,
        Some("json") => LogFormat::Json,
        Some(other) => bail!("log_format cannot be `{other}`: it is text or json"),
    };
    let options = Options {
        listen: args.listen.or(settings.listen).unwrap_or_else(|| LISTEN.to_owned()),
        tls,
        worker: !args.no_worker,
        auth: !args.no_auth,
        actor: actor::current(),
        metrics_public: settings.metrics_public,
        public_url: settings.public_url,
        drain: args.drain,
        idle_timeout: args.idle_timeout.max(SHORTEST_IDLE),
        log_format,
        quiet: session.notes.is_quiet(),
        connections: usize::from(args.max_connections),
    };
    raise_open_files();
    let hooks = session.shared_hooks(Presence::Required)?;
    server::serve(hooks, options, Box::new(io::stderr()))?;
    Ok(exit::DONE)
}

/// A connection is an open file, and many systems begin with 1,024 of them.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, the server waits for connections to end.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(not(unix))]
fn raise_open_files() {}
