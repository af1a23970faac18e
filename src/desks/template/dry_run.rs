//! Handovers as the requests may meet them and calls as the desk may make them, so that what only shows when a template is
//! filled in shows before the first user waits.

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Hook, Settings, actions::Action, message, settings::REFERENCE};
use crate::{
    config::{Contents, Written},
    desks::protocol::message::HandoverBody,
    domain::{
        conversation::{Profile, UserProfile},
        delivery::{HandoverFacts, Past},
        ids::{BotName, HandoverId, MessageId},
        message::{Actor, Content, Message},
        time::Timestamp,
    },
    outbound::{
        request::DryRunError,
        template::{Anything, Context, TemplateError},
    },
};

/// A handover of which everything is known: its payload and options are the operator's own and may hold anything.
#[derive(Debug, Serialize)]
struct Known<'a> {
    #[serde(flatten)]
    body: &'a HandoverBody<'a>,
    payload: Anything,
    options: Anything,
}

const ID: Uuid = Uuid::from_u128(0x01a1_f000_0000_7000_8000_0000_0000_0001);
const REASON: &str = "solved";

impl Settings {
    /// What is wrong with each request, and with each example of the hook.
    pub(super) fn dry_run(&self) -> Vec<DryRunError> {
        let mut faults = Vec::new();
        let requests = &self.requests;
        let mut try_request = |action: &Action, contexts: Vec<Context>| {
            let tried = contexts
                .iter()
                .try_for_each(|context| action.dry_run(context));
            faults.extend(tried.err().map(|source| fault(&action.at, source)));
        };
        let handovers = self.handovers();
        let each =
            |with: &dyn Fn(Context) -> Context| handovers.iter().cloned().map(with).collect();
        let past = Past {
            messages: vec![example(Content::text("help"))],
            total: 1,
        };
        try_request(
            &requests.open,
            each(&|context| message::past(context, &past)),
        );
        let contents = self.contents.examples();
        for content in &contents {
            let message = example(content.clone());
            try_request(
                &requests.message,
                each(&|context| message::said(context, &message, content)),
            );
        }
        if let Some(close) = &requests.close {
            try_request(close, each(&|context| context.with("reason", REASON)));
        }
        if let Some(failed) = &requests.failed {
            try_request(
                failed,
                each(&|context| context.with("message_id", ID).with("reason", REASON)),
            );
        }
        if let Some(ping) = &requests.ping {
            try_request(ping, vec![self.context(&ID.to_string())]);
        }
        if let Some(hook) = self.hook() {
            faults.extend(hook.dry_run());
        }
        faults
    }

    /// One with everything known, one with only what there always is.
    fn handovers(&self) -> [Context; 2] {
        let desk_ref = self.example_of_answers();
        let context = || self.context(&ID.to_string()).with(REFERENCE, &desk_ref);
        let (all, least) = (profile(), Profile::default());
        let facts = HandoverFacts {
            id: HandoverId::from_uuid(ID),
            language: "en".to_owned(),
            payload: None,
            options: Map::new(),
        };
        let bot = BotName::new("example").ok();
        let handover = |profile: &Profile, all: bool| {
            let Some(bot) = &bot else { return context() };
            let body = HandoverBody::new(&facts, profile, bot, "example-user");
            let context = context().with("user", body.user());
            if all {
                let known = Known {
                    body: &body,
                    payload: Anything,
                    options: Anything,
                };
                context.with("handover", known)
            } else {
                context.with("handover", &body)
            }
        };
        [handover(&all, true), handover(&least, false)]
    }
}

impl Hook {
    fn dry_run(&self) -> Vec<DryRunError> {
        let mut faults = Vec::new();
        let examples = self.at.key.key("examples");
        for (index, example) in self.examples.iter().enumerate() {
            let at = Written {
                key: examples.index(index),
                place: self.at.place.clone(),
            };
            let mut add = |source: TemplateError| {
                let at = at.clone();
                faults.push(DryRunError { at, source });
            };
            match self.hear_with(Anything, example.as_bytes()) {
                Err(error) => add(TemplateError::Misfit(Box::new(error))),
                Ok(heard) => heard
                    .not_understood
                    .into_iter()
                    .for_each(|error| add(TemplateError::Misfit(Box::new(error)))),
            }
        }
        faults
    }
}

impl Contents {
    /// What a request may have to show.
    fn examples(self) -> Vec<Content> {
        let mut contents = vec![Content::text("hello")];
        if self == Self::Any {
            contents.extend([
                Content::Postback {
                    title: "Yes".to_owned(),
                    payload: Value::Null,
                },
                Content::Location {
                    latitude: 52.4,
                    longitude: 4.9,
                    label: None,
                },
                Content::Intro {},
                Content::Unknown { raw: json!({}) },
            ]);
        }
        contents
    }
}

fn profile() -> Profile {
    let some = |text: &str| Some(text.to_owned());
    Profile {
        platform_bot_id: some("example-bot"),
        version: some("LIVE"),
        channel: some("web"),
        language: some("en"),
        user: UserProfile {
            id: some("example-id"),
            first_name: some("Ann"),
            last_name: some("Example"),
            avatar_url: some("https://example.com/ann.png"),
            fields: Map::new(),
        },
    }
}

fn example(content: Content) -> Message {
    Message {
        id: MessageId::from_uuid(ID),
        seq: 1,
        actor: Actor::User,
        at: Timestamp::default(),
        content,
        handover: None,
        late: false,
        raw: None,
    }
}

fn fault(at: &Written, source: TemplateError) -> DryRunError {
    DryRunError {
        at: at.clone(),
        source,
    }
}
