//! What is gone from the configuration is taken away: handovers end, and what is owed becomes dead letters.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    columns::{self, values},
    fault::Fault,
    giving_up,
    subject::Subject,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{delivery::Destination, event::Event, ids::ConversationId},
    store::{Error, Gone, given_up::GivenUp},
};

/// Says how many handovers and deliveries it took away. Each is a step of its own: whatever stands in the way of one
/// does not stand in the way of the others.
pub(super) async fn remove(
    ground: &Arc<Ground>,
    gone: &Gone,
    limit: usize,
) -> Result<usize, Error> {
    let mut ended = end_handovers(ground, gone, limit).await?;
    if ended < limit {
        ended += bury_deliveries(ground, gone, limit - ended).await?;
    }
    Ok(ended)
}

/// Goes on to the next page where there was nothing on one that could be ended.
async fn end_handovers(ground: &Arc<Ground>, gone: &Gone, limit: usize) -> Result<usize, Error> {
    let (sql, name, event) = match gone {
        Gone::Desk(desk) => (
            "SELECT conversation FROM handovers WHERE ended_at IS NULL AND phase <> 'closing' AND desk = $1 \
             AND conversation > $2 ORDER BY conversation LIMIT $3",
            desk.as_str(),
            Event::DeskRemoved { desk: desk.clone() },
        ),
        Gone::Bot(bot) => (
            "SELECT id FROM conversations WHERE wake_at IS NOT NULL AND bot = $1 AND id > $2 ORDER BY id LIMIT $3",
            bot.as_str(),
            Event::BotRemoved,
        ),
    };
    let (mut ended, mut next) = (0, Some(ConversationId::from_uuid(Uuid::nil())));
    while let Some(after) = next.filter(|_| ended == 0) {
        let values = values![name, after, columns::number(limit)];
        let found = ground.database.rows(sql, values).await?;
        next = None;
        for row in &found {
            let conversation = row.try_get(0).map_err(Fault::from)?;
            next = Some(conversation).filter(|_| found.len() == limit);
            let event = event.clone();
            let remove = Remove {
                conversation,
                event,
            };
            match ground.step(remove).await {
                Ok(done) => ended += usize::from(done),
                Err(Error::Corrupt(error)) => tracing::error!(
                    error = &*error,
                    conversation.id = %conversation,
                    "what is gone from the configuration cannot be taken away here"
                ),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(ended)
}

/// Nobody will ever claim these.
async fn bury_deliveries(ground: &Arc<Ground>, gone: &Gone, limit: usize) -> Result<usize, Error> {
    let destination = match gone {
        Gone::Desk(desk) => Destination::Desk(desk.clone()),
        Gone::Bot(bot) => Destination::Bot(bot.clone()),
    };
    let sql = "SELECT row, id FROM deliveries WHERE settled_at IS NULL AND destination = $1 AND row > $2 \
               ORDER BY row LIMIT $3";
    let (mut buried, mut next) = (0, Some(0_i64));
    while let Some(after) = next.filter(|_| buried == 0) {
        let values = values![&destination, after, columns::number(limit)];
        let found = ground.database.rows(sql, values).await?;
        next = None;
        for row in &found {
            let at: i64 = row.try_get(0).map_err(Fault::from)?;
            next = Some(at).filter(|_| found.len() == limit);
            let delivery = row.try_get(1).map_err(Fault::from)?;
            match giving_up::give_up(ground, delivery, GivenUp::Removed).await {
                Ok(done) => buried += usize::from(done),
                Err(Error::Corrupt(error)) => tracing::error!(
                    error = &*error,
                    delivery.id = %delivery,
                    "what is gone from the configuration cannot be taken away here"
                ),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(buried)
}

struct Remove {
    conversation: ConversationId,
    event: Event,
}

#[async_trait]
impl Attempt for Remove {
    type Done = bool;

    async fn attempt(&mut self, work: &mut Work) -> Result<bool, Fault> {
        let subject = Subject::existing(work, self.conversation).await?;
        let (_, turned) = subject.turn(work, &self.event).await?;
        Ok(!turned.effects.is_empty())
    }
}
