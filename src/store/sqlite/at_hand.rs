//! Messages that are owed, with all that their calls need, so that their rows need not be read again at once.
//!
//! The step that stores such a delivery has the message, the conversation and the handover before it. A reader would look
//! for the same in five rows, of pages that have just been written and that its connection has to fetch anew. What is at
//! hand is good for one claim: an attempt after the first is made of what the rows say by then, and so is everything that
//! a later step has changed the leg or the profile of.

use std::{collections::HashMap, sync::Arc};

use super::{fault::Fault, subject::Subject, work::Work};
use crate::{
    domain::{
        conversation::Leg,
        delivery::{About, Destination, HandoverFacts, Job, Lane, LegFacts, NewDelivery, Past},
        message::Message,
        taken::Taken,
    },
    store::job::Loaded,
};

/// As many are at hand for one destination at most. Beyond that most of what is owed to it waits for others of its lanes,
/// longer than reading it takes.
const MOST: usize = 128;
/// Of a message and of the conversation's state, as JSON: longer ones are read from their rows.
const LONGEST: usize = 4 * 1024;

/// Counts what is at hand, for each destination by itself: one that takes nothing leaves the others their room.
#[derive(Debug, Default)]
pub(super) struct Room(HashMap<Destination, Arc<()>>);

/// A delivery of which nothing has been tried yet.
#[derive(Debug)]
pub(super) struct AtHand {
    pub(super) loaded: Loaded,
    _counted: Arc<()>,
}

/// What a step has recorded, with its length as JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded<'m> {
    pub(super) message: &'m Message,
    pub(super) length: usize,
}

impl Room {
    fn enter(&mut self, destination: &Destination) -> Option<Arc<()>> {
        let counted = self.0.entry(destination.clone()).or_default();
        (Arc::strong_count(counted) <= MOST).then(|| Arc::clone(counted))
    }
}

/// None: it is to be read from its rows.
pub(super) fn keep(
    work: &mut Work<'_>,
    subject: &mut Subject,
    delivery: &NewDelivery,
    recorded: Option<Recorded<'_>>,
) -> Result<Option<Box<AtHand>>, Fault> {
    let Some(message) = recorded
        .filter(|recorded| delivery.task.message() == Some(recorded.message.id))
        .filter(|recorded| recorded.length <= LONGEST && subject.length() <= LONGEST)
        .map(|recorded| recorded.message)
    else {
        return Ok(None);
    };
    if !subject.may_be_called(&delivery.destination) || subject.was_taken(work)? {
        return Ok(None);
    }
    let Some(handover) = (subject.state.handover.as_ref())
        .filter(|open| open.id == delivery.handover && subject.state.erasing.is_none())
    else {
        return Ok(None);
    };
    let leg = match delivery.lane {
        Lane::Bot(_) => None,
        Lane::Leg(id) => match handover.leg().filter(|leg| leg.id == id) {
            Some(leg) => Some(leg_facts(leg)),
            None => return Ok(None),
        },
    };
    let Some(counted) = work.room.enter(&delivery.destination) else {
        return Ok(None);
    };
    let job = Job {
        about: About {
            delivery: delivery.id,
            created_at: work.now,
            conversation: subject.state.id,
            key: subject.state.key.clone(),
            profile: subject.state.profile.clone(),
            handover: HandoverFacts::of(handover),
        },
        task: delivery.task.clone(),
        taken: Taken::default(),
        leg,
        message: Some(message.clone()),
        past: Past::default(),
    };
    let loaded = Loaded {
        job: Box::new(job),
        attempts: 0,
        destination: delivery.destination.clone(),
        trace: work.trace,
    };
    Ok(Some(Box::new(AtHand {
        loaded,
        _counted: counted,
    })))
}

fn leg_facts(leg: &Leg) -> LegFacts {
    LegFacts::new(
        leg.id,
        leg.desk.clone(),
        leg.reference.clone(),
        Taken::default(),
    )
}
