//! What an agent's message can be: a text. No document shows another field than `message`, so everything else is said in
//! words by the table in `domain::fallback`.

use crate::domain::fallback::{Audience, Capabilities};

/// `text_limit` is the operator's: no document gives one.
pub(super) const fn capabilities(text_limit: usize) -> Capabilities {
    Capabilities::text_only(Audience::User, text_limit)
}
