//! `[bots.*]`: the connections to bot platforms, one file a platform, and `[platforms.*]`: what a bot of a platform
//! starts from.

mod certainly;
mod chatlayer;

use std::collections::BTreeMap;

use config::Value;
use ipnet::IpNet;

pub use self::{
    certainly::{Auth, Certainly, HookAuth, Sender},
    chatlayer::{Chatlayer, History},
};
use super::{
    fault::Problem,
    names::{self, Language},
    networks::CallUrl,
    secrets::Secrets,
    section::Section,
    steps::Step,
    value,
};
use crate::domain::ids::BotName;

/// One connection to a bot platform.
#[derive(Clone, Debug)]
pub struct Bot {
    /// `false`: takes no new handovers; open ones finish.
    pub enabled: bool,
    /// Spoken to users whose language the platform does not tell.
    pub default_language: Language,
    pub platform: Platform,
}

/// What differs from platform to platform.
#[derive(Clone, Debug)]
pub enum Platform {
    Chatlayer(Chatlayer),
    Certainly(Certainly),
}

/// What bots start from.
#[derive(Debug)]
pub(super) struct Defaults {
    chatlayer: chatlayer::Defaults,
    certainly: certainly::Defaults,
}

/// What every platform has a default of.
#[derive(Clone, Debug)]
struct Common {
    enabled: bool,
    default_language: Language,
}

/// What else of the configuration a bot refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) networks: &'a [IpNet],
}

#[derive(Clone, Copy, Debug)]
enum Named {
    Chatlayer,
    Certainly,
}

/// Every bot that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<names::Named<'_, BotName>>,
    defaults: &Defaults,
    surroundings: Surroundings<'_>,
) -> BTreeMap<BotName, Bot> {
    tables
        .into_iter()
        .filter_map(|(name, section)| {
            let bot = Bot::read(section, defaults, surroundings);
            Some((name?, bot?))
        })
        .collect()
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>, surroundings: Surroundings<'_>) -> Option<Self> {
        let chatlayer = section
            .table("chatlayer")
            .and_then(|section| chatlayer::Defaults::read(section, surroundings));
        let certainly = section
            .table("certainly")
            .and_then(|section| certainly::Defaults::read(section, surroundings));
        section.finish();
        Some(Self {
            chatlayer: chatlayer?,
            certainly: certainly?,
        })
    }

    fn common(&self, named: Named) -> &Common {
        match named {
            Named::Chatlayer => &self.chatlayer.common,
            Named::Certainly => &self.certainly.common,
        }
    }
}

impl Common {
    /// The defaults of a platform.
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.defaulted("enabled", value::switch);
        let default_language = section.defaulted("default_language", Language::read);
        Some(Self {
            enabled: enabled?,
            default_language: default_language?,
        })
    }

    /// What a bot says instead.
    fn overlaid(&self, section: &mut Section<'_>) -> Self {
        let enabled = section.optional("enabled", value::switch);
        let default_language = section.optional("default_language", Language::read);
        Self {
            enabled: enabled.unwrap_or(self.enabled),
            default_language: default_language.unwrap_or_else(|| self.default_language.clone()),
        }
    }
}

impl Bot {
    fn read(
        mut section: Section<'_>,
        defaults: &Defaults,
        surroundings: Surroundings<'_>,
    ) -> Option<Self> {
        let named = section.required(
            "platform",
            Named::read,
            "add platform = \"chatlayer\" or \"certainly\"",
        );
        let Some(named) = named else {
            // Nobody can say which of the other keys are unknown.
            defaults.chatlayer.common.overlaid(&mut section);
            return None;
        };
        let common = defaults.common(named).overlaid(&mut section);
        let platform = match named {
            Named::Chatlayer => {
                let bot = Chatlayer::read(&mut section, &defaults.chatlayer, surroundings);
                bot.map(Platform::Chatlayer)
            }
            Named::Certainly => {
                let bot = Certainly::read(&mut section, &defaults.certainly, surroundings);
                bot.map(Platform::Certainly)
            }
        };
        section.finish();
        Some(Self {
            enabled: common.enabled,
            default_language: common.default_language,
            platform: platform?,
        })
    }
}

impl Platform {
    /// Whether it has steps that silence it outside of an offload.
    pub fn can_be_paused(&self) -> bool {
        match self {
            Self::Chatlayer(bot) => !bot.pause.is_empty(),
            Self::Certainly(bot) => !bot.pause.is_empty(),
        }
    }

    /// Where it is called.
    pub fn address(&self) -> &CallUrl {
        match self {
            Self::Chatlayer(bot) => &bot.api_url,
            Self::Certainly(bot) => &bot.api_url,
        }
    }

    /// How it is told that it speaks again.
    pub fn resume(&self) -> &[Step] {
        match self {
            Self::Chatlayer(bot) => &bot.resume,
            Self::Certainly(bot) => &bot.resume,
        }
    }

    /// Every secret that there can be.
    pub(super) fn secrets(&self) -> Vec<Option<&Secrets>> {
        match self {
            Self::Chatlayer(bot) => bot.secrets(),
            Self::Certainly(bot) => bot.secrets(),
        }
    }
}

impl Surroundings<'_> {
    /// An address that paths are added to.
    fn base_url(self, value: &Value) -> Result<CallUrl, Problem> {
        CallUrl::read(value, self.networks).and_then(CallUrl::into_base)
    }
}

impl Named {
    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "chatlayer" => Ok(Self::Chatlayer),
            "certainly" => Ok(Self::Certainly),
            _ => Err(Problem::NotOneOf("\"chatlayer\", \"certainly\"")),
        }
    }
}

/// A shorter one would turn every longer text into a flood.
fn read_text_limit(value: &Value) -> Result<usize, Problem> {
    value::number(value, 100, 100_000).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
