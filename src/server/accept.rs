//! Takes connections one by one, with a bound on their number, until a signal says that it is enough.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::App;
use super::connection::connection;
use super::handle::Peer;
use super::log::Level;
use super::tls::Tls;
use crate::error::{Error, Report, Result};

/// How long to wait where the system has no more file handles.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves until a signal, then until all requests have ended; says how much of the time for that is left.
pub async fn serve(app: &Arc<App>, listener: StdListener, tls: Option<Arc<Tls>>) -> Result<Duration> {
    let failed = |error: std::io::Error| Error::Storage(Report::new(format!("cannot serve: {error}")));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let listener = TcpListener::from_std(listener).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    announce(app, address, tls.is_some());
    let connections = Arc::new(Semaphore::new(app.options.connections));
    let (stop, _) = watch::channel(());
    let serve = |(stream, peer, permit): Accepted| {
        let (app, tls, stopping) = (Arc::clone(app), tls.clone(), stop.subscribe());
        let peer = Peer { ip: peer.ip(), local: address, tls: tls.is_some() };
        tokio::spawn(async move {
            connection(app, stream, peer, tls, stopping).await;
            drop(permit);
        });
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload(app, tls.as_deref()),
            accepted = next(app, &listener, &connections) => serve(accepted),
        }
    }
    let until = Instant::now() + app.options.drain;
    app.log.line(Level::Info, "stopping", &[("drain_seconds", app.options.drain.as_secs().into())]);
    notify(&[NotifyState::Stopping]);
    // Those that the system has taken for us already would be reset.
    while let Some(accepted) = next(app, &listener, &connections).now_or_never() {
        serve(accepted);
    }
    drop(listener);
    stop.send_replace(());
    tokio::select! {
        // Every connection has ended, and whatever clients have asked for that have hung up meanwhile.
        () = stop.closed() => {}
        () = tokio::time::sleep(app.options.drain) => {
            app.log.line(Level::Warn, "requests were cut off: they took longer than the drain", &[]);
        }
        // Whoever asks twice does not want to wait.
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(until.saturating_duration_since(Instant::now()))
}

/// A connection, who is at its other end, and the leave to keep it.
type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// The next connection, as soon as there may be one more.
async fn next(app: &App, listener: &TcpListener, connections: &Arc<Semaphore>) -> Accepted {
    loop {
        // It is never closed.
        let Ok(permit) = Arc::clone(connections).acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) => {
                app.log.line(
                    Level::Warn,
                    "cannot accept a connection",
                    &[("error", error.to_string().into())],
                );
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

fn announce(app: &App, address: SocketAddr, tls: bool) {
    let url = format!("{}://{address}", if tls { "https" } else { "http" });
    let database = app.hooks.path().display().to_string();
    app.log.line(
        Level::Info,
        "listening",
        &[("url", url.into()), ("database", database.into()), ("worker", app.options.worker.into())],
    );
    if !tls && !address.ip().is_loopback() {
        let advice = "use --tls-cert and --tls-key, or listen at 127.0.0.1 behind a server that speaks TLS";
        app.log.line(
            Level::Warn,
            "tokens and permits go over the network unencrypted",
            &[("advice", advice.into())],
        );
    }
    notify(&[NotifyState::Ready]);
}

/// Tells systemd, where that has started us.
fn notify(states: &[NotifyState]) {
    // Where it cannot be told, it does not wait for it.
    let _ = sd_notify::notify(states);
}

fn reload(app: &App, tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        None => app.log.line(Level::Info, "nothing to read anew", &[]),
        Some(Ok(())) => app.log.line(Level::Info, "the certificate was read anew", &[]),
        Some(Err(error)) => {
            let error = error.to_string();
            app.log.line(Level::Error, "the certificate stays as it was", &[("error", error.into())]);
        }
    }
}
