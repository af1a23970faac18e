//! Somebody comes to a conversation, to read it or to do something.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use maud::html;
use uuid::Uuid;

use super::{
    context::Context,
    draft::Draft,
    facts,
    params::{Params, TranscriptParams},
    ready, talk, unknown,
};
use crate::{
    console::{
        extract::Path,
        faults::Fault,
        inbox,
        layout::{self, NavItem},
        session::SignedIn,
        state::State,
    },
    domain::ids::ConversationId,
    store::{self, ConversationView},
};

pub(super) struct Visit {
    pub(super) who: SignedIn,
    pub(super) state: State,
    pub(super) id: ConversationId,
    /// A script of another page makes it, and nobody is shown what it is answered.
    pub(super) is_unseen: bool,
}

pub(super) type Answer = Result<Response, Fault>;

/// As many messages are shown at once.
const PAGE: usize = 100;

impl FromRequestParts<State> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        let who = SignedIn::from_request_parts(parts, state).await?;
        let Path(id) = Path::<Uuid>::from_request_parts(parts, state).await?;
        Ok(Self {
            who,
            state: state.clone(),
            id: ConversationId::from_uuid(id),
            is_unseen: false,
        })
    }
}

impl Visit {
    /// The page with what was refused.
    pub(super) async fn page_after(&self, status: StatusCode, draft: &Draft) -> Answer {
        self.page(&Params::default(), status, draft).await
    }

    pub(super) async fn page(&self, params: &Params, status: StatusCode, draft: &Draft) -> Answer {
        let Params { inbox, transcript } = params;
        let store = self.state.store();
        let frame = self.state.frame(&self.who, NavItem::Inbox).await;
        let Some(view) = store.conversation(self.id, transcript.before, PAGE).await? else {
            return Ok(unknown(&frame));
        };
        if !self.is_unseen {
            self.looked_at(&view, transcript).await?;
        }
        let list = inbox::list(&self.state, &frame, inbox, Some(self.id)).await?;
        let user = view.state.profile.user.name();
        let context = Context::new(&self.state, &self.who, &view, user.as_deref());
        let context = context.with_waiting(frame.counts.waiting);
        let context = context.asking(&self.state, &view).await?;
        let draft = match &transcript.answer {
            Some(answer) => &with_answer(draft, answer, &context),
            None => draft,
        };
        let body = html! {
            h1.sr dir="auto" { (context.user_name()) }
            div.console__grid data-pane="talk" {
                (list)
                (talk(&view, transcript, &context, draft))
                (facts::facts(&view, &context))
            }
        };
        Ok((status, layout::page(&frame, context.user_name(), &body)).into_response())
    }

    async fn looked_at(
        &self,
        view: &ConversationView,
        transcript: &TranscriptParams,
    ) -> Result<(), store::Error> {
        let who = &self.who.operator;
        if let Some(last) = view.messages.last().filter(|_| transcript.before.is_none()) {
            let seq = last.message.seq;
            self.state.store().mark_read(self.id, who, seq).await?;
        }
        self.state.audit_view(who, self.id).await;
        Ok(())
    }
}

fn with_answer(draft: &Draft, wanted: &str, context: &Context<'_>) -> Draft {
    let answers = ready::answers(context);
    let answer = answers.into_iter().find(|(name, _)| *name == wanted);
    Draft {
        text: answer.map_or_else(|| draft.text.clone(), |(_, text)| text),
        ..draft.clone()
    }
}
