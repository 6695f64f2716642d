//! The bytes of a connection on their way between the socket and hyper, which reads requests more leniently than is
//! safe behind another server, and ends connections more abruptly than clients like it.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_io_timeout::TimeoutStream;

use super::heads::Heads;

/// How long, and how much, is still read from a client that was answered before it had sent everything.
const LINGERING: Duration = Duration::from_secs(2);
const LEFT_OVER: usize = 64 * 1024 * 1024;

/// A stream of requests whose heads have one reading.
pub struct Wire<S> {
    stream: Pin<Box<TimeoutStream<S>>>,
    heads: Heads,
    progress: Arc<Progress>,
    /// How many requests had been answered when something was last written, and when all of it had gone out.
    written: u64,
    flushed: u64,
    linger: Option<Linger>,
}

/// How far the requests of a connection have got, for those on both sides of hyper.
#[derive(Default)]
pub struct Progress {
    answered: AtomicU64,
    rests: AtomicBool,
}

impl Progress {
    /// One more request was read to its end and has an answer; the next one may follow.
    pub fn answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether all answers have gone out, and nothing of a further request has come.
    pub fn rests(&self) -> bool {
        self.rests.load(Ordering::Relaxed)
    }
}

struct Linger {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl<S: AsyncRead + AsyncWrite> Wire<S> {
    /// Of this stream.
    pub fn new(stream: TimeoutStream<S>, progress: Arc<Progress>) -> Self {
        Self {
            stream: Box::pin(stream),
            heads: Heads::default(),
            progress,
            written: 0,
            flushed: 0,
            linger: None,
        }
    }

    /// What it was made of.
    pub fn stream(&self) -> &S {
        self.stream.get_ref()
    }

    /// Whether every request has an answer, and nothing of a further one has come.
    fn all_answered(&self) -> bool {
        self.heads.between() == Some(self.progress.answered.load(Ordering::Relaxed))
    }

    /// Reads on until the client has closed its side as well. To close with something unread is a reset, which takes
    /// the answer away from a client that still sends (RFC 9112, section 9.6).
    fn poll_linger(&mut self, cx: &mut Context) -> Poll<()> {
        let start = || Linger { until: Box::pin(sleep(LINGERING)), left: LEFT_OVER };
        let linger = self.linger.get_or_insert_with(start);
        let mut chunk = [0; 16 * 1024];
        while linger.left > 0 && linger.until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut chunk);
            match ready!(self.stream.as_mut().poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    linger.left = linger.left.saturating_sub(buf.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.heads.is_spoilt() {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        loop {
            let read = self.stream.as_mut().poll_read(cx, buf);
            let rests = read.is_pending()
                && self.all_answered()
                && self.flushed == self.progress.answered.load(Ordering::Relaxed);
            self.progress.rests.store(rests, Ordering::Relaxed);
            ready!(read)?;
            let new = buf.filled().get(before..).unwrap_or_default();
            let (blank, length) = (self.heads.blank(new), new.len());
            if let Some(at) = self.heads.look(new) {
                // A byte that no head has: hyper answers 400 and closes.
                buf.set_filled(before + at);
                buf.put_slice(b"\0");
                return Poll::Ready(Ok(()));
            }
            // hyper would keep it, take it for the beginning of a request, and no longer come to rest.
            buf.filled_mut().copy_within(before + blank.., before);
            buf.set_filled(before + length - blank);
            if length == 0 || blank < length {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.written = self.progress.answered.load(Ordering::Relaxed);
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written = self.progress.answered.load(Ordering::Relaxed);
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream.as_mut().poll_flush(cx))?;
        self.flushed = self.written;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(self.stream.as_mut().poll_shutdown(cx))?;
        }
        if !self.all_answered() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
