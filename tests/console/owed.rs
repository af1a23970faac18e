//! A world in which something is owed to the bot: what an agent wrote, to a user with a hostile name.

use std::time::Duration;

use handover_bridge::{
    domain::{
        conversation::{ConversationKey, Profile, UserProfile},
        delivery::{Destination, StepResult},
        event::{Event, Incoming, Request, Step, Target},
        handover::Outcome,
        ids::{BotName, DeliveryId, ExternalId, OperatorName},
        message::Content,
        operator::{Action, OperatorAction},
        retry::ErrorClass,
        time::Clock as _,
    },
    store::{
        Applied, DeliveryFilter, DeliveryState, Error, OperatorStore as _, RowOutcome, Settlement,
        Store as _,
    },
};

use crate::world::World;

pub const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

pub fn bot() -> Destination {
    Destination::Bot(BotName::new("webshop").unwrap())
}

/// A delivery that has failed so: for good, or until its next attempt in five minutes.
pub async fn failed(world: &World, user: &str, class: ErrorClass, dead: bool) -> DeliveryId {
    let request = Request {
        payload: None,
        transcript: Vec::new(),
    };
    let outcome = happens(world, user, Event::HandoverRequested(request)).await;
    let Outcome::Requested { handover, .. } = outcome else {
        panic!("{outcome:?}");
    };
    let say = Action::Say {
        handover,
        content: Content::text(HOSTILE),
    };
    for act in [Action::Claim { handover }, say] {
        let by = OperatorName::new("ann").unwrap();
        let shown_as = None;
        let operated = OperatorAction {
            by,
            shown_as,
            overrules: false,
            action: act,
        };
        happens(world, user, Event::OperatorActed(operated)).await;
    }
    settled(world, class, dead).await
}

pub async fn state(world: &World, id: DeliveryId) -> DeliveryState {
    let filter = DeliveryFilter {
        limit: 99,
        ..DeliveryFilter::default()
    };
    let page = world.store.deliveries(filter).await.unwrap();
    let found = page.items.iter().find(|delivery| delivery.id == id);
    found.expect("the delivery").state
}

/// Whether its lane is due.
pub async fn is_due(world: &World, id: DeliveryId) -> Result<bool, Error> {
    let claimed = world.store.claim(&bot(), 99).await?;
    let mut due = false;
    for claim in claimed.claims {
        due |= claim.job.about.delivery == id;
        world.store.release(claim).await?;
    }
    Ok(due)
}

async fn settled(world: &World, class: ErrorClass, dead: bool) -> DeliveryId {
    let claim = world.store.claim(&bot(), 1).await.unwrap().claims.remove(0);
    let delivery = claim.job.about.delivery;
    let settlement = if dead {
        Settlement {
            result: StepResult::Dead { class },
            row: RowOutcome::Dead { class },
        }
    } else {
        Settlement {
            result: StepResult::Delayed {
                since: claim.job.about.created_at,
                class,
                ambiguous: false,
            },
            row: RowOutcome::Retry {
                at: world.clock.now().plus(Duration::from_mins(5)),
                class,
                counts: true,
            },
        }
    };
    world.store.settle(claim, settlement).await.unwrap();
    delivery
}

async fn happens(world: &World, user: &str, event: Event) -> Outcome {
    let key = ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: "b1/LIVE".to_owned(),
        user: ExternalId::new(user).unwrap(),
    };
    let profile = Profile {
        user: UserProfile {
            first_name: Some(HOSTILE.to_owned()),
            ..UserProfile::default()
        },
        ..Profile::default()
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
        Applied::Done { mut outcomes, .. } => outcomes.remove(0),
        nobody => panic!("{nobody:?}"),
    }
}
