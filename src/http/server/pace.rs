//! Until when a connection may go on as it is.
//!
//! hyper has one timer for the wait between requests and for their headers; ours must differ (75 s and 10 s), so the
//! stream itself notes what moves. `server::connection` reads [`Pace::due`] after each poll: everything that changes
//! it happens inside that poll, on one task.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::Options;

/// What one connection is doing, and since when.
#[derive(Debug)]
pub(super) struct Pace {
    options: Options,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    since: Instant,
    blocked_since: Option<Instant>,
    awaited: Awaited,
    /// When the bridge is stopping: until then a first request may still come.
    last_call: Option<Instant>,
}

/// The wait of a handler for the body of its request. The time that it takes over what has come is its own.
#[derive(Clone, Copy, Debug, Default)]
struct Awaited {
    since: Option<Instant>,
    before: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Connected, not one byte yet.
    Silent,
    /// Some of a request's head has come.
    Head,
    /// The request is with its handler, or its answer is being written.
    Serving,
    /// Between two requests.
    Idle,
}

/// The stream, which notes what it reads and where writing is stuck.
pub(super) struct Paced {
    stream: TcpStream,
    pace: Arc<Pace>,
    head: Head,
}

/// How much has come of a head that has no end yet. What is kept of it is the connection's for as long as it may take, so
/// only few may be long at once.
struct Head {
    read: usize,
    /// Shared by all connections.
    long_heads: Arc<Semaphore>,
    long: Option<OwnedSemaphorePermit>,
}

/// The body of a request, which notes how long its handler waits for it.
pub(super) struct Sent {
    pub(super) body: Incoming,
    pub(super) pace: Arc<Pace>,
}

/// The body of an answer; when it is gone, the connection is between two requests.
pub(super) struct Answer {
    pub(super) body: Body,
    pub(super) pace: Arc<Pace>,
}

/// What hyper reads first. More of a head than this is long: beside cookies of others there is none.
const LONG: usize = 8 << 10;
/// More than a client takes between connecting and sending, and little enough for somebody who waits for the end.
const LAST_CALL: Duration = Duration::from_millis(500);

impl Pace {
    pub(super) fn new(options: Options) -> Self {
        let state = State {
            phase: Phase::Silent,
            since: Instant::now(),
            blocked_since: None,
            awaited: Awaited::default(),
            last_call: None,
        };
        Self {
            options,
            state: Mutex::new(state),
        }
    }

    /// When to give the connection up, if nothing moves until then.
    pub(super) fn due(&self) -> Option<Instant> {
        let State {
            phase,
            since,
            blocked_since,
            awaited,
            last_call,
        } = *self.state();
        let patience = match phase {
            Phase::Silent => Some(self.options.first_byte),
            Phase::Head => Some(self.options.head),
            Phase::Serving => None,
            Phase::Idle => Some(self.options.keep_alive),
        };
        let phase_due = patience.and_then(|patience| since.checked_add(patience));
        let write_due = blocked_since.and_then(|since| since.checked_add(self.options.write));
        let body_due = awaited.until(self.options.body);
        let last_call = last_call.filter(|_| phase == Phase::Silent);
        [phase_due, write_due, body_due, last_call]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether the client has connected and not said anything yet; if so, it may do so for a little while longer. It has
    /// done nothing wrong: most likely its request is on its way.
    pub(super) fn may_still_begin(&self) -> bool {
        let mut state = self.state();
        let silent = state.phase == Phase::Silent;
        if silent {
            state.last_call = Instant::now().checked_add(LAST_CALL);
        }
        silent
    }

    pub(super) fn request_began(&self) {
        self.enter(Phase::Serving);
        self.state().awaited = Awaited::default();
    }

    fn is_in_head(&self) -> bool {
        self.state().phase == Phase::Head
    }

    fn bytes_came(&self) {
        let waiting = matches!(self.state().phase, Phase::Silent | Phase::Idle);
        if waiting {
            self.enter(Phase::Head);
        }
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state();
        state.phase = phase;
        state.since = Instant::now();
    }

    fn note_write<T>(&self, progress: &Poll<T>) {
        let mut state = self.state();
        match progress {
            Poll::Ready(_) => state.blocked_since = None,
            Poll::Pending => {
                state.blocked_since.get_or_insert_with(Instant::now);
            }
        }
    }

    fn note_body<T>(&self, progress: &Poll<T>) {
        let awaited = &mut self.state().awaited;
        match progress {
            Poll::Ready(_) => awaited.end(),
            Poll::Pending => {
                awaited.since.get_or_insert_with(Instant::now);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Awaited {
    /// When it has lasted for `limit`, if it goes on.
    fn until(self, limit: Duration) -> Option<Instant> {
        self.since?.checked_add(limit.saturating_sub(self.before))
    }

    fn end(&mut self) {
        if let Some(since) = self.since.take() {
            self.before = self.before.saturating_add(since.elapsed());
        }
    }
}

impl Paced {
    pub(super) fn new(stream: TcpStream, pace: Arc<Pace>, long_heads: Arc<Semaphore>) -> Self {
        let head = Head {
            read: 0,
            long_heads,
            long: None,
        };
        Self { stream, pace, head }
    }
}

impl Head {
    /// More is asked for; hyper has found no end in what has come so far.
    fn may_go_on(&mut self, is_in_head: bool) -> bool {
        if !is_in_head {
            self.read = 0;
            self.long = None;
        }
        if self.read >= LONG && self.long.is_none() {
            self.long = Arc::clone(&self.long_heads).try_acquire_owned().ok();
        }
        self.read < LONG || self.long.is_some()
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_in_head = self.pace.is_in_head();
        if !self.head.may_go_on(is_in_head) {
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = buf.filled().len().saturating_sub(before);
        if read > 0 {
            self.pace.bytes_came();
            self.head.read = self.head.read.saturating_add(read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.pace.note_write(&progress);
        progress
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.pace.note_write(&progress);
        progress
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let progress = Pin::new(&mut self.body).poll_frame(cx);
        self.pace.note_body(&progress);
        progress
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.pace.state().awaited.end();
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.pace.enter(Phase::Idle);
    }
}
