//! The queue call: its body and its answer. `Debug` is left out, since the body holds the token.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::user::User;
use crate::domain::{ids::ExternalId, taken::Taken};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue<'a> {
    pub(super) bot_id: u64,
    pub(super) groups_id: &'a [u64],
    pub(super) bot_token: &'a str,
    pub(super) protocol_id: u8,
    pub(super) user: User,
    pub(super) status: &'static str,
    pub(super) last_sender: &'static str,
}

/// The answer; what else stands in it is not needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queued {
    conversation_id: ExternalId,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What of the answer later calls may need, beside the conversation's own id.
pub(super) const KEPT: [&str; 2] = ["customToken", "messageQueueId"];
/// No name in a template has a space.
const ANSWER: &str = "answer about ";

impl Queue<'_> {
    /// The values that Aivo's document fixes.
    pub(super) const PROTOCOL: u8 = 28;
    pub(super) const STATUS: &'static str = "queued";
    pub(super) const LAST_SENDER: &'static str = "user";
}

impl Queued {
    /// The conversation's id, and what is kept of it. Kept under that id: a call that was made twice has two answers, and
    /// the token of one is not the other's.
    pub(super) fn into_kept(mut self) -> (String, Taken) {
        let id = String::from(self.conversation_id);
        let kept = KEPT.into_iter().filter_map(|name| {
            let value = self.rest.remove(name)?;
            Some((name.to_owned(), value))
        });
        let kept: Map<_, _> = kept.collect();
        let taken = Taken::from_iter([(kept_as(&id), Value::Object(kept))]);
        (id, taken)
    }
}

/// The name under which the answer about a conversation is kept.
pub(super) fn kept_as(conversation: &str) -> String {
    format!("{ANSWER}{conversation}")
}

/// Whether it is such a name, and none that an operator has given.
pub(super) fn is_kept_as(name: &str) -> bool {
    name.starts_with(ANSWER)
}
