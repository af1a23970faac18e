//! A call on a hook that was let in.

use axum::{body::Body, http::HeaderMap};

use crate::http::{
    body::{self, Buffered, Limits},
    problem::Result,
    shed::{Gate, RequestPermit},
};

/// Kept until the store has answered: for as long its request and its memory count at the gate.
#[derive(Debug)]
pub(super) struct InFlight {
    body: Buffered,
    _permit: RequestPermit,
}

impl InFlight {
    pub(super) fn new(body: Buffered, permit: RequestPermit) -> Self {
        Self {
            body,
            _permit: permit,
        }
    }

    /// Reads a body. Turned away before that where there is no room for the call; it takes its place when it has come, so
    /// that a slow sender has none meanwhile.
    pub(super) async fn read(headers: &HeaderMap, sent: Body, limits: Limits) -> Result<Self> {
        let call = Self::read_as_sent(headers, sent, limits).await?;
        Ok(call.mended())
    }

    /// As [`Self::read`], for a hook that has to see the very bytes before it parses the [mended](Self::mended) ones.
    pub(super) async fn read_as_sent(
        headers: &HeaderMap,
        sent: Body,
        limits: Limits,
    ) -> Result<Self> {
        let gate = limits.gate.clone();
        gate.peek()?;
        let body = body::read_as_sent(headers, sent, limits).await?;
        body::check_depth(&body).map_err(|_| body::too_deep())?;
        Ok(Self::new(body, gate.admit()?))
    }

    /// Takes its place and its room at another gate, and gives back those that it has.
    pub(super) fn pass(self, gate: &Gate) -> Result<Self> {
        let permit = gate.admit()?;
        let body = self.body.pass(gate).ok_or_else(|| gate.shed())?;
        Ok(Self::new(body, permit))
    }

    pub(super) fn mended(self) -> Self {
        Self {
            body: self.body.mended(),
            ..self
        }
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}
