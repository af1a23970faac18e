//! Conversations as steps may meet them, so that what only shows when a template is filled in shows before the first user
//! has to be paused or resumed.

use super::Settings;
use crate::outbound::template::Context;

impl Settings {
    /// One with everything known, one with only what there always is; each with the agent's name.
    pub(super) fn examples(&self) -> [(Context, Option<&'static str>); 2] {
        let example = |claim_end: Option<&str>| {
            Context::default()
                .with_url("bot", "api_url", &self.api_url)
                .with("deployment_id", &self.deployment_id)
                .with("user_id", "webbot:example-user")
                .with("claim_end", claim_end)
                .with("language", "en")
                .with("handover_id", "01a1f000-0000-7000-8000-000000000001")
        };
        [
            (example(Some("handover_done")), Some("Ann")),
            (example(None), None),
        ]
    }
}
