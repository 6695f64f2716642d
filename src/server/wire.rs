//! The bytes of a connection on their way between the socket and hyper, which reads requests more leniently than is
//! safe behind another server, and ends connections more abruptly than clients like it.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    unread: Arc<AtomicBool>,
    linger: Option<Linger>,
}

struct Linger {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl<S: AsyncRead + AsyncWrite> Wire<S> {
    /// Of this stream. `unread` says, from then on, that bytes have come; whoever has answered all of them takes it
    /// back.
    pub fn new(stream: TimeoutStream<S>, unread: Arc<AtomicBool>) -> Self {
        Self { stream: Box::pin(stream), heads: Heads::default(), unread, linger: None }
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
        ready!(self.stream.as_mut().poll_read(cx, buf))?;
        let new = buf.filled().get(before..).unwrap_or_default();
        if !new.is_empty() {
            self.unread.store(true, Ordering::Relaxed);
        }
        if let Some(at) = self.heads.look(new) {
            // A byte that no head has: hyper answers 400 and closes.
            buf.set_filled(before + at);
            buf.put_slice(b"\0");
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(self.stream.as_mut().poll_shutdown(cx))?;
        }
        if self.unread.load(Ordering::Relaxed) {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
