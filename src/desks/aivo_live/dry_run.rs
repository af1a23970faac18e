//! Handovers as the templates may meet them, so that what only shows when a template is filled in shows before the first
//! user waits for an answer.

use serde_json::{Map, json};
use uuid::Uuid;

use super::{Settings, actions::kept_as, adapter::desk_ref, hash, message::Told};
use crate::{
    domain::{
        delivery::LegFacts,
        fallback,
        ids::{DeskName, LegId, MessageId},
        message::{Actor, Content, MediaKind, Message},
        taken::Taken,
        time::Timestamp,
    },
    outbound::{
        request::{DryRunError, RequestTemplate},
        template::{Context, TemplateError},
    },
};

const ID: Uuid = Uuid::from_u128(0x01a1_f000_0000_7000_8000_0000_0000_0001);
const CONVERSATION: &str = "d5211892-e170-4d4a-b2dd-de705b595674";

impl Settings {
    /// What is wrong with each template, the first of it.
    pub(super) fn dry_run(&self) -> Vec<DryRunError> {
        let message = || -> Result<(), TemplateError> {
            for context in self.examples() {
                for content in contents() {
                    self.try_message(&context, &content)?;
                }
            }
            Ok(())
        };
        let close = || -> Result<(), TemplateError> {
            for context in self.examples() {
                try_one(&self.close, &context.with("reason", "ended"))?;
            }
            Ok(())
        };
        let tried = [(&self.message, message()), (&self.close, close())];
        let faults = tried.into_iter().filter_map(|(request, tried)| {
            let at = request.at().clone();
            let source = tried.err()?;
            Some(DryRunError { at, source })
        });
        faults.collect()
    }

    fn try_message(&self, known: &Context, content: &Content) -> Result<(), TemplateError> {
        let example = example(content.clone());
        let able = &self.capabilities;
        let parts = fallback::said(content, None, able).unwrap_or_default();
        parts.iter().try_for_each(|part| {
            let filled = known.clone().with("message", Told::part(&example, part));
            try_one(&self.message, &filled)
        })
    }

    /// One with all that Aivo may answer, one that is known by an event alone, and one of which nothing is known.
    fn examples(&self) -> [Context; 3] {
        let answered = json!({"customToken": "example", "messageQueueId": 1});
        let answered = Taken::from_iter([(kept_as(CONVERSATION), answered)]);
        [
            (Some(CONVERSATION), answered),
            (Some(CONVERSATION), Taken::default()),
            (None, Taken::default()),
        ]
        .map(|(reference, taken)| {
            let known = desk_ref_example(reference, taken);
            self.context()
                .with("desk_ref", known)
                .with("handover_id", ID)
                .with("language", "en")
        })
    }
}

fn desk_ref_example(reference: Option<&str>, taken: Taken) -> Map<String, serde_json::Value> {
    let id = LegId::from_uuid(ID);
    let effective = hash::effective(id, &"example".into());
    let desk = DeskName::new("example");
    desk.map(|desk| {
        let leg = LegFacts::new(id, desk, reference.map(str::to_owned), taken);
        desk_ref(&leg, effective)
    })
    .unwrap_or_default()
}

fn contents() -> [Content; 2] {
    let file = Content::Media {
        kind: MediaKind::File,
        url: "https://example.com/file.pdf".to_owned(),
        name: None,
        caption: None,
    };
    [Content::text("example"), file]
}

fn example(content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(ID),
        seq: 1,
        actor: Actor::User,
        at: Timestamp::from_millis(0),
        content,
        handover: None,
        late: false,
        raw: None,
    }
}

fn try_one(request: &RequestTemplate, context: &Context) -> Result<(), TemplateError> {
    request.dry_run(context)
}
