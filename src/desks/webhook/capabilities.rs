//! What a webhook desk is sent.

use crate::domain::fallback::Capabilities;

/// Its protocol has every content, and the desk decides what it makes of them.
pub(super) const fn capabilities() -> Capabilities {
    Capabilities::EVERY_AGENT
}
