//! Of texts: whom they tell nothing.

use super::{Untold, Warning};
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
        let mut warn = |text: &str, why: Untold| {
            let text = format!("texts.{language}.{text}");
            warnings.push(Warning::Untold { text, why });
        };
        for (text, notice, _) in told.iter().filter(|(_, _, is_due)| *is_due) {
            let said = texts.get(notice).map_or("", String::as_str);
            if texts.contains_key(notice) && said.is_empty() {
                warn(text, Untold::Empty);
            }
            let has_place = said.contains("{position}");
            let desks = config.desks.iter();
            for (desk, _) in desks.filter(|(_, desk)| has_place && !desk.kind.tells_position()) {
                warn(text, Untold::NoPlace(desk.clone()));
            }
        }
        for (text, notice) in &NOTICES {
            let said = texts.get(notice);
            let has_name = said.is_some_and(|said| said.contains("{name}"));
            if has_name && !notice.may_name_agent() {
                warn(text, Untold::NoName);
            }
        }
    }
}
