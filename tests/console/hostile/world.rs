//! A world whose every field holds payloads.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use handover_bridge::{
    config::{Role, Rotating, User},
    console::Account,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{Done, StepResult},
        effect::{Warning, WarningKind},
        event::{DeskEvent, Event, Feed, Incoming, PlatformMessage, Request, Step, Target},
        handover::Outcome,
        ids::{BotName, DeskName, ExternalId, HandoverId, OperatorName},
        message::Content,
        operator::{Action, OperatorAction},
        retry::ErrorClass,
        time::Clock as _,
    },
    store::{Applied, ConsoleStore as _, NewAudit, RowOutcome, Settlement, Store as _},
};
use serde_json::{Map, Value, json};

use crate::{form::PASSWORD, owed::bot, world::World};

/// So many payloads share one conversation.
const TOGETHER: usize = 11;

pub struct Filled {
    pub world: World,
    /// Each with the payloads that it holds in every field.
    pub conversations: Vec<(String, Vec<String>)>,
}

pub async fn filled(payloads: &[String]) -> Filled {
    let world = World::with(users(payloads), None);
    let conversations = payloads.chunks(TOGETHER).enumerate();
    let conversations = conversations.map(|(place, texts)| conversation(&world, place, texts));
    let conversations = join_all(conversations).await;
    owed(&world).await;
    join_all(payloads.iter().map(|payload| told(&world, payload))).await;
    world.wait(Duration::from_mins(1));
    Filled {
        world,
        conversations,
    }
}

/// Operators by a warning and by the audit trail.
async fn told(world: &World, payload: &str) {
    let subject = payload.to_owned();
    let kind = WarningKind::UnkeyedHook;
    world.store.warn(Warning { kind, subject }).await.unwrap();
    let audited = NewAudit {
        actor: payload.to_owned(),
        action: "transcript.view",
        subject: payload.to_owned(),
    };
    world.store.keep_audit(audited).await.unwrap();
}

/// Everybody is shown as one of the payloads.
fn users(payloads: &[String]) -> BTreeMap<OperatorName, Account> {
    let hash = User::hash(PASSWORD).unwrap();
    let user = |role, shown_as| Account {
        password_hash: Rotating::new(hash.clone().into()),
        role,
        shown_as,
    };
    let named = |name: &str| OperatorName::new(name).unwrap();
    let others = payloads.iter().enumerate().map(|(place, payload)| {
        let name = named(&format!("user_{place}"));
        (name, user(Role::Agent, Some(payload.clone())))
    });
    let ours = [("ann", Role::Agent), ("ben", Role::Admin)];
    let ours = ours.map(|(name, role)| (named(name), user(role, None)));
    ours.into_iter().chain(others).collect()
}

/// One handover from the request to the answer, or to its close.
async fn conversation(world: &World, place: usize, texts: &[String]) -> (String, Vec<String>) {
    // No id has control characters.
    let id = format!("{place} {}", short(&texts[0])).replace(char::is_control, "");
    let key = ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: texts.join(" "),
        user: ExternalId::new(id).unwrap(),
    };
    let request = Request {
        payload: Some(Value::Object(fields(texts))),
        transcript: Vec::new(),
    };
    let mut events = vec![Event::HandoverRequested(request)];
    for content in contents(texts) {
        let said = PlatformMessage {
            at: None,
            content,
            raw: None,
            feed: Feed::Only,
        };
        events.push(if events.len() % 2 == 0 {
            Event::BotSaid(said)
        } else {
            Event::UserSaid(said)
        });
    }
    let (page, outcome) = happens(world, (&key, texts), events).await;
    let Outcome::Requested { handover, .. } = outcome else {
        panic!("{outcome:?}");
    };
    happens(world, (&key, texts), acts(handover, place, texts)).await;
    (page, texts.to_vec())
}

fn short(text: &str) -> String {
    text.chars().take(50).collect()
}

fn fields(texts: &[String]) -> Map<String, Value> {
    let fields = texts.iter().map(|text| (text.clone(), json!(text)));
    fields.collect()
}

async fn happens(
    world: &World,
    (key, texts): (&ConversationKey, &[String]),
    events: Vec<Event>,
) -> (String, Outcome) {
    let all = Some(texts.join(" "));
    let profile = Profile {
        platform_bot_id: all.clone(),
        version: all.clone(),
        channel: all.clone(),
        language: all.clone(),
        user: UserProfile {
            id: all.clone(),
            first_name: all.clone(),
            last_name: all.clone(),
            avatar_url: all,
            fields: fields(texts),
        },
    };
    let incoming = |event| Incoming {
        event,
        keys: Vec::new(),
    };
    let step = Step {
        target: Target::Conversation(key.clone()),
        profile: Some(profile),
        events: events.into_iter().map(incoming).collect(),
    };
    match world.store.apply(step).await.unwrap() {
        Applied::Done {
            conversation,
            mut outcomes,
            ..
        } => (
            format!("/console/conversations/{conversation}"),
            outcomes.remove(0),
        ),
        other => panic!("{other:?}"),
    }
}

/// Every kind of message with the payloads in each of its fields.
fn contents(texts: &[String]) -> Vec<Content> {
    let buttons = |text: &str| {
        json!([
            {"type": "url", "title": text, "url": text},
            {"type": "phone", "title": text, "phone_number": text},
            {"type": "postback", "title": text, "payload": {"any": text}},
        ])
    };
    let card = |text: &String| json!({"title": text, "subtitle": text, "image_url": text, "url": text, "buttons": buttons(text)});
    let cards: Vec<_> = texts.iter().map(card).collect();
    let last = json!({"type": "url", "title": texts[0], "url": texts[0]});
    let mut all = vec![
        json!({"type": "cards", "cards": cards}),
        json!({"type": "list", "items": cards, "button": last}),
    ];
    for (place, text) in texts.iter().enumerate() {
        let kind = ["image", "video", "audio", "file"][place % 4];
        let replies = json!([{"title": text, "payload": text, "image_url": text}]);
        all.extend([
            json!({"type": "text", "text": text, "quick_replies": replies}),
            json!({"type": "buttons", "text": text, "buttons": buttons(text)}),
            json!({"type": "media", "kind": kind, "url": text, "name": text, "caption": text}),
            json!({"type": "location", "latitude": 1.0, "longitude": 2.0, "label": text}),
            json!({"type": "postback", "title": text, "payload": {"any": text}}),
            json!({"type": "unknown", "raw": {text: text}}),
        ]);
    }
    let read = |value| serde_json::from_value(value).unwrap();
    all.into_iter().map(read).collect()
}

/// One in three is closed, for a reason that is all the payloads; one is answered, and one waits on.
fn acts(handover: HandoverId, place: usize, texts: &[String]) -> Vec<Event> {
    let all = texts.join(" ");
    let ann = |action| {
        Event::OperatorActed(OperatorAction {
            by: OperatorName::new("ann").unwrap(),
            shown_as: Some(all.clone()),
            overrules: false,
            action,
        })
    };
    let notes = texts.iter().map(|text| Action::Note {
        handover,
        text: text.clone(),
    });
    let close = Event::FromDesk {
        handover,
        desk: DeskName::new("team").unwrap(),
        event: DeskEvent::Closed {
            reason: Some(all.clone()),
            by: None,
        },
    };
    let say = Action::Say {
        handover,
        content: Content::text(all.clone()),
    };
    let last = match place % 3 {
        0 => vec![ann(Action::Claim { handover }), close],
        1 => vec![ann(Action::Claim { handover }), ann(say)],
        _ => vec![],
    };
    notes.map(&ann).chain(last).collect()
}

/// Of what the bot is owed a third is delivered, and so on until nothing is due; the others are tried again or given up.
async fn owed(world: &World) {
    for place in 0.. {
        let claimed = world.store.claim(&bot(), 1).await.unwrap();
        let Some(claim) = claimed.claims.into_iter().next() else {
            return;
        };
        let class = ErrorClass::Rejected;
        let delayed = StepResult::Delayed {
            since: claim.job.about.created_at,
            class,
            ambiguous: false,
        };
        let at = world.clock.now().plus(Duration::from_mins(5));
        let (result, row) = match place % 3 {
            0 => (StepResult::Done(Done::default()), RowOutcome::Delivered),
            1 => (StepResult::Dead { class }, RowOutcome::Dead { class }),
            _ => (
                delayed,
                RowOutcome::Retry {
                    at,
                    class,
                    counts: true,
                },
            ),
        };
        let settlement = Settlement { result, row };
        world.store.settle(claim, settlement).await.unwrap();
    }
}
