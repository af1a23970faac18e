//! The realm of a Chatlayer conversation: one bot, as a draft or live. The two are separate worlds.

use crate::domain::ids::ExternalId;

use super::HookError;

/// Written `BOT/VERSION`; the last slash parts them, since a version can hold none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Realm {
    pub version: Version,
    pub bot_id: ExternalId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Draft,
    Live,
}

impl Realm {
    pub(super) fn parse(text: &str) -> Result<Self, HookError> {
        let (bot_id, version) = text
            .rsplit_once('/')
            .ok_or(HookError::Contract { field: "version" })?;
        let bot_id = ExternalId::new(bot_id).map_err(|source| HookError::Id {
            field: "botId",
            source,
        })?;
        Ok(Self {
            version: Version::parse(version)?,
            bot_id,
        })
    }
}

impl Version {
    pub(super) fn parse(text: &str) -> Result<Self, HookError> {
        match text {
            "DRAFT" => Ok(Self::Draft),
            "LIVE" => Ok(Self::Live),
            _ => Err(HookError::Contract { field: "version" }),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Live => "LIVE",
        }
    }
}

impl std::fmt::Display for Realm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.bot_id, self.version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_reads_back_whatever_the_bot_id_holds() {
        for text in ["ko3123ze/LIVE", "a:b/c/DRAFT"] {
            assert_eq!(Realm::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "LIVE", "/LIVE", "../LIVE", "a/TEST", "a/live"] {
            assert!(Realm::parse(text).is_err(), "{text}");
        }
    }
}
