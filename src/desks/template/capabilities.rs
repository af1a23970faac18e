//! What such a desk is shown: texts, unless its expressions can do with more.

use crate::{
    config::Contents,
    domain::fallback::{Audience, Capabilities},
};

pub(super) const fn capabilities(contents: Contents, text_limit: usize) -> Capabilities {
    match contents {
        Contents::Text => Capabilities::text_only(Audience::Agent, text_limit),
        Contents::Any => Capabilities {
            text_limit,
            // A template is filled in for one content.
            one_call: false,
            ..Capabilities::EVERY_AGENT
        },
    }
}
