//! What an agent on Aivo Live can be shown. Aivo documents none of it: `docs/aivo-live.md` says what each rests on.

use crate::{
    config::Files,
    domain::fallback::{Audience, Capabilities, Media},
};

/// Texts, and files where the operator's template knows what to do with them; everything else is said in words.
pub(super) const fn capabilities(text_limit: usize, files: Files) -> Capabilities {
    let words = Capabilities::text_only(Audience::Agent, text_limit);
    match files {
        Files::Link => words,
        Files::Native => Capabilities {
            media: Media {
                kinds: Capabilities::EVERY_AGENT.media.kinds,
                captions: false,
            },
            ..words
        },
    }
}
