//! A bicycle shop on a busy afternoon: something of everything that the pages show.

use std::time::Duration;

use handover_bridge::{
    clock::SystemClock,
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{Done, StepResult},
        effect::{Warning, WarningKind},
        event::{Event, Feed, Incoming, PlatformMessage, Request, Step, Target},
        handover::Outcome,
        ids::{BotName, ExternalId, HandoverId, OperatorName},
        operator::{Action, OperatorAction},
        reason::ClosedAs,
        retry::ErrorClass,
        time::Clock as _,
    },
    store::{Applied, ConsoleStore as _, NewAudit, RowOutcome, Settlement, Store as _},
};
use serde_json::{Value, json};

use crate::{owed::bot, world::World};

/// Where what stands in it is to be looked at.
pub struct Street {
    pub world: World,
    pub claimed: String,
    pub waiting: String,
    pub with_colleague: String,
    pub with_bot: String,
    pub closed: String,
}

#[derive(Clone, Copy)]
struct User {
    id: &'static str,
    name: [&'static str; 2],
    language: &'static str,
    channel: &'static str,
}

const AOIFE: User = user("u-4711", ["Aoife", "Brennan"], "en", "whatsapp");
const JONAS: User = user("u-4712", ["Jonas", "Claes"], "nl-BE", "webchat");
const FATIMA: User = user("u-4713", ["Fatima", "El Idrissi"], "fr", "messenger");
const ZOE: User = user("u-4714", ["Zoë", "Lindqvist"], "sv", "webchat");
const YOUSSEF: User = user("u-4715", ["يوسف", "منصور"], "ar", "whatsapp");
const GUEST: User = user("u-4716", ["", ""], "de", "webchat");
const MILA: User = user("u-4717", ["Mila", "Novak"], "en", "webchat");
const PIETER: User = user("u-4718", ["Pieter", "de Vries"], "nl", "whatsapp");

const fn user(
    id: &'static str,
    name: [&'static str; 2],
    language: &'static str,
    channel: &'static str,
) -> User {
    User {
        id,
        name,
        language,
        channel,
    }
}

pub async fn street() -> Street {
    let world = World::new();
    // Today, so that times are shown as times of the day.
    let since = SystemClock.now().since(world.clock.now());
    world.wait(since.saturating_sub(Duration::from_mins(50)));
    let closed = closed(&world).await;
    let dead = asks(&world, GUEST, "Wo ist meine Bestellung?").await;
    answers(&world, (GUEST, "ben", dead.1), "Ich sehe nach.").await;
    settle(&world, Some((ErrorClass::Rejected, true))).await;
    let waiting = waiting(&world).await;
    let claimed = claimed(&world).await;
    let with_bot = says(
        &world,
        MILA,
        "user",
        json!({"type": "text", "text": "Do you have helmets for children?"}),
    )
    .await;
    settle(&world, None).await;
    told(&world).await;
    Street {
        world,
        claimed,
        waiting,
        with_colleague: dead.0,
        with_bot,
        closed,
    }
}

async fn closed(world: &World) -> String {
    let (page, handover) = asks(world, PIETER, "Kan ik mijn maat nog ruilen?").await;
    answers(world, (PIETER, "ann", handover), "Ja, binnen dertig dagen.").await;
    let close = Action::Close {
        handover,
        closed_as: ClosedAs::Solved,
        dialog_state: None,
    };
    settle(world, None).await;
    acts(world, (PIETER, "ann"), close).await;
    for _ in 0..2 {
        settle(world, None).await;
    }
    page
}

async fn waiting(world: &World) -> String {
    let (page, _) = asks(
        world,
        JONAS,
        "Mijn fiets is nog altijd niet geleverd. Ze zou vrijdag komen, en ik heb ze morgen nodig.",
    )
    .await;
    for (user, text, wait) in [
        (FATIMA, "Je voudrais parler à quelqu’un.", 7),
        (ZOE, "Hej! Hur skickar jag tillbaka en hjälm?", 4),
        (YOUSSEF, "مرحبا، أحتاج إلى مساعدة في الدفع.", 2),
    ] {
        world.wait(Duration::from_mins(wait));
        asks(world, user, text).await;
    }
    settle(world, None).await;
    page
}

/// With every kind of message, an answer that is on its way and a note.
async fn claimed(world: &World) -> String {
    let wheel = |title, text| json!({"title": title, "subtitle": text, "image_url": "https://shop.example/wheel.png", "buttons": [{"type": "postback", "title": "Ask about it"}]});
    let wheels = [
        wheel("City Loop 7", "Seven gears, one basket"),
        wheel("Cargo Barge", "Carries a cello and a child"),
        wheel("Gravel Heron", "For roads that end"),
    ];
    let manual =
        json!({"type": "url", "title": "Read the manual", "url": "https://shop.example/manual"});
    let call =
        json!({"type": "phone", "title": "Call the workshop", "phone_number": "+31201234567"});
    for (by, content) in [
        (
            "bot",
            json!({"type": "text", "text": "Hi, I am the bot of the bicycle shop.", "quick_replies": [{"title": "Show bicycles"}, {"title": "Talk to a person"}]}),
        ),
        (
            "user",
            json!({"type": "postback", "title": "Show bicycles"}),
        ),
        ("bot", json!({"type": "cards", "cards": wheels})),
        (
            "bot",
            json!({"type": "list", "items": wheels, "button": {"type": "postback", "title": "Talk to a person"}}),
        ),
        (
            "bot",
            json!({"type": "buttons", "text": "What would you like to know?", "buttons": [manual, call]}),
        ),
        (
            "user",
            json!({"type": "media", "kind": "image", "url": "https://shop.example/photo.jpg", "name": "photo.jpg", "caption": "This is what arrived"}),
        ),
        (
            "user",
            json!({"type": "location", "latitude": 53.34399, "longitude": -6.26719, "label": "Home"}),
        ),
        (
            "user",
            json!({"type": "unknown", "raw": {"sticker": {"id": 12}}}),
        ),
    ] {
        says(world, AOIFE, by, content).await;
        world.wait(Duration::from_secs(20));
    }
    let (page, handover) = asks(
        world,
        AOIFE,
        "I would like to talk to a person, please. The front light of my Gravel Heron is missing.",
    )
    .await;
    answers(
        world,
        (AOIFE, "ann", handover),
        "Hello Aoife, this is Ann. I am sorry about that, let me look it up.",
    )
    .await;
    settle(world, None).await;
    let text = "Light left out at packing, a second one is in stock.".to_owned();
    acts(world, (AOIFE, "ann"), Action::Note { handover, text }).await;
    world.wait(Duration::from_mins(1));
    let say = json!({"type": "text", "text": "Shall we send it to your home, or would you rather fetch it?", "quick_replies": [{"title": "Send it"}, {"title": "I fetch it"}]});
    let content = serde_json::from_value(say).unwrap();
    acts(world, (AOIFE, "ann"), Action::Say { handover, content }).await;
    settle(world, Some((ErrorClass::Busy, false))).await;
    page
}

/// What operators are told of, and what they did.
async fn told(world: &World) {
    for (kind, subject) in [
        (WarningKind::UnkeyedHook, "webshop"),
        (WarningKind::BotNotPaused, "webshop"),
    ] {
        let subject = subject.to_owned();
        world.store.warn(Warning { kind, subject }).await.unwrap();
    }
    for (actor, action, subject) in [
        ("ben", "sign_in", "ben"),
        ("-", "sign_in.refused", "-"),
        ("ben", "deliveries.retry_all", "bot:webshop"),
        ("ann", "sign_in", "ann"),
        (
            "cli",
            "erasures.request",
            "01a22130-9a95-7201-bd2c-5493bf2f77f0",
        ),
    ] {
        let entry = NewAudit {
            actor: actor.to_owned(),
            action,
            subject: subject.to_owned(),
        };
        world.store.keep_audit(entry).await.unwrap();
    }
}

async fn asks(world: &World, user: User, text: &str) -> (String, HandoverId) {
    let request = Request {
        payload: Some(json!({"department": "service", "order": "B-20917"})),
        transcript: Vec::new(),
    };
    let said = json!({"type": "text", "text": text});
    says(world, user, "user", said).await;
    world.wait(Duration::from_secs(30));
    match happens(world, user, Event::HandoverRequested(request)).await {
        (page, Outcome::Requested { handover, .. }) => (page, handover),
        other => panic!("{other:?}"),
    }
}

async fn answers(world: &World, (user, by, handover): (User, &str, HandoverId), text: &str) {
    acts(world, (user, by), Action::Claim { handover }).await;
    world.wait(Duration::from_secs(40));
    let content = serde_json::from_value(json!({"type": "text", "text": text})).unwrap();
    acts(world, (user, by), Action::Say { handover, content }).await;
}

async fn says(world: &World, user: User, by: &str, content: Value) -> String {
    let said = PlatformMessage {
        at: None,
        content: serde_json::from_value(content).unwrap(),
        raw: None,
        feed: Feed::Only,
    };
    let event = match by {
        "bot" => Event::BotSaid(said),
        _ => Event::UserSaid(said),
    };
    happens(world, user, event).await.0
}

async fn acts(world: &World, (user, by): (User, &str), act: Action) {
    let by = OperatorName::new(by).unwrap();
    let shown_as = None;
    let operated = OperatorAction {
        by,
        shown_as,
        overrules: false,
        action: act,
    };
    let outcome = happens(world, user, Event::OperatorActed(operated)).await.1;
    assert!(!matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
}

async fn happens(world: &World, user: User, event: Event) -> (String, Outcome) {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let [first, last] = user.name;
    let profile = Profile {
        channel: some(user.channel),
        language: some(user.language),
        user: UserProfile {
            first_name: some(first),
            last_name: some(last),
            fields: serde_json::from_value(json!({"customer": "since 2019", "tier": "gold"}))
                .unwrap(),
            ..UserProfile::default()
        },
        ..Profile::default()
    };
    let key = ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: "webshop/LIVE".to_owned(),
        user: ExternalId::new(user.id).unwrap(),
    };
    let step = Step {
        target: Target::Conversation(key),
        profile: Some(profile),
        events: vec![Incoming {
            event,
            keys: Vec::new(),
        }],
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

/// All that the bot is owed is delivered, or fails so: for good, or until its next attempt.
async fn settle(world: &World, fails: Option<(ErrorClass, bool)>) {
    world.wait(Duration::from_secs(5));
    loop {
        let claimed = world.store.claim(&bot(), 1).await.unwrap();
        let Some(claim) = claimed.claims.into_iter().next() else {
            return;
        };
        let at = world.clock.now().plus(Duration::from_mins(5));
        let since = claim.job.about.created_at;
        let (result, row) = match fails {
            None => (StepResult::Done(Done::default()), RowOutcome::Delivered),
            Some((class, true)) => (StepResult::Dead { class }, RowOutcome::Dead { class }),
            Some((class, false)) => (
                StepResult::Delayed {
                    since,
                    class,
                    ambiguous: false,
                },
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
