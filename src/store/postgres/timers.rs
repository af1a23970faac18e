//! Deadlines: rows, fired by whichever replica looks first. Nothing here ticks; upkeep sleeps until the next one.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use super::{
    columns::{self, values},
    fault::Fault,
    replicas,
    subject::Subject,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{event::Event, ids::ConversationId, time::Timestamp},
    store::{Error, Fired, LOOK_AGAIN_AFTER, PUT_OFF_FOR},
};

/// So many deadlines are looked at side by side: some of the pool's connections are left to whoever waits for an answer.
const AT_ONCE: usize = 4;

pub(super) async fn fire(ground: &Arc<Ground>, limit: usize) -> Result<Fired, Error> {
    ground.memory.bells.forget_wake();
    let due = due(ground, limit).await?;
    let steps = due
        .into_iter()
        .map(async |conversation| (conversation, ground.step(Fire { conversation }).await));
    let mut looks = stream::iter(steps).buffer_unordered(AT_ONCE);
    let mut count = 0;
    while let Some((conversation, fired)) = looks.next().await {
        match fired {
            Ok(fired) => count += usize::from(fired),
            Err(Error::Corrupt(error)) => {
                tracing::error!(
                    error = &*error,
                    conversation.id = %conversation,
                    "a deadline cannot be looked at and is put off"
                );
                put_off(ground, conversation).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let next = next(ground).await?;
    ground.memory.bells.told_wake(next);
    Ok(Fired { count, next })
}

/// Without the state, which may be what is wrong with it.
async fn put_off(ground: &Ground, conversation: ConversationId) -> Result<(), Fault> {
    let sql = "UPDATE conversations SET wake_at = $2 WHERE id = $1 AND wake_at IS NOT NULL";
    let later = ground.clock.now().plus(PUT_OFF_FOR);
    ground
        .database
        .write(sql, values![conversation, later])
        .await?;
    Ok(())
}

/// The conversations whose time has come, the longest overdue first. Those of bots that this process does not know are
/// other replicas'.
async fn due(ground: &Ground, limit: usize) -> Result<Vec<ConversationId>, Fault> {
    let sql = "SELECT id FROM conversations WHERE wake_at <= $1 AND bot = ANY($3) ORDER BY wake_at LIMIT $2";
    let values = values![
        ground.clock.now(),
        columns::number(limit),
        replicas::bots(&ground.policy)
    ];
    let rows = ground.database.rows(sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

async fn next(ground: &Ground) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT min(wake_at) FROM conversations WHERE wake_at IS NOT NULL AND bot = ANY($1)";
    let values = values![replicas::bots(&ground.policy)];
    match ground.database.row(sql, values).await? {
        Some(row) => Ok(row.try_get(0)?),
        None => Ok(None),
    }
}

fn look_again(work: &mut Work, conversation: ConversationId, at: Timestamp) {
    let sql = "UPDATE conversations SET wake_at = $2 WHERE id = $1";
    work.write(sql, values![conversation, at]);
}

/// Looks at one conversation. Says whether its time had come: somebody may have been quicker.
struct Fire {
    conversation: ConversationId,
}

#[async_trait]
impl Attempt for Fire {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let Some(subject) = Subject::by_id(work, self.conversation, &[]).await? else {
            return Ok(false);
        };
        if subject.wake_at().is_none_or(|at| at > work.now) {
            return Ok(false);
        }
        if let Some(later) = subject.state.wake_at()
            && later > work.now
        {
            look_again(work, self.conversation, later);
            return Ok(false);
        }
        let (subject, _) = subject.turn(work, &Event::TimerFired).await?;
        if subject.state.wake_at().is_some_and(|at| at <= work.now) {
            let again = work.now.plus(LOOK_AGAIN_AFTER);
            look_again(work, self.conversation, again);
        }
        Ok(true)
    }
}
