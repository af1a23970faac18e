//! What an agent at Chatwoot can be shown.

use crate::domain::fallback::{Audience, Capabilities};

/// The longest text of one call. Chatwoot takes more; an agent does not read it.
pub(super) const NOTE_LIMIT: usize = 20_000;

/// Files are told by their addresses.
pub(super) const fn capabilities() -> Capabilities {
    Capabilities::text_only(Audience::Agent, NOTE_LIMIT)
}
