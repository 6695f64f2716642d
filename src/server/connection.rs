//! One connection: requests and answers one after the other, with a bound on the time that each part may take, and
//! next to no memory while nothing is asked.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use http::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::server::TlsStream;

use super::App;
use super::answer::Answer;
use super::handle::{Peer, handle, respond};
use super::log::Level;
use super::tls::Tls;
use super::wire::{Progress, Wire};

/// The time for a TLS handshake, where clients have as long as that.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it is looked for a request that came just before the server stops.
const LAST_LOOK: Duration = Duration::from_millis(50);
/// The longest head of a request, in bytes, and the most headers in it.
const LONGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;

/// Says when the server stops, and holds it until then that is dropped.
type Stopping = watch::Receiver<()>;

/// Serves a connection until it ends.
pub async fn connection(
    app: Arc<App>,
    stream: TcpStream,
    peer: Peer,
    tls: Option<Arc<Tls>>,
    mut stopping: Stopping,
) {
    // Where it cannot be set, answers come a little later.
    let _ = stream.set_nodelay(true);
    let mut byte = [0];
    // A new socket counts as readable before anybody has tried.
    let first = waited(app.options.idle_timeout, &mut stopping, stream.peek(&mut byte)).await;
    if !matches!(first, Some(Ok(1..))) {
        return;
    }
    // On the heap each: a future is as large as the largest that it may wait for.
    match tls {
        None => Box::pin(converse(app, stream, peer, stopping)).await,
        Some(tls) => {
            if let Some(stream) = Box::pin(secured(&app, stream, peer, &tls, &mut stopping)).await {
                Box::pin(converse(app, stream, peer, stopping)).await;
            }
        }
    }
}

/// What comes within this time. Where the server stops meanwhile, only what is there already: that somebody has asked
/// for something may not have been noticed yet.
async fn waited<T>(limit: Duration, stopping: &mut Stopping, coming: impl Future<Output = T>) -> Option<T> {
    let mut coming = pin!(coming);
    tokio::select! {
        biased;
        came = timeout(limit, &mut coming) => return came.ok(),
        _ = stopping.changed() => {}
    }
    // Whoever waits next has to hear of it as well.
    stopping.mark_changed();
    timeout(LAST_LOOK, coming).await.ok()
}

async fn secured(
    app: &App,
    stream: TcpStream,
    peer: Peer,
    tls: &Tls,
    stopping: &mut Stopping,
) -> Option<TlsStream<TcpStream>> {
    let limit = HANDSHAKE_TIMEOUT.min(app.options.idle_timeout);
    let handshake = timeout(limit, tls.acceptor().accept(stream));
    let failed = tokio::select! {
        _ = stopping.changed() => return None,
        ended = handshake => match ended {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        },
    };
    let fields = [("peer", peer.ip.to_string().into()), ("error", failed.into())];
    app.log.line(Level::Info, "a TLS handshake failed", &fields);
    None
}

/// A stream that can say that there is something to read without a buffer for it.
trait Readable: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Waits for that.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;
}

impl Readable for TcpStream {
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send {
        Self::readable(self)
    }
}

impl Readable for TlsStream<TcpStream> {
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send {
        self.get_ref().0.readable()
    }
}

/// Answers what is asked, and waits in between: there may be thousands of connections on which nothing is.
async fn converse<S: Readable>(app: Arc<App>, stream: S, peer: Peer, mut stopping: Stopping) {
    let idle = app.options.idle_timeout;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    let progress = Arc::new(Progress::default());
    let mut wire = Wire::new(stream, Arc::clone(&progress));
    while let Some(resting) = Box::pin(requests(&app, wire, peer, &progress, &mut stopping)).await {
        wire = resting;
        if !matches!(waited(idle, &mut stopping, wire.stream().readable()).await, Some(Ok(()))) {
            // Over TLS, a client is told: what just ends may have been cut off by somebody else.
            let _ = poll_fn(|cx| Pin::new(&mut wire).poll_shutdown(cx)).await;
            return;
        }
    }
}

/// Answers requests until nothing more has come; gives nothing where the connection has ended.
async fn requests<S: Readable>(
    app: &Arc<App>,
    wire: Wire<S>,
    peer: Peer,
    progress: &Arc<Progress>,
    stopping: &mut Stopping,
) -> Option<Wire<S>> {
    let ending = stopping.clone();
    let service = service_fn(move |request| {
        // On a task of its own, and at once: what was asked is done, and logged, also where the client hangs up
        // meanwhile. hyper would not even begin.
        let (answering, ending) = (handle(Arc::clone(app), peer, request), ending.clone());
        let answering = tokio::spawn(async move {
            let response = answering.await;
            // The server does not end before that.
            drop(ending);
            response
        });
        answering.map(|ended| {
            let response = ended.unwrap_or_else(|error| respond(Answer::unforeseen(&error.to_string()), "-"));
            // Only where the connection goes on all of the request was read.
            if !response.headers().contains_key(CONNECTION) {
                progress.answered();
            }
            Ok::<_, Infallible>(response)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.options.idle_timeout)
        // Who has nothing more to ask may say so, and still waits for the answers.
        .half_close(true)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(wire), service);
    let mut told = false;
    loop {
        let progressing = poll_fn(|cx| {
            // How a connection ends is the client's affair; its requests are in the log.
            if Pin::new(&mut connection).poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            if !progress.rests() {
                return Poll::Pending;
            }
            // Nothing of a request is there, so this ends it at once, and gives its buffers back.
            Pin::new(&mut connection).graceful_shutdown();
            connection.poll_without_shutdown(cx).map(|ended| ended.is_ok())
        });
        tokio::select! {
            // What has come already is read first: hyper closes a connection on which it has seen nothing.
            biased;
            rests = progressing => return rests.then(|| connection.into_parts().io.into_inner()),
            _ = stopping.changed(), if !told => told = true,
        }
        Pin::new(&mut connection).graceful_shutdown();
    }
}
