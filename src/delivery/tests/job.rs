//! Work to be done.

use uuid::Uuid;

use crate::domain::{
    conversation::{ConversationKey, Profile},
    delivery::{About, HandoverFacts, Job, LegFacts, Past, Standing, Task},
    ids::{
        BotName, ConversationId, DeliveryId, DeskName, ExternalId, HandoverId, LegId, MessageId,
    },
    message::{Actor, Content, Message},
    taken::Taken,
    time::Timestamp,
};

/// When every test begins.
pub(super) const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The `seq`th delivery of the lane of this number.
pub(in crate::delivery) fn job(lane: u32, seq: u32) -> Job {
    let id =
        |kind: u128| Uuid::from_u128((kind << 96) | (u128::from(lane) << 32) | u128::from(seq));
    let message = MessageId::from_uuid(id(1));
    Job {
        about: About {
            delivery: DeliveryId::from_uuid(id(2)),
            created_at: EPOCH,
            conversation: ConversationId::from_uuid(Uuid::from_u128(u128::from(lane))),
            key: ConversationKey {
                bot: BotName::new("webshop").unwrap(),
                realm: "b1/LIVE".to_owned(),
                user: ExternalId::new(format!("session-{lane}")).unwrap(),
            },
            profile: Profile::default().into(),
            handover: HandoverFacts {
                id: HandoverId::from_uuid(id(3)),
                language: "en".to_owned(),
                payload: None,
                options: serde_json::Map::new(),
            },
        },
        task: Task::Message {
            message,
            part: None,
        },
        taken: Taken::default(),
        leg: Some(LegFacts {
            id: LegId::from_uuid(id(4)),
            desk: DeskName::new("live").unwrap(),
            standing: Standing::Unnamed,
            taken: Taken::default(),
        }),
        message: Some(Message {
            id: message,
            seq: u64::from(seq),
            actor: Actor::User,
            at: EPOCH,
            content: Content::text(format!("message {seq}")),
            raw: None,
            late: false,
            handover: None,
        }),
        past: Past::default(),
    }
}
