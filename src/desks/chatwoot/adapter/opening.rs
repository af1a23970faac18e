//! How a handover becomes a conversation: its contact first, then the conversation, then the notes.
//!
//! Chatwoot does not know a call again, so each step looks first whether an earlier call has done it.

use reqwest::StatusCode;
use serde_json::Value;

use super::{Chatwoot, Line, Written, key, notes};
use crate::{
    desks::chatwoot::{
        actions::{
            Answered, Attributes, Contact, Conversation, MadeContact, NewAttributes, NewContact,
            NewContactInbox, NewConversation, NewLabels, NewPriority, NewStatus,
        },
        contact::Person,
        wishes::Wishes,
    },
    domain::{
        delivery::{DeskJob, Done, Failure, Past},
        retry::ErrorClass,
    },
    outbound::CallError,
};

/// Why a handover is refused.
const BLOCKED: &str = "blocked";

/// A conversation, and what agents see in it.
struct Opened {
    id: String,
    notes: Notes,
    is_pending: bool,
}

/// What is there of the notes.
enum Notes {
    Missing,
    /// An earlier call may have broken off while they were written.
    MaybePartly,
    Told,
}

pub(super) async fn open(desk: &Chatwoot, job: DeskJob<'_>, past: &Past) -> Result<Done, Failure> {
    let attributes = Attributes::of(job);
    let contact = contact(desk, &Person::of(job.about)).await?;
    if contact.blocked == Some(true) {
        return Ok(refused());
    }
    let opened = match opened_before(desk, &contact, &attributes).await? {
        Some(opened) => opened,
        None => match open_anew(desk, job, &contact, &attributes).await? {
            Some(opened) => opened,
            None => return Ok(refused()),
        },
    };
    let mut done = match show(desk, job, past, &opened).await {
        Ok(shown) => shown,
        Err(failure) => return Err(broken_off(desk, &opened, failure).await),
    };
    if !matches!(opened.notes, Notes::Told)
        && let Some(marked) = mark_as_told(desk, &opened.id, attributes).await
    {
        done = marked;
    }
    Ok(Done {
        reference: Some(opened.id),
        ..done
    })
}

/// To agents, with the notes. What it gives is of the last of its calls.
async fn show(
    desk: &Chatwoot,
    job: DeskJob<'_>,
    past: &Past,
    opened: &Opened,
) -> Result<Done, Failure> {
    let mut done = Done::default();
    if opened.is_pending {
        done = Done::from(&desk.set_status(&opened.id, NewStatus::OPEN).await?);
    }
    let written = match opened.notes {
        Notes::Missing => Written::default(),
        Notes::MaybePartly => Written::look_up(desk, &opened.id, job).await?,
        Notes::Told => return Ok(done),
    };
    sort(desk, &opened.id, &Wishes::of(&job.about.handover.options)).await;
    let told = tell(desk, &opened.id, unwritten(job, past, &written)).await?;
    Ok(told.unwrap_or(done))
}

/// There is a conversation, whatever has gone wrong behind it, so the desk is not taken for one that was never called: a
/// retry goes on with what was made, and the end resolves it. Told as it is, the failure would say that nothing was made.
/// What will be refused the next time as well is taken back, and another desk may be asked at once.
async fn broken_off(desk: &Chatwoot, opened: &Opened, failure: Failure) -> Failure {
    let is_new = matches!(opened.notes, Notes::Missing);
    if is_new && is_final(&failure) {
        let resolved = desk.set_status(&opened.id, NewStatus::RESOLVED).await;
        if resolved.is_ok() {
            return failure;
        }
    }
    let class = match failure.class {
        // Of the two that say that it may have arrived, the one that waits for as long as it is asked to.
        ErrorClass::Busy | ErrorClass::RateLimited => ErrorClass::Busy,
        _ => ErrorClass::Ambiguous,
    };
    Failure { class, ..failure }
}

fn is_final(failure: &Failure) -> bool {
    matches!(
        failure.class,
        ErrorClass::Rejected
            | ErrorClass::Duplicate
            | ErrorClass::Redirected
            | ErrorClass::Unsupported
    )
}

async fn contact(desk: &Chatwoot, person: &Person) -> Result<Contact, CallError> {
    if let Some(found) = find_contact(desk, person).await? {
        return Ok(found);
    }
    match make_contact(desk, &with_addresses(desk, person)).await {
        Err(fault) if is_unprocessable(&fault) => {}
        made => return made,
    }
    // Somebody has it already: an earlier call of ours this user, or another contact the address.
    if let Some(found) = find_contact(desk, person).await? {
        return Ok(found);
    }
    make_contact(desk, &without_addresses(desk, person)).await
}

pub(super) async fn find_contact(
    desk: &Chatwoot,
    person: &Person,
) -> Result<Option<Contact>, CallError> {
    let endpoint = desk.settings.endpoint(&["contacts", "search"])?;
    let answer = desk.get(endpoint.query("q", &person.identifier)).await?;
    let found: Answered<Vec<Contact>> = answer.json()?;
    let mut found = found.payload.into_iter();
    Ok(found.find(|contact| contact.identifier.as_deref() == Some(&person.identifier)))
}

async fn make_contact(desk: &Chatwoot, contact: &NewContact<'_>) -> Result<Contact, CallError> {
    let answer = desk.post(&["contacts"], contact).await?;
    let made: Answered<MadeContact> = answer.json()?;
    Ok(made.payload.into_contact())
}

fn with_addresses<'a>(desk: &Chatwoot, person: &'a Person) -> NewContact<'a> {
    NewContact {
        inbox_id: desk.settings.inbox_id,
        identifier: &person.identifier,
        name: &person.name,
        email: person.email.as_deref(),
        phone_number: person.phone_number.as_deref(),
        custom_attributes: serde_json::Map::new(),
    }
}

/// The agent reads them, and Chatwoot does not take them for those of the contact that has them.
fn without_addresses<'a>(desk: &Chatwoot, person: &'a Person) -> NewContact<'a> {
    NewContact {
        email: None,
        phone_number: None,
        custom_attributes: person.addresses(),
        ..with_addresses(desk, person)
    }
}

fn is_unprocessable(fault: &CallError) -> bool {
    matches!(fault, CallError::Refused(refusal) if refusal.status == StatusCode::UNPROCESSABLE_ENTITY)
}

/// By what the contact is reached in the inbox.
async fn source(desk: &Chatwoot, contact: &Contact) -> Result<String, CallError> {
    let inbox_id = desk.settings.inbox_id;
    if let Some(source) = contact.source_in(inbox_id) {
        return Ok(source.to_owned());
    }
    let path = ["contacts", &contact.id.to_string(), "contact_inboxes"];
    let answer = desk.post(&path, &NewContactInbox { inbox_id }).await?;
    let made: Value = answer.json()?;
    let source = made
        .pointer("/source_id")
        .or(made.pointer("/payload/source_id"));
    let source = source.and_then(Value::as_str);
    source
        .map(str::to_owned)
        .ok_or_else(|| answer.not_understood())
}

/// Those that earlier calls for the same leg have made, and that are not over.
pub(super) async fn conversations(
    desk: &Chatwoot,
    contact: &Contact,
    attributes: &Attributes,
) -> Result<Vec<Conversation>, CallError> {
    let path = ["contacts", &contact.id.to_string(), "conversations"];
    let answer = desk.get(desk.settings.endpoint(&path)?).await?;
    let found: Answered<Vec<Conversation>> = answer.json()?;
    let found = found.payload.into_iter();
    let ours = found.filter(|conversation| conversation.is_open_for(attributes));
    Ok(ours.collect())
}

async fn opened_before(
    desk: &Chatwoot,
    contact: &Contact,
    attributes: &Attributes,
) -> Result<Option<Opened>, CallError> {
    let ours = conversations(desk, contact, attributes).await?;
    Ok(ours.into_iter().next().map(|ours| Opened {
        id: ours.id.to_string(),
        notes: if ours.lacks_notes() {
            Notes::MaybePartly
        } else {
            Notes::Told
        },
        is_pending: ours.is_pending(),
    }))
}

/// `None`: the contact is blocked, which some versions tell by nothing but how the conversation begins.
async fn open_anew(
    desk: &Chatwoot,
    job: DeskJob<'_>,
    contact: &Contact,
    attributes: &Attributes,
) -> Result<Option<Opened>, CallError> {
    let wishes = Wishes::of(&job.about.handover.options);
    let source_id = source(desk, contact).await?;
    let conversation = NewConversation {
        source_id: &source_id,
        inbox_id: desk.settings.inbox_id,
        contact_id: contact.id,
        status: NewStatus::OPEN,
        team_id: wishes.team_id,
        assignee_id: wishes.assignee_id,
        custom_attributes: attributes,
    };
    let answer = desk.post(&["conversations"], &conversation).await?;
    let made: Conversation = answer.json()?;
    Ok((!made.is_resolved()).then(|| Opened {
        id: made.id.to_string(),
        notes: Notes::Missing,
        is_pending: made.is_pending(),
    }))
}

/// Where agents find it among others. The user waits for an agent, not for a label: whatever goes wrong may.
async fn sort(desk: &Chatwoot, conversation: &str, wishes: &Wishes<'_>) {
    if let Some(priority) = wishes.priority {
        let path = ["conversations", conversation, "toggle_priority"];
        let set = desk.post(&path, &NewPriority { priority }).await;
        warn_of(set.map(drop), "priority");
    }
    if !wishes.labels.is_empty() {
        let path = ["conversations", conversation, "labels"];
        let labels = NewLabels {
            labels: &wishes.labels,
        };
        warn_of(desk.post(&path, &labels).await.map(drop), "labels");
    }
}

fn warn_of(set: Result<(), CallError>, option: &'static str) {
    if let Err(fault) = set {
        tracing::warn!(error = %fault, option, "a conversation goes without what its route asks for");
    }
}

fn refused() -> Done {
    Done {
        refused: Some(BLOCKED.to_owned()),
        ..Done::default()
    }
}

/// One that Chatwoot does not want is left out: the user waits for an agent, not for a note. `None`: it took none.
async fn tell(
    desk: &Chatwoot,
    conversation: &str,
    notes: impl Iterator<Item = (String, Line)>,
) -> Result<Option<Done>, Failure> {
    let mut done = None;
    for (key, note) in notes {
        let written = desk.write(conversation, &note.under(&key)).await;
        match written.map_err(Failure::from) {
            Ok(answer) => done = Some(Done::from(&answer)),
            Err(failure)
                if !matches!(failure.class, ErrorClass::Rejected | ErrorClass::Duplicate) =>
            {
                return Err(failure);
            }
            Err(_) => {}
        }
    }
    Ok(done)
}

/// Under their keys, without those that stand there.
fn unwritten(
    job: DeskJob<'_>,
    past: &Past,
    written: &Written,
) -> impl Iterator<Item = (String, Line)> {
    let notes = notes::of(job.about, past).into_iter().enumerate();
    let notes = notes.map(move |(index, text)| (key(job, index), Line::note(text)));
    notes.filter(|(key, _)| !written.has(key))
}

/// Only who opens it again looks at this, so whatever goes wrong may.
async fn mark_as_told(desk: &Chatwoot, conversation: &str, attributes: Attributes) -> Option<Done> {
    let path = ["conversations", conversation, "custom_attributes"];
    let attributes = NewAttributes {
        custom_attributes: &attributes.told(),
    };
    match desk.post(&path, &attributes).await {
        Ok(answer) => Some(Done::from(&answer)),
        Err(fault) => {
            tracing::debug!(error = %fault, "a conversation is not marked as told");
            None
        }
    }
}
