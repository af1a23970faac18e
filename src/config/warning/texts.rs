//! Of texts: whom they tell nothing.

use super::Warning;
use crate::{
    config::{Config, Kind, texts::NOTICES},
    domain::{attention::WINDOW, policy::Notice},
};

pub(super) fn find(config: &Config, warnings: &mut Vec<Warning>) {
    let limits = &config.handover;
    // What ends the wait before anything is due need not be told.
    let told = [
        ("waiting", Notice::Waiting, limits.waiting > WINDOW),
        ("away", Notice::Away, limits.idle > limits.unanswered),
    ];
    for (language, texts) in &config.texts.0 {
        for (text, notice, _) in told.iter().filter(|(_, _, is_due)| *is_due) {
            let said = texts.get(notice).map_or("", String::as_str);
            let is_empty = texts.contains_key(notice) && said.is_empty();
            let key = || format!("texts.{language}.{text}");
            if is_empty {
                warnings.push(Warning::SilentWait { text: key() });
            }
            let desks = config.desks.iter();
            let desks =
                desks.filter(|(_, desk)| said.contains("{position}") && !tells_place(&desk.kind));
            warnings.extend(desks.map(|(desk, _)| Warning::NoPlace {
                text: key(),
                desk: desk.clone(),
            }));
        }
        for (text, notice) in &NOTICES {
            let names = texts
                .get(notice)
                .is_some_and(|said| said.contains("{name}"));
            if names && !notice.may_name_agent() {
                let text = format!("texts.{language}.{text}");
                warnings.push(Warning::NoName { text });
            }
        }
    }
}

/// Whether its agents' software may say at which place of its queue a user is.
fn tells_place(kind: &Kind) -> bool {
    match kind {
        Kind::Webhook(_) => true,
        Kind::Template(desk) => {
            let mut taken = desk.requests.open.take.iter();
            taken.any(|(name, _)| name == "position")
        }
        Kind::AivoLive(_) | Kind::Chatwoot(_) | Kind::Console(_) => false,
    }
}
