//! What Chatlayer knows of a conversation: what was said in it, and the bot's session data.
//!
//! A desk waits for this while the user does, so each part has its time and the whole is worth something in part. Which
//! call tells the history is a setting, since none of them is documented to be there for good.

use std::{collections::HashMap, time::Duration};

use serde_json::value::RawValue;
use tokio::time::timeout;

use super::{Chatlayer, hook::past, realm::Realm};
use crate::{
    bots::failures::not_an_id,
    config::History,
    domain::{
        delivery::{BotJob, Done, Failure, Found},
        policy::LookUps,
        retry::ErrorClass,
    },
    outbound::{Answer, Call, CallError},
};

/// Whoever asked goes on without after a second, see `handover.decide_within`. What was found by then must not be lost for
/// what was not.
const WITHIN: Duration = Duration::from_millis(800);
/// A few hundred messages with their buttons.
const HISTORY_LIMIT: usize = 1024 * 1024;
/// How deep a list may lie in its answer.
const NESTED: u8 = 3;

/// What an answer has told, and for how long Chatlayer takes no more calls after it.
pub(super) struct Heard<T> {
    pub(super) told: T,
    pub(super) quiet_for: Option<Duration>,
}

/// Messages as an answer lists them.
type Rows = Vec<Box<RawValue>>;

struct Page {
    rows: Rows,
    /// How many there are in all, where that is told.
    count: Option<usize>,
    quiet_for: Option<Duration>,
}

impl Chatlayer {
    /// What can be found of what is wanted. It fails only if nothing of it could be.
    pub(super) async fn look_up(&self, job: BotJob<'_>, wanted: LookUps) -> Result<Done, Failure> {
        let history = wanted.history && self.settings.history != History::Off;
        let (listed, session) = tokio::join!(
            in_time(history, self.history(job)),
            in_time(wanted.session, self.session_data(job)),
        );
        let mut done = Done::default();
        let mut failures = Vec::new();
        match listed {
            Some(Ok(rows)) => {
                done.found.transcript = past::transcript(&job.about.key, &rows.told);
                done.quiet_for = done.quiet_for.max(rows.quiet_for);
            }
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        match session {
            Some(Ok(data)) => {
                done.found.session = Some(data.told);
                done.quiet_for = done.quiet_for.max(data.quiet_for);
            }
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        let nothing = done.found == Found::default();
        match failures.into_iter().next() {
            Some(failure) if nothing => Err(failure),
            _ => Ok(done),
        }
    }

    async fn history(&self, job: BotJob<'_>) -> Result<Heard<Rows>, Failure> {
        match self.settings.history {
            History::Messages => {
                let endpoint = self.conversation(job, "messages")?;
                let call = Call::get(endpoint).bearer(&self.access_token());
                Ok(self.page(call).await?.into_heard())
            }
            History::Legacy => self.legacy_history(job).await,
            History::Off => Ok(Heard {
                told: Rows::new(),
                quiet_for: None,
            }),
        }
    }

    /// The legacy list has pages and tells how much there is; where it begins with the oldest, the newest are asked for.
    async fn legacy_history(&self, job: BotJob<'_>) -> Result<Heard<Rows>, Failure> {
        let first = self.page(self.legacy_page(job, 0)?).await?;
        let ends = (first.rows.first(), first.rows.last());
        let forwards =
            matches!(ends, (Some(one), Some(last)) if past::said_at(one) < past::said_at(last));
        let newest = first.count.unwrap_or(0).saturating_sub(past::NEWEST);
        if newest == 0 || !forwards {
            return Ok(first.into_heard());
        }
        let last = self.page(self.legacy_page(job, newest)?).await?;
        Ok(last.into_heard())
    }

    /// The legacy calls want their token in the query, which is why nothing of a URL but its host is ever printed.
    fn legacy_page(&self, job: BotJob<'_>, offset: usize) -> Result<Call, Failure> {
        let realm = Realm::parse(&job.about.key.realm).map_err(|_| Failure::unsupported())?;
        let bot = realm.bot_id.as_str();
        let path = ["api", "bots", bot, "history", job.about.key.user.as_str()];
        let endpoint = self.settings.api_url.join(&path).map_err(not_an_id)?;
        let endpoint = endpoint
            .query("offset", &offset.to_string())
            .query("limit", &past::NEWEST.to_string())
            .secret_query("access_token", &self.access_token());
        Ok(Call::get(endpoint))
    }

    async fn page(&self, call: Call) -> Result<Page, Failure> {
        let answer = self.outbound.send(call.answer_limit(HISTORY_LIMIT)).await?;
        Ok(Page::read(&answer)?)
    }
}

impl Page {
    fn read(answer: &Answer) -> Result<Self, CallError> {
        let body: Box<RawValue> = answer.json()?;
        let count = serde_json::from_str::<HashMap<&str, &RawValue>>(body.get()).ok();
        let count = count.and_then(|fields| fields.get("count")?.get().parse().ok());
        Ok(Self {
            rows: list_in(&body, NESTED).ok_or_else(|| answer.not_understood())?,
            count,
            quiet_for: answer.quiet_for,
        })
    }

    fn into_heard(self) -> Heard<Rows> {
        Heard {
            told: self.rows,
            quiet_for: self.quiet_for,
        }
    }
}

/// An answer that is a list, or an object with the list under one of the names in use.
fn list_in(body: &RawValue, nested: u8) -> Option<Rows> {
    if let Ok(list) = serde_json::from_str(body.get()) {
        return Some(list);
    }
    let nested = nested.checked_sub(1)?;
    let fields: HashMap<String, Box<RawValue>> = serde_json::from_str(body.get()).ok()?;
    ["data", "messages", "rows"]
        .iter()
        .find_map(|name| list_in(fields.get(*name)?, nested))
}

/// None: it is not wanted.
async fn in_time<T>(
    wanted: bool,
    looking: impl Future<Output = Result<T, Failure>>,
) -> Option<Result<T, Failure>> {
    const LATE: Failure = Failure::of(ErrorClass::Ambiguous);
    if !wanted {
        return None;
    }
    Some(timeout(WITHIN, looking).await.unwrap_or(Err(LATE)))
}

#[cfg(test)]
mod tests;
