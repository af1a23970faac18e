//! A link that signs in once: for a developer at the terminal that printed it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use subtle::ConstantTimeEq as _;

use super::cookie::{NoToken, Token, id_of};
use crate::{
    domain::{ids::OperatorName, time::Timestamp},
    store::SessionId,
};

#[derive(Debug)]
pub struct OneTime {
    pub(super) operator: OperatorName,
    pub(super) shown_as: Option<String>,
    token: SessionId,
    until: Timestamp,
    used: AtomicBool,
}

/// There are no random bytes to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

const GOOD_FOR: Duration = Duration::from_mins(10);

impl OneTime {
    /// The link's last segment is the token.
    pub fn new(
        operator: OperatorName,
        shown_as: Option<String>,
        now: Timestamp,
    ) -> Result<(Self, String), NoRandomness> {
        let token = Token::draw().map_err(|NoToken| NoRandomness)?;
        let link = Self {
            operator,
            shown_as,
            token: token.id(),
            until: now.plus(GOOD_FOR),
            used: AtomicBool::new(false),
        };
        Ok((link, token.as_str().to_owned()))
    }

    /// Whether this is the token, for the first time and in time.
    pub(super) fn takes(&self, token: &str, now: Timestamp) -> bool {
        let same: bool = id_of(token).0.ct_eq(&self.token.0).into();
        same && now < self.until && !self.used.swap(true, Ordering::SeqCst)
    }
}
