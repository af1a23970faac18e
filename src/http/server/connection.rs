//! One connection, from its first byte to its last.

use std::{convert::Infallible, future::poll_fn, net::IpAddr, pin::pin, sync::Arc, task::Poll};

use axum::{
    Router,
    http::{HeaderValue, Request, Response, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    Options,
    pace::{Answer, Pace, Paced, Sent},
};
use crate::http::source::Peer;

/// What a connection needs to know beside its stream.
pub(super) struct Connection {
    pub(super) options: Options,
    pub(super) peer: IpAddr,
    pub(super) router: Router,
    /// From then on answers say that the connection will not be kept.
    pub(super) soft: CancellationToken,
    /// So many heads may be long at once, of all connections.
    pub(super) long_heads: Arc<Semaphore>,
}

/// Start line and headers. Hooks have short ones; a browser brings the cookies of whatever signs people in before us.
const MAX_HEAD: usize = 16 << 10;
/// What hyper may read ahead of a handler; a flood of large bodies takes up to this for each connection.
const MAX_BUFFER: usize = 16 << 10;

impl Connection {
    /// Ends when the client goes, when it is too slow, or after the answer under way once `finishing` is cancelled.
    pub(super) async fn serve(self, stream: TcpStream, finishing: CancellationToken) {
        let pace = Arc::new(Pace::new(self.options));
        let long_heads = Arc::clone(&self.long_heads);
        let io = TokioIo::new(Paced::new(stream, Arc::clone(&pace), long_heads));
        let served = Arc::clone(&pace);
        let service = service_fn(move |request| self.answer(request, &served));

        let mut connection = pin!(
            http1::Builder::new()
                .max_header_size(MAX_HEAD)
                .max_buf_size(MAX_BUFFER)
                .header_read_timeout(None)
                .serve_connection(io, service)
        );
        let mut finishing = pin!(finishing.cancelled());
        let mut finishes = false;
        let mut alarm = pin!(sleep_until(pace.due().unwrap_or_else(Instant::now)));

        poll_fn(|cx| {
            loop {
                // First the connection: a request that has arrived is answered even when all others are being sent home.
                if connection.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                if !finishes && finishing.as_mut().poll(cx).is_ready() {
                    finishes = true;
                    if !pace.may_still_begin() {
                        connection.as_mut().graceful_shutdown();
                    }
                    continue;
                }
                // A first request may still come; its answer says `Connection: close`, as all do after the soft stop.
                let Some(due) = pace.due() else {
                    return Poll::Pending;
                };
                // An alarm that is too early is left to ring and set again then: most requests never touch the timer.
                if alarm.deadline() > due || alarm.is_elapsed() {
                    alarm.as_mut().reset(due);
                }
                if alarm.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                if alarm.deadline() >= due {
                    return Poll::Ready(());
                }
            }
        })
        .await;
    }

    fn answer(
        &self,
        mut request: Request<Incoming>,
        pace: &Arc<Pace>,
    ) -> impl Future<Output = Result<Response<Answer>, Infallible>> + use<> {
        pace.request_began();
        request.extensions_mut().insert(Peer(self.peer));
        let (router, soft, pace) = (self.router.clone(), self.soft.clone(), Arc::clone(pace));
        let sent = Arc::clone(&pace);
        let request = request.map(|body| Sent { body, pace: sent });
        async move {
            let mut response = router.oneshot(request).await?;
            if soft.is_cancelled() {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Answer { body, pace }))
        }
    }
}
