//! What an adapter is asked to do: a job for every task of its side.

use serde_json::{Map, json};
use uuid::Uuid;

use super::{Adapter, canary::TEXT};
use crate::domain::{
    conversation::{ConversationKey, Profile, ResumeContract, UserProfile},
    delivery::{About, Done, Failure, HandoverFacts, Job, LegFacts, Past, Standing, Task},
    fallback::{Capabilities, Part},
    ids::{
        BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId, MessageId,
    },
    message::{Actor, Content, Message},
    taken::Taken,
    time::Timestamp,
};

/// The names of this file keep to their rules.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a name of the suite's own is no name")]
pub(super) struct BadName;

const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const MESSAGE: MessageId = MessageId::from_uuid(Uuid::from_u128(0x02));

impl Adapter {
    pub(super) fn capabilities(&self) -> Capabilities {
        match self {
            Self::Bot(bot) => bot.facts().capabilities,
            Self::Desk(desk) => desk.facts().capabilities,
        }
    }

    /// Everything that it can be asked.
    pub(super) fn tasks(&self) -> Vec<Task> {
        let Self::Bot(bot) = self else {
            return vec![
                Task::Open { upto: 2 },
                Task::Message {
                    message: MESSAGE,
                    part: None,
                },
                Task::Placeholder { message: MESSAGE },
                Task::Failed {
                    message: MESSAGE,
                    reason: "too_long".to_owned(),
                },
                Task::Close {
                    reason: "idle".into(),
                },
            ];
        };
        let facts = bot.facts();
        let mut tasks = vec![
            Task::Say {
                message: MESSAGE,
                notice: false,
                part: None,
                speaker: None,
                answer: None,
            },
            Task::Forget,
        ];
        let (history, session) = (facts.look_ups.history, facts.look_ups.session);
        if history || session {
            tasks.push(Task::LookUp { history, session });
        }
        tasks.extend((0..facts.pause_steps).map(|index| Task::Pause { index }));
        tasks.extend((0..facts.resume_steps).map(|index| Task::resume(index, &contract())));
        tasks
    }

    pub(super) async fn perform(&self, job: &Job) -> Result<Done, Failure> {
        match self {
            Self::Bot(bot) => bot.perform(job.for_bot()?).await,
            Self::Desk(desk) => desk.perform(job.for_desk()?).await,
        }
    }

    /// The task that brings one part of a message to the reader.
    pub(super) fn telling(&self, part: Option<Part>) -> Task {
        match self {
            Self::Bot(_) => Task::Say {
                message: MESSAGE,
                notice: false,
                part,
                speaker: None,
                answer: None,
            },
            Self::Desk(_) => Task::Message {
                message: MESSAGE,
                part,
            },
        }
    }
}

/// A job of this task, whose message says this.
pub(super) fn job(task: Task, content: Content) -> Result<Job, BadName> {
    let is_for_user = matches!(task, Task::Say { .. });
    let name = || Some(TEXT.to_owned());
    let help = Content::text(format!("help {TEXT}"));
    let about = About {
        delivery: DeliveryId::from_uuid(Uuid::from_u128(0x0d)),
        created_at: START,
        conversation: ConversationId::from_uuid(Uuid::from_u128(0x0c)),
        key: ConversationKey {
            bot: BotName::new("webshop").map_err(|_| BadName)?,
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("user-1").map_err(|_| BadName)?,
        },
        profile: Profile {
            platform_bot_id: Some("b1".to_owned()),
            version: Some("LIVE".to_owned()),
            channel: Some("web".to_owned()),
            language: Some("en".to_owned()),
            user: UserProfile {
                id: Some("user-1".to_owned()),
                first_name: name(),
                last_name: name(),
                avatar_url: None,
                fields: Map::new(),
            },
        }
        .into(),
        handover: HandoverFacts {
            id: HandoverId::from_uuid(Uuid::from_u128(0x0a)),
            language: "en".to_owned(),
            payload: Some(json!({"department": "sales"})),
            options: Map::new(),
        },
    };
    let leg = LegFacts {
        id: LegId::from_uuid(Uuid::from_u128(0x0e)),
        desk: DeskName::new("support").map_err(|_| BadName)?,
        standing: Standing::Named("conversation-7".to_owned()),
        taken: Taken::default(),
    };
    let speaker = if is_for_user {
        Actor::Agent
    } else {
        Actor::User
    };
    let before = MessageId::from_uuid(Uuid::from_u128(0x01));
    Ok(Job {
        about,
        task,
        taken: Taken::default(),
        leg: Some(leg),
        message: Some(message(MESSAGE, speaker, content)),
        past: Past {
            messages: vec![message(before, Actor::User, help)],
            total: 1,
        },
    })
}

fn message(id: MessageId, actor: Actor, content: Content) -> Message {
    Message {
        id,
        seq: 2,
        actor,
        at: START,
        content,
        handover: None,
        late: false,
        raw: None,
    }
}

fn contract() -> ResumeContract {
    ResumeContract {
        reason: "solved".into(),
        agent: Some(TEXT.to_owned()),
        seconds: 61,
        unanswered: true,
        dialog_state: None,
    }
}
