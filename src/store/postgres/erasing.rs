//! The turns of an erasure, which any replica may take.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    columns::values,
    erase::{self, Untold},
    fault::Fault,
    memory::Change,
    operator::GiveUp,
    subject::Subject,
    take_away::{Left, TakeAway},
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{event::Event, ids::ErasureId},
    store::{Erased, Erasure, Error, Whose},
};

/// As many conversations are erased side by side.
const AT_ONCE: usize = 50;

pub(super) async fn begin(
    ground: &Arc<Ground>,
    whose: Whose,
    at_platform: bool,
) -> Result<Erasure, Error> {
    let found = erase::find(ground, &whose).await?;
    let id = ErasureId::from_uuid((ground.new_id)());
    erase::begin(ground, id, found, at_platform).await?;
    // Before anything else: whoever asked may not wait for the rest.
    ground.memory.apply(vec![Change::Erasing], Vec::new());
    tell_to_end(ground).await?;
    let begun = erase::view(ground, id).await?;
    begun.ok_or_else(|| Fault::Missing.into())
}

pub(super) async fn go_on(ground: &Arc<Ground>, limit: usize) -> Result<Erased, Error> {
    let told = tell_to_end(ground).await?;
    let given_up = give_up_overdue(ground).await?;
    let taken = take_away(ground, limit).await?;
    let is_more_to_come = erase::finish(ground).await?;
    Ok(if told + given_up + taken > 0 {
        Erased::More
    } else if is_more_to_come {
        Erased::Waits
    } else {
        Erased::All
    })
}

/// Has handovers end that have not been told to yet.
async fn tell_to_end(ground: &Arc<Ground>) -> Result<usize, Error> {
    let untold = erase::untold(ground, AT_ONCE).await?;
    let steps = untold.iter().map(|untold| ground.step(Tell(*untold)));
    futures_util::future::try_join_all(steps).await?;
    Ok(untold.len())
}

async fn give_up_overdue(ground: &Arc<Ground>) -> Result<usize, Error> {
    let overdue = erase::overdue(ground, AT_ONCE).await?;
    for delivery in &overdue {
        ground.step(GiveUp(*delivery)).await?;
    }
    Ok(overdue.len())
}

/// Takes conversations away in which nothing is owed any more. Says how many.
async fn take_away(ground: &Arc<Ground>, limit: usize) -> Result<usize, Error> {
    let mut remains = erase::remains(ground, AT_ONCE).await?;
    erase::look_through(ground, &mut remains).await?;
    let found = remains.len();
    for one in remains {
        let mut step = TakeAway::new(one, limit);
        while let (Left::Rows, rest) = ground.step(step).await? {
            step = rest.next();
        }
    }
    Ok(found)
}

/// Tells a conversation that it is to be erased.
struct Tell(Untold);

#[async_trait]
impl Attempt for Tell {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        let Untold {
            conversation,
            erasure,
            at_platform,
        } = self.0;
        let sql = "SELECT FROM erasing WHERE conversation = $1 AND erasure = $2 AND NOT told";
        if work
            .row(sql, values![conversation, erasure])
            .await?
            .is_none()
        {
            return Ok(());
        }
        // Retention may have been quicker.
        if let Some(subject) = Subject::by_id(work, conversation, &[]).await? {
            let event = Event::EraseRequested { at_platform };
            subject.turn(work, &event).await?;
        }
        work.write(
            "WITH told AS (UPDATE erasing SET told = TRUE WHERE conversation = $1 AND erasure = $2 AND NOT told \
             RETURNING 1) SELECT handover_expect(count(*), 1) FROM told",
            values![conversation, erasure],
        );
        Ok(())
    }
}
