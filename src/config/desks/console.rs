//! A desk whose agents work in the bridge's own console.

use super::Common;
use crate::config::{section::Section, value};

#[derive(Clone, Copy, Debug)]
pub struct ConsoleDesk {
    /// Takes no new handovers while no agent is signed in.
    pub require_agent: bool,
}

/// What a console desk starts from.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) common: Common,
    require_agent: bool,
}

impl ConsoleDesk {
    pub(super) fn read(section: &mut Section<'_>, defaults: &Defaults) -> Self {
        let require_agent = section.optional("require_agent", value::switch);
        Self {
            require_agent: require_agent.unwrap_or(defaults.require_agent),
        }
    }
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let common = Common::read(&mut section);
        let require_agent = section.defaulted("require_agent", value::switch);
        section.finish();
        Some(Self {
            common: common?,
            require_agent: require_agent?,
        })
    }
}
