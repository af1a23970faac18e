//! What stands in a conversation already, by the key that each message of the bridge carries. Chatwoot does not know a call
//! again, so a job that an earlier call may have brought is looked for before anything of it is written.

use std::{collections::HashSet, time::Duration};

use super::{Chatwoot, to_be_looked_up};
use crate::{
    desks::chatwoot::actions::{Answered, Message},
    domain::{
        delivery::{DeskJob, Failure},
        time::Timestamp,
    },
    outbound::CallError,
};

/// The keys of what stands there.
#[derive(Debug, Default)]
pub(super) struct Written(HashSet<String>);

/// As many messages are listed at once; fewer are the first of the conversation.
const PAGE: usize = 20;
/// More than the clocks of Chatwoot and the bridge differ.
const CLOCK_ERROR: Duration = Duration::from_mins(1);

impl Written {
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    /// From the newest as far back as an earlier call for this job can have written.
    pub(super) async fn look_up(
        desk: &Chatwoot,
        conversation: &str,
        job: DeskJob<'_>,
    ) -> Result<Self, Failure> {
        let since = job.about.created_at.minus(CLOCK_ERROR);
        let mut written = Self::default();
        let mut before = None;
        loop {
            let page = page(desk, conversation, before).await;
            // A list that cannot be read does not say that nothing stands there.
            let page = page.map_err(|fault| to_be_looked_up(fault.into()))?;
            let oldest = page.iter().map(|message| message.id).min();
            let has_more = page.len() >= PAGE && !page.iter().any(|one| one.is_older_than(since));
            let goes_back = oldest < before || before.is_none();
            let keys = page.iter().filter_map(Message::key);
            written.0.extend(keys.map(str::to_owned));
            if !has_more || !goes_back {
                return Ok(written);
            }
            before = oldest;
        }
    }
}

/// The newest messages, or those before this one.
async fn page(
    desk: &Chatwoot,
    conversation: &str,
    before: Option<u64>,
) -> Result<Vec<Message>, CallError> {
    let path = ["conversations", conversation, "messages"];
    let endpoint = desk.settings.endpoint(&path)?;
    let endpoint = match before {
        Some(id) => endpoint.query("before", &id.to_string()),
        None => endpoint,
    };
    let answer = desk.get(endpoint).await?;
    let listed: Answered<Vec<Message>> = answer.json()?;
    Ok(listed.payload)
}

impl Message {
    fn is_older_than(&self, time: Timestamp) -> bool {
        let seconds = self.created_at.as_i64();
        let at = seconds.and_then(|seconds| seconds.checked_mul(1000));
        at.is_some_and(|at| Timestamp::from_millis(at) < time)
    }
}
