//! Of texts: whom they tell nothing.

use super::Warning;
use crate::{
    config::{Config, texts::NOTICES},
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
            let has_place = said.contains("{position}");
            let desks = config.desks.iter();
            let desks = desks.filter(|(_, desk)| has_place && !desk.kind.tells_position());
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
