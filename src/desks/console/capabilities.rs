//! What an agent at the console can be shown.

use crate::domain::fallback::Capabilities;

/// The pages show every content.
pub(super) const CAPABILITIES: Capabilities = Capabilities::EVERY_AGENT;
