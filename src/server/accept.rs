//! Connections: taken one by one, with a bound on their number and on the time that each part of them may take.

use std::convert::Infallible;
use std::future::Future;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use http::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use sd_notify::NotifyState;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinError;
use tokio_io_timeout::TimeoutStream;

use super::App;
use super::answer::Answer;
use super::handle::{Peer, handle, respond};
use super::log::Level;
use super::tls::Tls;
use super::wire::Wire;
use crate::error::{Error, Report, Result};

/// The time for a TLS handshake, where clients have as long as that.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes, and the most headers in it.
const LONGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
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
    let graceful = GracefulShutdown::new();
    let (stop, _) = watch::channel(());
    let serve = |(stream, peer, permit): Accepted| {
        let (app, tls, watcher, stopping) =
            (Arc::clone(app), tls.clone(), graceful.watcher(), stop.subscribe());
        tokio::spawn(async move {
            connection(app, stream, peer, address, tls, watcher, stopping).await;
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
    let ended = async {
        graceful.shutdown().await;
        // What clients have asked for that have hung up meanwhile.
        stop.closed().await;
    };
    tokio::select! {
        () = ended => {}
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

async fn connection(
    app: Arc<App>,
    stream: TcpStream,
    peer: SocketAddr,
    local: SocketAddr,
    tls: Option<Arc<Tls>>,
    watcher: Watcher,
    mut stopping: watch::Receiver<()>,
) {
    // Where it cannot be set, answers come a little later.
    let _ = stream.set_nodelay(true);
    let peer = Peer { ip: peer.ip(), local, tls: tls.is_some() };
    // Until something comes, a connection has no buffers: there may be thousands on which nothing does.
    let mut byte = [0];
    tokio::select! {
        // Nobody has asked for anything yet.
        _ = stopping.changed() => return,
        // A new socket counts as readable before anybody has tried.
        first = tokio::time::timeout(app.options.idle_timeout, stream.peek(&mut byte)) => {
            if !matches!(first, Ok(Ok(1..))) {
                return;
            }
        }
    }
    // On the heap each, so that neither takes the room of the larger one.
    match tls {
        None => Box::pin(requests(app, stream, peer, watcher, stopping)).await,
        Some(tls) => Box::pin(secured(app, stream, peer, tls, watcher, stopping)).await,
    }
}

async fn secured(
    app: Arc<App>,
    stream: TcpStream,
    peer: Peer,
    tls: Arc<Tls>,
    watcher: Watcher,
    mut stopping: watch::Receiver<()>,
) {
    let limit = HANDSHAKE_TIMEOUT.min(app.options.idle_timeout);
    let handshake = tokio::time::timeout(limit, tls.acceptor().accept(stream));
    let failed = tokio::select! {
        _ = stopping.changed() => return,
        ended = handshake => match ended {
            Ok(Ok(stream)) => return Box::pin(requests(app, stream, peer, watcher, stopping)).await,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        },
    };
    let fields = [("peer", peer.ip.to_string().into()), ("error", failed.into())];
    app.log.line(Level::Info, "a TLS handshake failed", &fields);
}

/// Answers what is asked on a connection. All is set up before the future is made, which is as large as what it holds.
fn requests(
    app: Arc<App>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: Peer,
    watcher: Watcher,
    stopping: watch::Receiver<()>,
) -> impl Future<Output = ()> + Send {
    let idle = app.options.idle_timeout;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    let unread = Arc::new(AtomicBool::new(false));
    let stream = Wire::new(stream, Arc::clone(&unread));
    let service = service_fn(move |request| {
        // On a task of its own, and at once: what was asked is done, and logged, also where the client hangs up
        // meanwhile. hyper would not even begin.
        let (answering, ending) = (handle(Arc::clone(&app), peer, request), stopping.clone());
        let answering = tokio::spawn(async move {
            let response = answering.await;
            // The server does not end before that.
            drop(ending);
            response
        });
        let unread = Arc::clone(&unread);
        async move {
            let failed = |error: JoinError| respond(Answer::unforeseen(&error.to_string()), "-");
            let response = answering.await.unwrap_or_else(failed);
            // Only where the connection goes on all of the request was read.
            if !response.headers().contains_key(CONNECTION) {
                unread.store(false, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    // How a connection ends is the client's affair; its requests are in the log.
    watcher.watch(connection).map(drop)
}
