//! The turns of an erasure, which any replica may take.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;

use super::{
    columns::values,
    erase::{self, Begun, Untold},
    fault::Fault,
    giving_up,
    memory::Change,
    subject::Subject,
    take_away::{Remaining, TakeAway},
    warnings,
    work::{Attempt, Ground, Work},
    writes::Read,
};
use crate::{
    domain::{
        effect::{Warning, WarningKind},
        event::Event,
        ids::ErasureId,
    },
    store::{Erased, Erasure, Error, Whose, erasure::ERASED_AT_ONCE, given_up::GivenUp},
};

pub(super) async fn begin(
    ground: &Arc<Ground>,
    whose: Whose,
    at_platform: bool,
    by: &str,
) -> Result<Erasure, Error> {
    let found = erase::find(ground, &whose).await?;
    let id = ErasureId::from_uuid(ground.ids.draw());
    let marked = Begun {
        id,
        at_platform,
        by,
    };
    erase::begin(ground, &marked, found).await?;
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
    let untold = erase::untold(ground, ERASED_AT_ONCE).await?;
    let steps = untold.iter().map(|untold| ground.step(Tell(*untold)));
    let told = join_all(steps).await;
    for (untold, told) in untold.iter().zip(told) {
        let Err(Error::Corrupt(error)) = told else {
            told?;
            continue;
        };
        tracing::error!(
            error = &*error,
            conversation.id = %untold.conversation,
            "a conversation cannot be read and is erased as it is"
        );
        ground.step(EndUnread(*untold)).await?;
    }
    Ok(untold.len())
}

/// Says how many: what is on its way is waited for.
async fn give_up_overdue(ground: &Arc<Ground>) -> Result<usize, Error> {
    let mut given_up = 0;
    for delivery in erase::overdue(ground, ERASED_AT_ONCE).await? {
        let gone = giving_up::give_up(ground, delivery, GivenUp::Overdue).await?;
        given_up += usize::from(gone);
    }
    Ok(given_up)
}

/// Takes conversations away in which nothing is owed any more. Says how many.
async fn take_away(ground: &Arc<Ground>, limit: usize) -> Result<usize, Error> {
    let mut remains = erase::remains(ground, ERASED_AT_ONCE).await?;
    erase::look_through(ground, &mut remains).await?;
    let found = remains.len();
    for one in remains {
        let mut step = TakeAway::new(one, limit);
        while let (Remaining::Rows, rest) = ground.step(step).await? {
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
        if !is_untold(work, &self.0).await? {
            return Ok(());
        }
        // Retention may have been quicker.
        if let Some(subject) = Subject::by_id(work, conversation, &[]).await? {
            let event = Event::EraseRequested { at_platform };
            let (_, turned) = subject.turn(work, &event).await?;
            if turned.leaves_it_to_the_platform() {
                keeps_it(work, erasure);
            }
        }
        told(work, &self.0);
        Ok(())
    }
}

/// Nothing can be decided of a conversation that cannot be read: it counts as ended from now on, and its platform is not
/// asked. What is owed in it goes out, or is given up, before it is taken away.
struct EndUnread(Untold);

#[async_trait]
impl Attempt for EndUnread {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        let Untold {
            conversation,
            erasure,
            at_platform,
        } = self.0;
        if !is_untold(work, &self.0).await? {
            return Ok(());
        }
        let sql = "SELECT revision, bot FROM conversations WHERE id = $1";
        if let Some(row) = work.row(sql, values![conversation]).await? {
            let read = Read::Revision(row.try_get(0)?);
            work.writes.read.insert(conversation, read);
            work.write(
                "UPDATE conversations SET phase = NULL, wake_at = NULL, at_desk = NULL WHERE id = $1",
                values![conversation],
            );
            if at_platform {
                keeps_it(work, erasure);
                let subject = row.try_get(1)?;
                let kind = WarningKind::NotErased;
                warnings::raise(work, &Warning { kind, subject });
            }
        }
        told(work, &self.0);
        Ok(())
    }
}

async fn is_untold(work: &mut Work, untold: &Untold) -> Result<bool, Fault> {
    let sql = "SELECT FROM erasing WHERE conversation = $1 AND erasure = $2 AND NOT told";
    let found = work.row(sql, values![untold.conversation, untold.erasure]);
    Ok(found.await?.is_some())
}

/// One more conversation of which the platform keeps what it has.
fn keeps_it(work: &mut Work, erasure: ErasureId) {
    work.write(
        "UPDATE erasures SET platform_kept = platform_kept + 1 WHERE id = $1",
        values![erasure],
    );
}

fn told(work: &mut Work, untold: &Untold) {
    work.write(
        "WITH told AS (UPDATE erasing SET told = TRUE WHERE conversation = $1 AND erasure = $2 AND NOT told \
         RETURNING 1) SELECT handover_expect(count(*), 1) FROM told",
        values![untold.conversation, untold.erasure],
    );
}
