//! Conversations as steps may meet them, so that what only shows when a template is filled in shows before the first user
//! has to be resumed.

use super::Settings;
use crate::outbound::template::Context;

impl Settings {
    /// One with everything known, one with only what there always is; each with the agent's name.
    pub(super) fn examples(&self) -> [(Context, Option<&'static str>); 2] {
        [
            (self.example(Some("web")), Some("Ann")),
            (self.example(None), None),
        ]
    }

    fn example(&self, channel: Option<&str>) -> Context {
        Context::default()
            .with_url("bot", "api_url", &self.api_url)
            .with("bot_id", "example-bot")
            .with("session_id", "example-session")
            .with("version", "LIVE")
            .with("channel", channel)
            .with("language", "en")
            .with("handover_id", "01a1f000-0000-7000-8000-000000000001")
    }
}
