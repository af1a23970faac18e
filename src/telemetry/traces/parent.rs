//! Where a span hangs: the one thing that is kept of a trace while a delivery waits.

use std::{fmt, str::FromStr};

use futures_util::future::Either;
use opentelemetry::{
    SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceState},
};

/// A span of ours, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace: TraceId,
    span: SpanId,
    flags: TraceFlags,
}

/// The text names no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a trace parent")]
pub struct NotATraceParent;

tokio::task_local! {
    static CURRENT: TraceParent;
}

/// The span that this task works for, if there is one.
pub fn current() -> Option<TraceParent> {
    CURRENT.try_with(|parent| *parent).ok()
}

/// Works for this span.
pub fn within<T>(
    parent: Option<TraceParent>,
    work: impl Future<Output = T>,
) -> impl Future<Output = T> {
    match parent {
        Some(parent) => Either::Left(CURRENT.scope(parent, work)),
        None => Either::Right(work),
    }
}

/// Work that goes on for the same span on a task of its own.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    within(current(), work)
}

impl From<&SpanContext> for TraceParent {
    fn from(context: &SpanContext) -> Self {
        Self {
            trace: context.trace_id(),
            span: context.span_id(),
            flags: context.trace_flags(),
        }
    }
}

impl From<TraceParent> for SpanContext {
    fn from(parent: TraceParent) -> Self {
        Self::new(
            parent.trace,
            parent.span,
            parent.flags,
            true,
            TraceState::NONE,
        )
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, flags } = self;
        write!(f, "00-{trace:032x}-{span:016x}-{flags:02x}")
    }
}

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let (Some("00"), Some(trace), Some(span), Some(flags), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(NotATraceParent);
        };
        let parent = Self {
            trace: TraceId::from_hex(trace).map_err(|_| NotATraceParent)?,
            span: SpanId::from_hex(span).map_err(|_| NotATraceParent)?,
            flags: TraceFlags::new(u8::from_str_radix(flags, 16).map_err(|_| NotATraceParent)?),
        };
        let names_one = parent.trace != TraceId::INVALID && parent.span != SpanId::INVALID;
        names_one.then_some(parent).ok_or(NotATraceParent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn it_is_written_as_it_is_read() {
        let parent: TraceParent = TEXT.parse().unwrap();
        assert_eq!(parent.to_string(), TEXT);
    }

    #[test]
    fn what_names_no_span_is_none() {
        for text in [
            "",
            "00",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NotATraceParent), "{text}");
        }
    }

    #[tokio::test]
    async fn a_task_of_its_own_works_for_the_same_span_only_if_it_is_carried() {
        let parent: TraceParent = TEXT.parse().unwrap();
        let seen = within(Some(parent), async {
            let carried = tokio::spawn(carried(async { current() })).await.unwrap();
            let not = tokio::spawn(async { current() }).await.unwrap();
            (current(), carried, not)
        });
        assert_eq!(seen.await, (Some(parent), Some(parent), None));
        assert_eq!(current(), None);
    }
}
