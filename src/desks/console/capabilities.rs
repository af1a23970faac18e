//! What an agent at the console can be shown.

use crate::domain::fallback::Capabilities;

/// The pages show every content.
pub(super) const fn capabilities() -> Capabilities {
    Capabilities::EVERY_AGENT
}
