//! The accept loop: HTTP/1.1 over plain TCP, with a limit on everything that a client can make us wait for.
//!
//! `axum::serve` has no read time-out at all, hence this loop. Time-outs are kept by `server::pace`, connections by
//! `server::connection`. Stopping has two steps: after the soft token answers say `Connection: close`, `drain` later
//! nothing new is accepted and what is under way may finish; the hard token cuts the rest.

mod connection;
mod pace;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::FutureExt as _;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use connection::Connection;

use super::meter::ConnectionMeter;

/// How long a client may take over each step, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Between two requests. Longer than the idle time of a balancer in front, or that will meet closed connections.
    pub keep_alive: Duration,
    /// How long, in all, a client may have the handler of one request wait for its body. More than handlers that read one
    /// allow, since they have an answer for it.
    pub body: Duration,
    /// How long an answer may wait for its reader without progress.
    pub write: Duration,
    /// All peers together; behind a balancer all are one.
    pub max_connections: usize,
    /// How long to go on accepting after the soft stop.
    pub drain: Duration,
    /// How long requests under way may still take after that.
    pub finish: Duration,
}

/// The two stops. Cancelling `hard` alone stops at once.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    pub soft: CancellationToken,
    /// Nobody has to be told first: the soft stop is to go without its drain.
    pub undrained: CancellationToken,
    pub hard: CancellationToken,
}

/// A bound listener with what answers on it.
#[derive(Debug)]
pub struct Server {
    options: Options,
    listener: TcpListener,
    router: Router,
    meter: ConnectionMeter,
}

/// Connections that the kernel keeps for us until they are accepted; `net.core.somaxconn` may allow fewer. The usual 128
/// overflow in a burst, and then the kernel drops what it had told the client was a connection.
const BACKLOG: u32 = 4096;
/// A longer head than most keeps more of the memory: that many of them take no more than the process has to spare, and
/// whoever has a short one is served meanwhile.
const LONG_HEADS: usize = 512;
/// Out of file descriptors, for the most part: time for others to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds a listener whose queue takes a burst of connections. To be called inside a runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A bridge that starts again need not wait until the connections of the one before are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Default for Options {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            body: Duration::from_secs(20),
            write: Duration::from_secs(15),
            max_connections: 8192,
            drain: Duration::from_secs(5),
            finish: Duration::from_secs(10),
        }
    }
}

impl Options {
    pub fn build(self, listener: TcpListener, router: Router) -> Server {
        Server {
            options: self,
            listener,
            router,
            meter: ConnectionMeter::default(),
        }
    }
}

impl Server {
    /// Counts its connections here.
    #[must_use]
    pub fn metered(self, meter: ConnectionMeter) -> Self {
        Self { meter, ..self }
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until both stops are through. No connection is left when this returns.
    pub async fn run(self, shutdown: Shutdown) {
        let Self {
            options,
            listener,
            router,
            meter,
        } = self;
        let connections = Connections {
            options,
            router,
            meter,
            slots: Arc::new(Semaphore::new(options.max_connections)),
            long_heads: Arc::new(Semaphore::new(LONG_HEADS)),
            tracker: TaskTracker::new(),
            soft: shutdown.soft.clone(),
            finishing: CancellationToken::new(),
            cut: CancellationToken::new(),
        };
        tokio::select! {
            () = connections.accept_forever(&listener) => {}
            () = accepting_is_over(&shutdown, options.drain) => {}
        }
        connections.accept_backlog(&listener);
        drop(listener);
        connections.finish(&shutdown.hard).await;
    }
}

struct Connections {
    options: Options,
    router: Router,
    meter: ConnectionMeter,
    slots: Arc<Semaphore>,
    long_heads: Arc<Semaphore>,
    tracker: TaskTracker,
    soft: CancellationToken,
    /// Idle connections close, busy ones after their answer.
    finishing: CancellationToken,
    /// Every connection ends where it is.
    cut: CancellationToken,
}

impl Connections {
    async fn accept_forever(&self, listener: &TcpListener) {
        // A connection over the cap waits in the kernel's queue. The semaphore is never closed.
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => self.start(stream, peer, slot),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "cannot accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Takes what the kernel had already accepted for us; closing the listener would reset it.
    fn accept_backlog(&self, listener: &TcpListener) {
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            match listener.accept().now_or_never() {
                Some(Ok((stream, peer))) => self.start(stream, peer, slot),
                _ => break,
            }
        }
    }

    fn start(&self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
        // Answers are small and whole: waiting to fill a segment only delays them. Failing to say so is harmless.
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            options: self.options,
            peer: peer.ip(),
            router: self.router.clone(),
            soft: self.soft.clone(),
            long_heads: Arc::clone(&self.long_heads),
        };
        let (finishing, cut) = (self.finishing.clone(), self.cut.clone());
        let open = self.meter.opened();
        self.tracker.spawn(async move {
            tokio::select! {
                () = connection.serve(stream, finishing) => {}
                () = cut.cancelled() => {}
            }
            drop((slot, open));
        });
    }

    async fn finish(self, hard: &CancellationToken) {
        self.finishing.cancel();
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => return,
            () = hard.cancelled() => {}
            () = sleep(self.options.finish) => {}
        }
        tracing::warn!(
            connections = self.tracker.len(),
            "cutting connections that did not finish"
        );
        self.cut.cancel();
        self.tracker.wait().await;
    }
}

async fn accepting_is_over(shutdown: &Shutdown, drain: Duration) {
    let drained = async {
        shutdown.soft.cancelled().await;
        shutdown.undrained.run_until_cancelled(sleep(drain)).await;
    };
    tokio::select! {
        () = drained => {}
        () = shutdown.hard.cancelled() => {}
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
