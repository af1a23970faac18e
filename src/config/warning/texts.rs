//! Of texts: whom they tell nothing.

use super::{Silence, Untold, Warning};
use crate::{
    config::Config,
    domain::{
        attention::WINDOW,
        policy::{Limits, Notice},
    },
};

pub(super) fn find(config: &Config, warnings: &mut Vec<Warning>) {
    for (language, texts) in &config.texts.0 {
        for notice in Notice::ALL {
            let Some(said) = texts.get(&notice) else {
                continue;
            };
            let silence = silence_of(notice, &config.handover);
            let why = why_untold(config, notice, said, silence);
            warnings.extend(why.into_iter().map(|why| Warning::Untold {
                text: format!("texts.{language}.{notice}"),
                why,
                silence,
            }));
        }
    }
}

/// What comes of it where this is not told. What ends the wait before anything is due need not be told.
fn silence_of(notice: Notice, limits: &Limits) -> Silence {
    match notice {
        Notice::Waiting if limits.waiting > WINDOW => Silence::LeftAlone,
        Notice::Away if limits.idle > limits.unanswered => Silence::LeftAlone,
        Notice::Reconnecting => Silence::DeskDown,
        Notice::HandingOver
        | Notice::Waiting
        | Notice::Joined
        | Notice::Transferred
        | Notice::Away
        | Notice::Nobody
        | Notice::Ended
        | Notice::EndedRepeat => Silence::Harmless,
    }
}

/// Whatever keeps users from being told it. Where that is harmless, an operator may well leave a text empty.
fn why_untold(config: &Config, notice: Notice, said: &str, silence: Silence) -> Vec<Untold> {
    let (has_name, has_place) = (said.contains("{name}"), said.contains("{position}"));
    let mut why = Vec::new();
    if said.is_empty() && silence != Silence::Harmless {
        why.push(Untold::Empty);
    }
    if has_place && silence == Silence::LeftAlone {
        let desks = config.desks.iter();
        let mute = desks.filter(|(_, desk)| !desk.kind.tells_position());
        why.extend(mute.map(|(desk, _)| Untold::NoPlace(desk.clone())));
    }
    if has_name && !notice.may_name_agent() {
        why.push(Untold::NoName);
    }
    if (has_name || has_place) && silence == Silence::DeskDown {
        why.push(Untold::TooEarly);
    }
    why
}
