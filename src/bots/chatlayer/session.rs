//! The session data that Chatlayer keeps of a user: read, to route by them, and deleted, when the user is to be forgotten.

use serde_json::Value;

use super::{Chatlayer, look_up::Heard};
use crate::{
    domain::delivery::{BotJob, Done, Failure},
    outbound::Call,
};

/// A session may hold ten megabytes; nobody routes by so much.
const LIMIT: usize = 256 * 1024;

impl Chatlayer {
    /// The data as they are, without the envelope that other answers of this API have.
    pub(super) async fn session_data(&self, job: BotJob<'_>) -> Result<Heard<Value>, Failure> {
        let endpoint = self.conversation(job, "session-data")?;
        let call = Call::get(endpoint).bearer(&self.access_token());
        let answer = self.outbound.send(call.answer_limit(LIMIT)).await?;
        let mut data: Value = answer.json()?;
        let inner = match &mut data {
            Value::Object(fields) if fields.len() == 1 => fields.get_mut("data").map(Value::take),
            _ => None,
        };
        Ok(Heard {
            told: inner.unwrap_or(data),
            quiet_for: answer.quiet_for,
        })
    }

    /// That there is nothing any more to delete is told by the class of the failure, and counts as deleted.
    pub(super) async fn forget(&self, job: BotJob<'_>) -> Result<Done, Failure> {
        let endpoint = self.conversation(job, "session-data")?;
        self.send(Call::delete(endpoint).bearer(&self.access_token()))
            .await
    }
}
