//! Puts together what claimed deliveries are about, from committed rows.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{columns, fault::Fault, transcript, views::message_at, work::Ground};
use crate::{
    domain::{
        delivery::{About, Destination, Job, Lane, LegFacts, Past, Task},
        ids::{DeliveryId, MessageId},
        taken::Taken,
    },
    store::job::{Excerpt, Loaded, transcript_limit},
};

/// Why a delivery cannot be put together.
#[derive(Debug)]
pub(super) enum Unfit {
    /// A newer version wrote it, to this destination: it is left to one.
    Newer(Destination),
    /// What is stored of it cannot be read.
    Broken(Fault),
    /// The delivery, or its conversation.
    Gone,
}

/// From a row in which the columns of `handover_jobs` stand from one on; all of them are empty if the delivery is gone.
pub(super) async fn load(
    ground: &Ground,
    row: &Row,
    from: usize,
    lane: Uuid,
) -> Result<Loaded, Unfit> {
    let mut loaded = read(row, from, lane)?;
    let added = add_messages(ground, &mut loaded.job, row, from + MESSAGE).await;
    added.map_err(Unfit::Broken)?;
    Ok(loaded)
}

/// Where among these columns the message begins that the task names.
const MESSAGE: usize = 12;

/// What is taken from a column that is mostly empty.
fn taken(row: &Row, column: usize) -> Result<Taken, Fault> {
    match row.try_get::<_, Option<&str>>(column)? {
        None => Ok(Taken::default()),
        Some(_) => columns::json(row, column),
    }
}

fn read(row: &Row, from: usize, lane: Uuid) -> Result<Loaded, Unfit> {
    match row.try_get::<_, Option<DeliveryId>>(from) {
        Ok(Some(delivery)) => {
            let destination = row.try_get(from + 1);
            let destination: Destination =
                destination.map_err(|error| Unfit::Broken(error.into()))?;
            let Ok(task) = columns::json(row, from + 2) else {
                return Err(Unfit::Newer(destination));
            };
            read_known((row, from), (delivery, lane, task)).map_err(Unfit::Broken)
        }
        Ok(None) => Err(Unfit::Gone),
        Err(error) => Err(Unfit::Broken(error.into())),
    }
}

fn read_known(
    (row, from): (&Row, usize),
    (delivery, lane, mut task): (DeliveryId, Uuid, Task),
) -> Result<Loaded, Fault> {
    let destination: Destination = row.try_get(from + 1)?;
    let lane = columns::lane(lane, &destination);
    let state: Excerpt = columns::json(row, from + 7)?;
    // A user may be erased who never had a handover.
    let no_facts = row.try_get::<_, Option<&str>>(from + 8)?.is_none();
    let handover = if matches!(task, Task::Forget) && no_facts {
        state.no_handover(row.try_get(from + 6)?)
    } else {
        columns::json(row, from + 8)?
    };
    let leg = match (lane, &destination) {
        (Lane::Leg(id), Destination::Desk(desk)) => Some(LegFacts::new(
            id,
            desk.clone(),
            row.try_get(from + 10)?,
            taken(row, from + 11)?,
        )),
        _ => None,
    };
    if let Task::Resume { contract, .. } = &mut task {
        contract.unanswered |= state.is_unanswered(handover.id);
    }
    Ok(Loaded {
        job: Box::new(Job {
            about: About {
                delivery,
                created_at: row.try_get(from + 4)?,
                conversation: state.id,
                key: state.key,
                profile: state.profile,
                handover,
            },
            task,
            taken: taken(row, from + 9)?,
            leg,
            message: None,
            past: Past::default(),
        }),
        attempts: u32::try_from(row.try_get::<_, i64>(from + 3)?).unwrap_or(u32::MAX),
        destination,
        trace: row.try_get(from + 5)?,
    })
}

/// Adds the messages that the task names. The one that it names by its id stands in the row from a column on.
async fn add_messages(ground: &Ground, job: &mut Job, row: &Row, from: usize) -> Result<(), Fault> {
    if let (Task::Open { upto }, Some(leg)) = (&job.task, &job.leg) {
        let limit = transcript_limit(&ground.transcript_limits, &leg.desk);
        job.past = transcript::upto(ground, job.about.conversation, *upto, limit).await?;
    }
    if let Some(id) = job.task.message()
        && row.try_get::<_, Option<MessageId>>(from)? == Some(id)
    {
        job.message = Some(message_at(row, from)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::arguments::declared::gives, *};

    #[test]
    fn the_message_stands_where_the_function_has_it() {
        let columns = gives("handover_jobs");
        assert_eq!(columns[MESSAGE], "message UUID");
    }
}
