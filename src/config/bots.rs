//! `[bots.*]`: the connections to bot platforms, one file a platform, and `[platforms.*]`: what a bot of a platform
//! starts from.

mod chatlayer;

use std::collections::BTreeMap;

use config::Value;
use ipnet::IpNet;

pub use self::chatlayer::{Chatlayer, History};
use super::{
    fault::Problem, names::Language, networks::CallUrl, secrets::Secrets, section::Section, value,
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
}

/// What bots start from.
#[derive(Debug)]
pub(super) struct Defaults {
    chatlayer: chatlayer::Defaults,
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
}

/// Every bot that is written rightly; the others are reported.
pub(super) fn read_all(
    tables: Vec<(BotName, Section<'_>)>,
    defaults: &Defaults,
    surroundings: Surroundings<'_>,
) -> BTreeMap<BotName, Bot> {
    tables
        .into_iter()
        .filter_map(|(name, section)| Some((name, Bot::read(section, defaults, surroundings)?)))
        .collect()
}

impl Defaults {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let chatlayer = section
            .table("chatlayer")
            .and_then(chatlayer::Defaults::read);
        section.not_yet(&["certainly"]);
        section.finish();
        Some(Self {
            chatlayer: chatlayer?,
        })
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
        let named = section.required("platform", Named::read, "add platform = \"chatlayer\"")?;
        let (common, platform) = match named {
            Named::Chatlayer => {
                let defaults = &defaults.chatlayer;
                let common = defaults.common.overlaid(&mut section);
                let read = Chatlayer::read(&mut section, defaults, surroundings);
                (common, read.map(Platform::Chatlayer))
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
    /// Every secret by the last part of its key.
    pub(super) fn secrets(&self) -> Vec<(&'static str, Option<&Secrets>)> {
        match self {
            Self::Chatlayer(bot) => bot.secrets(),
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
            "certainly" => Err(Problem::ValueNotYet {
                instead: "\"chatlayer\"",
            }),
            _ => Err(Problem::NotOneOf("\"chatlayer\"")),
        }
    }
}
