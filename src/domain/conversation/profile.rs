//! What is known of a user.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the platform told about the user and the channel. Later facts win, silence changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub platform_bot_id: Option<String>,
    /// `DRAFT` or `LIVE` where the platform has versions.
    pub version: Option<String>,
    pub channel: Option<String>,
    pub language: Option<String>,
    pub user: UserProfile,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    pub id: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub avatar_url: Option<String>,
    /// Whatever else the platform said about the user.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl Profile {
    /// Takes over what `newer` knows.
    pub fn merge(&mut self, newer: &Self) {
        for (known, newer) in self.texts_mut().into_iter().zip(newer.texts()) {
            if newer.is_some() {
                known.clone_from(newer);
            }
        }
        for (name, value) in &newer.user.fields {
            self.user.fields.insert(name.clone(), value.clone());
        }
    }

    /// Whether `newer` knows something that is not known here, or is otherwise here.
    pub(super) fn lacks(&self, newer: &Self) -> bool {
        let mut texts = self.texts().into_iter().zip(newer.texts());
        let mut fields = newer.user.fields.iter();
        texts.any(|(known, newer)| newer.is_some() && known != newer)
            || fields.any(|(name, value)| self.user.fields.get(name) != Some(value))
    }

    fn texts(&self) -> [&Option<String>; 8] {
        let user = &self.user;
        [
            &self.platform_bot_id,
            &self.version,
            &self.channel,
            &self.language,
            &user.id,
            &user.first_name,
            &user.last_name,
            &user.avatar_url,
        ]
    }

    fn texts_mut(&mut self) -> [&mut Option<String>; 8] {
        let user = &mut self.user;
        [
            &mut self.platform_bot_id,
            &mut self.version,
            &mut self.channel,
            &mut self.language,
            &mut user.id,
            &mut user.first_name,
            &mut user.last_name,
            &mut user.avatar_url,
        ]
    }
}

impl UserProfile {
    /// Both names, as far as they are known.
    pub fn name(&self) -> Option<String> {
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}
