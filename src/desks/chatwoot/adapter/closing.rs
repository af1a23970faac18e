//! The end of a handover: its conversation is resolved, also where no answer has ever said which that is.

use super::{Attempt, Chatwoot, REOPEN_AFTER, opening, to_be_looked_up};
use crate::{
    desks::chatwoot::{
        actions::{Attributes, NewStatus},
        contact::Person,
    },
    domain::{
        delivery::{DeskJob, Done, Failure},
        retry::ErrorClass,
    },
    outbound::CallError,
};

pub(super) async fn close(
    desk: &Chatwoot,
    job: DeskJob<'_>,
    attempt: Attempt,
) -> Result<Done, Failure> {
    let conversations = if let Some(reference) = job.leg.reference() {
        vec![reference.to_owned()]
    } else {
        let made = made(desk, job).await;
        made.map_err(|fault| to_be_looked_up(fault.into()))?
    };
    if conversations.is_empty() && attempt == Attempt::First {
        // The call that was cut off may still be under way at Chatwoot.
        return Err(Failure {
            retry_after: Some(REOPEN_AFTER),
            ..Failure::of(ErrorClass::Busy)
        });
    }
    let mut done = Done::default();
    for conversation in conversations {
        let closed = desk.set_status(&conversation, NewStatus::RESOLVED).await?;
        done = Done::from(&closed);
    }
    Ok(done)
}

/// What an opening has made that broke off: nothing, or a conversation, or two where it was made twice.
async fn made(desk: &Chatwoot, job: DeskJob<'_>) -> Result<Vec<String>, CallError> {
    let Some(contact) = opening::find_contact(desk, &Person::of(job.about)).await? else {
        return Ok(Vec::new());
    };
    let attributes = Attributes::of(job);
    let made = opening::conversations(desk, &contact, &attributes).await?;
    let numbers = made.iter().map(|conversation| conversation.id.to_string());
    Ok(numbers.collect())
}
