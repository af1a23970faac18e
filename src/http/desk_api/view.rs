//! `GET /api/v1/handovers/{id}`: a handover with its transcript, for a desk that starts anew or wants the rest of it.

use std::{io, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::Call;
use crate::{
    desks::protocol::message::{HandoverBody, MessageBody},
    domain::{conversation::Phase, message::Message},
    http::{
        State,
        openapi::{self, refusals::DeskRead},
        problem::{Kind, Result},
        shed::BodyPermit,
    },
    store::{HandoverView, Page},
};

/// A handover and what was said in its conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HandoverShown)]
struct Shown<'a> {
    #[schema(value_type = openapi::desk::Handover)]
    handover: HandoverBody<'a>,
    #[schema(value_type = openapi::desk::HandoverState)]
    state: &'static str,
    /// Oldest first.
    #[schema(value_type = Vec<openapi::message::Message>)]
    transcript: Vec<MessageBody<'a>>,
}

/// What of an answer waits to be written, and what it takes up meanwhile: the desk reads it as slowly as it likes.
struct Piece {
    json: Vec<u8>,
    _room: Arc<BodyPermit>,
}

/// What comes after the first part of a transcript. It is read while the answer is written, part by part.
struct Rest {
    state: State,
    call: Call,
    /// The `seq` of the last message that has been read; none after the last of all.
    after: Option<u64>,
    room: Arc<BodyPermit>,
}

/// No answer takes up more of the room, or the longest would hardly ever find any: it is as much as a part may be.
const COUNTED: usize = 4 << 20;
/// What the JSON of [`Shown`] ends with.
const END: &[u8] = b"]}";

/// A handover that the desk has, or had last, with its whole transcript. One that has gone on to another desk is not found.
#[utoipa::path(
    get,
    path = "/api/v1/handovers/{id}",
    operation_id = "readHandover",
    tag = "desk",
    params(("id" = uuid::Uuid, Path, description = "The handover's `id`.")),
    responses(
        (
            status = 200,
            description = "The handover. A long transcript is sent part by part: if the JSON breaks off, ask again.",
            body = Shown
        ),
        DeskRead
    ),
    security(("deskToken" = [])),
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    call: Call,
) -> Result<Response> {
    let _place = call.gate.admit()?;
    let view = state
        .ask(state.store().handover(call.handover, &call.desk))
        .await?;
    let HandoverView {
        facts,
        bot,
        user,
        profile,
        phase,
        answer: _,
        transcript,
    } = view.ok_or(Kind::NotFound)?;
    let shown = Shown {
        handover: HandoverBody::new(&facts, &profile, &bot, &user),
        state: phase.map_or("closed", name),
        transcript: MessageBody::transcript(&transcript.items),
    };
    let mut json = serde_json::to_vec(&shown).map_err(|_| Kind::Internal)?;
    let after = last_of(&transcript).filter(|_| transcript.more);
    let mut room = call.gate.room();
    let counted = if after.is_some() {
        COUNTED
    } else {
        json.len().min(COUNTED)
    };
    if !room.grow(counted) {
        return Err(call.gate.shed());
    }
    let room = Arc::new(room);
    let body = if after.is_some() {
        json.truncate(json.len().saturating_sub(END.len()));
        let first = Piece::bytes(json, &room);
        let rest = Rest {
            state,
            call,
            after,
            room,
        };
        let rest = stream::try_unfold(rest, Rest::read_on);
        Body::from_stream(stream::iter([Ok(first)]).chain(rest))
    } else {
        Body::from(Piece::bytes(json, &room))
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl Rest {
    /// Where it fails the answer breaks off, and whoever reads it sees that it has.
    async fn read_on(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let Some(after) = self.after else {
            return Ok(None);
        };
        let Call { desk, handover, .. } = &self.call;
        let part = self.state.store().transcript(*handover, desk, after);
        let part = self
            .state
            .ask(part)
            .await
            .map_err(|_| io::ErrorKind::TimedOut)?;
        // The handover has gone on meanwhile: the answer is not to look as if it were whole.
        let last = last_of(&part).ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut json = Vec::new();
        for message in MessageBody::transcript(&part.items) {
            json.push(b',');
            serde_json::to_writer(&mut json, &message)?;
        }
        self.after = part.more.then_some(last);
        if self.after.is_none() {
            json.extend_from_slice(END);
        }
        Ok(Some((Piece::bytes(json, &self.room), self)))
    }
}

impl Piece {
    fn bytes(json: Vec<u8>, room: &Arc<BodyPermit>) -> Bytes {
        let room = Arc::clone(room);
        Bytes::from_owner(Self { json, _room: room })
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

fn last_of(part: &Page<Message>) -> Option<u64> {
    part.items.last().map(|message| message.seq)
}

/// A phase of a newer version is read as waiting, as the handover itself does.
fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Unknown => Phase::Waiting.label(),
        known => known.label(),
    }
}
