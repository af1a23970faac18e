//! `[outbound]`: whom the bridge may call.

use ipnet::IpNet;

use super::{networks, section::Section};

/// What binds every call that leaves the bridge.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Ranges that are not public and yet may be called, over plain http too.
    pub allow_networks: Vec<IpNet>,
}

impl Outbound {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let allow_networks = section.list("allow_networks", networks::read_range);
        section.finish();
        Some(Self {
            allow_networks: allow_networks?,
        })
    }
}
