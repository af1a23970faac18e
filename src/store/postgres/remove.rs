//! What is gone from the configuration is taken away: handovers end, and what is owed becomes dead letters.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    columns::{self, values},
    fault::Fault,
    giving_up,
    subject::Subject,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{delivery::Destination, event::Event, ids::ConversationId},
    store::Gone,
};

/// Says how many handovers and deliveries it took away. Each is a step of its own: whatever stands in the way of one
/// does not stand in the way of the others.
pub(super) async fn remove(
    ground: &Arc<Ground>,
    gone: &Gone,
    limit: usize,
) -> Result<usize, Fault> {
    let (sql, name, event, destination) = match gone {
        Gone::Desk(desk) => (
            "SELECT conversation FROM handovers WHERE ended_at IS NULL AND phase <> 'closing' AND desk = $1 LIMIT $2",
            desk.as_str(),
            Event::DeskRemoved { desk: desk.clone() },
            Destination::Desk(desk.clone()),
        ),
        Gone::Bot(bot) => (
            "SELECT id FROM conversations WHERE wake_at IS NOT NULL AND bot = $1 LIMIT $2",
            bot.as_str(),
            Event::BotRemoved,
            Destination::Bot(bot.clone()),
        ),
    };
    let database = &ground.database;
    let mut ended = 0;
    for row in database
        .rows(sql, values![name, columns::limit(limit)])
        .await?
    {
        let remove = Remove {
            conversation: row.try_get(0)?,
            event: event.clone(),
        };
        ended += usize::from(ground.run(remove).await?);
    }
    if ended < limit {
        let sql = "SELECT id FROM deliveries WHERE settled_at IS NULL AND destination = $1 ORDER BY row LIMIT $2";
        let most = columns::limit(limit - ended);
        // Nobody will ever claim these. The operator was told with the handovers.
        for row in database.rows(sql, values![&destination, most]).await? {
            ended += usize::from(giving_up::removed(ground, row.try_get(0)?).await?);
        }
    }
    Ok(ended)
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
