//! What an adapter is asked to do. What it may assume stands in the types: neither side can be handed the other's tasks, and
//! whatever a task needs is there.

use std::{borrow::Cow, sync::Arc};

use super::{Failure, HandoverFacts, Task};
use crate::domain::{
    conversation::{ConversationKey, Profile, ResumeContract},
    fallback::{self, Capabilities, Part, Unshowable},
    ids::{ConversationId, DeliveryId, DeskName, LegId, MessageId},
    message::{Content, Message},
    policy::LookUps,
    taken::Taken,
    time::Timestamp,
};

/// What a bot platform is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct BotJob<'j> {
    pub about: &'j About,
    /// What the platform's answers gave in this handover.
    pub taken: &'j Taken,
    pub work: BotWork<'j>,
}

#[derive(Clone, Copy, Debug)]
pub enum BotWork<'j> {
    /// Tell the user this, which an agent has said or the bridge itself.
    Say(Said<'j>),
    /// Tell what the platform knows of the conversation. Never asked for again.
    LookUp(LookUps),
    /// Silence the bot: the configured step of this index, of as many as the facts say.
    Pause { index: usize },
    /// Let the bot speak again: the same.
    Resume {
        index: usize,
        contract: &'j ResumeContract,
    },
    /// Delete what the platform keeps of the user in this conversation.
    Forget,
}

/// What a desk is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct DeskJob<'j> {
    pub about: &'j About,
    pub leg: &'j LegFacts,
    pub work: DeskWork<'j>,
}

#[derive(Clone, Copy, Debug)]
pub enum DeskWork<'j> {
    /// Take this handover, with what was said before.
    Open(&'j Past),
    /// The user said this, or the bot slipped it through.
    Message(Said<'j>),
    /// This message could not be shown: put a line in its place.
    Placeholder(&'j Message),
    /// This message of yours did not reach the user. The desk hears it however late, when the message itself may be gone.
    Failed {
        id: MessageId,
        message: Option<&'j Message>,
        reason: &'j str,
    },
    /// Your part has ended.
    Close { reason: &'j str },
}

/// What is to be shown to a reader.
#[derive(Clone, Copy, Debug)]
pub struct Said<'j> {
    pub message: &'j Message,
    /// One part of it; none: all of it, in one call.
    pub part: Option<Part>,
}

/// Which delivery it is, and whom it is about.
#[derive(Clone, Debug)]
pub struct About {
    /// The same over all attempts, so that a repeat can be known by it.
    pub delivery: DeliveryId,
    /// When the delivery was stored: the time of the event it tells of.
    pub created_at: Timestamp,
    pub conversation: ConversationId,
    pub key: ConversationKey,
    pub profile: Arc<Profile>,
    pub handover: HandoverFacts,
}

/// A desk's part in a handover.
#[derive(Clone, Debug, PartialEq)]
pub struct LegFacts {
    pub id: LegId,
    pub desk: DeskName,
    pub standing: Standing,
    /// What the desk's answers gave in this leg.
    pub taken: Taken,
}

/// What a desk's answers have told of the conversation that it has for a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The desk's own id of it.
    Named(String),
    /// The desk took the offer by an answer that cannot be read, or had it before: if there is an id, nobody knows it.
    TakenUnread,
    /// No id. A desk that gives one to whatever it takes has nothing of this leg, which was opened at another desk: one that
    /// had its name before.
    Unnamed,
}

/// What the platform said or delivered before a handover.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Oldest first: the newest of it, `transcript_limit` at most, and no more than is read at once.
    pub messages: Vec<Message>,
    /// How many there are in all.
    pub total: u64,
}

/// A delivery with what is stored of all that its task may speak of. Each side is shown its own of it.
#[derive(Clone, Debug)]
pub struct Job {
    pub about: About,
    pub task: Task,
    /// What the bot platform's answers gave in this handover.
    pub taken: Taken,
    pub leg: Option<LegFacts>,
    /// The message that the task names, if it is kept.
    pub message: Option<Message>,
    pub past: Past,
}

impl Job {
    /// # Errors
    /// The task is a desk's, or the message is not kept any more: the bot has no call for that.
    pub fn for_bot(&self) -> Result<BotJob<'_>, Failure> {
        let work = match &self.task {
            Task::Say { part, .. } => BotWork::Say(self.said(*part)?),
            Task::LookUp { history, session } => BotWork::LookUp(LookUps {
                history: *history,
                session: *session,
            }),
            Task::Pause { index } => BotWork::Pause { index: *index },
            Task::Resume {
                index, contract, ..
            } => BotWork::Resume {
                index: *index,
                contract,
            },
            Task::Forget => BotWork::Forget,
            Task::Open { .. }
            | Task::Message { .. }
            | Task::Placeholder { .. }
            | Task::Failed { .. }
            | Task::Close { .. } => return Err(Failure::unsupported()),
        };
        Ok(BotJob {
            about: &self.about,
            taken: &self.taken,
            work,
        })
    }

    /// # Errors
    /// The task is a bot's, or the message is not kept any more: the desk has no call for that.
    pub fn for_desk(&self) -> Result<DeskJob<'_>, Failure> {
        let work = match &self.task {
            Task::Open { .. } => DeskWork::Open(&self.past),
            Task::Message { part, .. } => DeskWork::Message(self.said(*part)?),
            Task::Placeholder { .. } => DeskWork::Placeholder(self.message()?),
            Task::Failed { message, reason } => DeskWork::Failed {
                id: *message,
                message: self.message.as_ref(),
                reason,
            },
            Task::Close { reason } => DeskWork::Close {
                reason: reason.label(),
            },
            Task::Say { .. }
            | Task::LookUp { .. }
            | Task::Pause { .. }
            | Task::Resume { .. }
            | Task::Forget => return Err(Failure::unsupported()),
        };
        Ok(DeskJob {
            about: &self.about,
            leg: self.leg.as_ref().ok_or_else(Failure::unsupported)?,
            work,
        })
    }

    fn said(&self, part: Option<Part>) -> Result<Said<'_>, Failure> {
        let message = self.message()?;
        Ok(Said { message, part })
    }

    fn message(&self) -> Result<&Message, Failure> {
        self.message.as_ref().ok_or_else(Failure::unsupported)
    }
}

impl<'j> Said<'j> {
    /// What a reader who can be shown this much is shown of it.
    ///
    /// # Errors
    /// Nothing can stand for it.
    pub fn parts(self, able: &Capabilities) -> Result<Vec<Cow<'j, Content>>, Unshowable> {
        fallback::said(&self.message.content, self.part, able)
    }
}

impl LegFacts {
    /// As they are stored.
    pub fn new(id: LegId, desk: DeskName, reference: Option<String>, taken: Taken) -> Self {
        let (taken, was_told_nothing) = taken.split();
        let standing = match reference {
            Some(reference) => Standing::Named(reference),
            None if was_told_nothing => Standing::TakenUnread,
            None => Standing::Unnamed,
        };
        Self {
            id,
            desk,
            standing,
            taken,
        }
    }

    /// The desk's own id of the conversation, where it is known.
    pub fn reference(&self) -> Option<&str> {
        match &self.standing {
            Standing::Named(reference) => Some(reference),
            Standing::TakenUnread | Standing::Unnamed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        delivery::TaskKind,
        ids::{BotName, ExternalId, HandoverId, MessageId},
        message::Actor,
        retry::ErrorClass,
    };

    const ID: Uuid = Uuid::from_u128(1);

    fn leg(reference: Option<&str>, taken: Taken) -> LegFacts {
        let desk = DeskName::new("live").unwrap();
        let reference = reference.map(str::to_owned);
        LegFacts::new(LegId::from_uuid(ID), desk, reference, taken)
    }

    fn about() -> About {
        About {
            delivery: DeliveryId::from_uuid(ID),
            created_at: Timestamp::from_millis(0),
            conversation: ConversationId::from_uuid(ID),
            key: ConversationKey {
                bot: BotName::new("webshop").unwrap(),
                realm: String::new(),
                user: ExternalId::new("u1").unwrap(),
            },
            profile: Arc::default(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(ID),
                language: "en".to_owned(),
                payload: None,
                options: serde_json::Map::new(),
            },
        }
    }

    fn job(task: Task) -> Job {
        Job {
            about: about(),
            task,
            taken: Taken::default(),
            leg: Some(leg(None, Taken::default())),
            message: Some(Message {
                id: MessageId::from_uuid(ID),
                seq: 1,
                actor: Actor::User,
                at: Timestamp::from_millis(0),
                content: Content::text("help"),
                handover: None,
                late: false,
                raw: None,
            }),
            past: Past::default(),
        }
    }

    #[test]
    fn every_task_is_for_one_side_and_the_other_has_no_call_for_it() {
        for kind in TaskKind::ALL {
            let job = job(Task::example(kind));
            let (bot, desk) = (job.for_bot(), job.for_desk());
            assert_ne!(bot.is_ok(), desk.is_ok(), "{}", kind.label());
            let refused = bot.err().or(desk.err()).unwrap();
            assert_eq!(refused.class, ErrorClass::Unsupported);
        }
    }

    #[test]
    fn without_its_message_there_is_no_call_for_what_shows_it() {
        for kind in TaskKind::ALL {
            let job = Job {
                message: None,
                ..job(Task::example(kind))
            };
            let is_shown = job.for_bot().is_ok() || job.for_desk().is_ok();
            let shows = job.task.message().is_some() && kind != TaskKind::Failed;
            assert_eq!(is_shown, !shows, "{}", kind.label());
        }
    }

    #[test]
    fn how_a_leg_stands_is_no_part_of_what_its_desk_has_told() {
        let told = Taken::from_iter([("token".to_owned(), json!("a"))]);
        let unread = Taken::nothing_told().with(&told).unwrap();
        for (reference, taken, standing) in [
            (Some("r1"), &told, Standing::Named("r1".to_owned())),
            (Some("r1"), &unread, Standing::Named("r1".to_owned())),
            (None, &unread, Standing::TakenUnread),
            (None, &told, Standing::Unnamed),
        ] {
            let leg = leg(reference, taken.clone());
            assert_eq!((leg.standing, leg.taken), (standing, told.clone()));
        }
    }
}
