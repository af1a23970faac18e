//! Of bots: how they are reached, paused and resumed.

use super::Warning;
use crate::{
    config::{Bot, Certainly, Chatlayer, Config, Platform, Step, fault::Place, names::Language},
    domain::ids::BotName,
};

pub(super) fn find(config: &Config, warnings: &mut Vec<Warning>) {
    if config.bots.is_empty() {
        warnings.push(Warning::NoBots);
    }
    for (name, bot) in &config.bots {
        one(config, name, bot, warnings);
    }
}

fn one(config: &Config, name: &BotName, bot: &Bot, warnings: &mut Vec<Warning>) {
    let of_platform = match &bot.platform {
        Platform::Chatlayer(bot) => chatlayer(bot),
        Platform::Certainly(bot) => certainly(bot),
    };
    warnings.extend(of_platform.into_iter().map(|warning| warning(name.clone())));
    if !has_texts(config, &bot.default_language) {
        warnings.push(Warning::NoTexts {
            bot: name.clone(),
            language: bot.default_language.clone(),
        });
    }
    let routed = config
        .routes
        .iter()
        .any(|route| route.bots.is_empty() || route.bots.contains(name));
    if !routed && config.desks.len() > 1 {
        warnings.push(Warning::Unrouted(name.clone()));
    }
}

fn chatlayer(bot: &Chatlayer) -> Vec<fn(BotName) -> Warning> {
    /// Short enough to be guessed by one who may try for long.
    const SHORT: usize = 16;
    let mut warnings: Vec<fn(BotName) -> Warning> = Vec::new();
    if bot.hook_key.is_none() {
        warnings.push(Warning::NoHookKey);
    }
    if bot.verify_token.shortest() < SHORT {
        warnings.push(Warning::ShortVerifyToken);
    }
    if bot.resume.is_empty() {
        warnings.push(Warning::NeverResumed);
    }
    if bot.resume.iter().any(is_of_defaults) {
        warnings.push(Warning::GuessedResume);
    }
    warnings
}

fn is_of_defaults(step: &Step) -> bool {
    matches!(step, Step::Request(request) if request.at.place == Place::Unwritten)
}

fn certainly(bot: &Certainly) -> Vec<fn(BotName) -> Warning> {
    let mut warnings: Vec<fn(BotName) -> Warning> = Vec::new();
    if bot.pause.is_empty() {
        warnings.push(Warning::NeverPaused);
    }
    let calls = |step: &Step| matches!(step, Step::Request(_));
    if bot.resume.is_empty() {
        warnings.push(Warning::NeverResumed);
    } else if !bot.resume.iter().any(calls) {
        warnings.push(Warning::KeepsListening);
    }
    warnings
}

fn has_texts(config: &Config, language: &Language) -> bool {
    let region_free = language.as_str().split('-').next().unwrap_or_default();
    [language.as_str(), region_free]
        .iter()
        .any(|tag| config.texts.0.contains_key(*tag))
}
