//! What is written although nobody hears so in time: a commit that the server is late with.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        dedupe::DedupeKey,
        event::{Event, Step},
    },
    store::{Claim, Error},
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Database, Shared};
use crate::world::{World, bot, key, request_once, team, text};

const MOMENT: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_commit_is_late_is_withdrawn_nevertheless() {
    let (database, world) = world().await;
    database.is_late_with("INSERT ON handovers");
    let mut step = request_once("ann", 1);
    step.events[0].keys = vec![DedupeKey::call(&key("ann"), Uuid::from_u128(1))];
    let asked = world.store.apply(step.clone()).await;
    assert!(matches!(asked, Err(Error::Unavailable(_))), "{asked:?}");
    withdraw(&world, step).await;
    database.has_committed().await;
    let open = world.store.open_handovers(None, 9).await.unwrap();
    assert!(open.items.is_empty(), "{open:?}");
}

async fn withdraw(world: &World, mut step: Step) {
    step.events[0].event = Event::ToldDeclined { handover: None };
    while let Err(error) = world.store.apply(step.clone()).await {
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_whose_outcome_was_committed_late_goes_on_at_once() {
    let (database, world) = world().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    world.user_says("ann", "two").await;
    let one = world.claim(&team()).await.unwrap();
    database.is_late_with("UPDATE ON deliveries");
    assert!(world.done(one).await.is_none(), "it was kept, for nobody");
    assert_eq!(text(&world.claim_soon().await), "two");
    let again = "SELECT count(*) FROM deliveries WHERE state = 'delivered' AND attempts > 1";
    assert_eq!(database.says(again), "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_was_claimed_late_is_claimed_again() {
    let (database, world) = world().await;
    world.waiting("ann").await;
    world.user_says("ann", "one").await;
    database.is_late_with("UPDATE ON lanes");
    let late = world.store.claim(&team(), 1).await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert_eq!(text(&world.claim_soon().await), "one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_stays_held_while_other_claims_are_in_doubt() {
    let (database, world) = world().await;
    world.waiting("ann").await;
    world.waiting("ben").await;
    world.user_says("ann", "one").await;
    let held = world.claim(&team()).await.unwrap();
    world.user_says("ben", "two").await;
    database.is_late_with("UPDATE ON lanes");
    let late = world.store.claim(&team(), 1).await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert_eq!(text(&world.claim_soon().await), "two");
    world.user_says("ann", "three").await;
    let next = world.done(held).await.expect("the lane is still held");
    assert_eq!(text(&next), "three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handover_ends_however_much_waits_for_its_desk() {
    let (database, world) = world().await;
    let handover = world.waiting("ann").await;
    world.user_says("ann", "anybody?").await;
    database.says(
        "INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, state, \
            attempts, created_at, due_at) \
         SELECT gen_random_uuid(), conversation, handover, lane, destination, ord + n, urgent, awaited, task, state, \
            attempts, created_at, due_at FROM deliveries, generate_series(1, 20000) n WHERE state = 'pending'",
    );
    world.closes(handover).await;
    let unsettled =
        "SELECT count(*) FROM deliveries WHERE settled_at IS NULL AND destination LIKE 'desk:%'";
    assert_eq!(database.says(unsettled), "0\n");
    assert!(world.claim(&bot()).await.is_some(), "the bot is resumed");
}

async fn world() -> (Arc<Database>, World) {
    let database = Arc::new(Database::new());
    let world = World::new(Shared(Arc::clone(&database))).await;
    (database, world)
}

impl World {
    async fn claim_soon(&self) -> Claim {
        let claimed = async {
            loop {
                if let Ok(claimed) = self.store.claim(&team(), 1).await
                    && let Some(claim) = claimed.claims.into_iter().next()
                {
                    return claim;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(MOMENT, claimed).await.unwrap()
    }
}

impl Database {
    /// The first commit of such a change from now on takes longer than anybody waits.
    fn is_late_with(&self, change: &str) {
        self.says("CREATE SEQUENCE changes_seen");
        self.says(
            "CREATE FUNCTION be_late() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
             BEGIN IF nextval('changes_seen') = 1 THEN PERFORM pg_sleep(3); END IF; RETURN NULL; END $$",
        );
        self.says(&format!(
            "CREATE CONSTRAINT TRIGGER be_late AFTER {change} DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION be_late()"
        ));
    }

    /// What was still being committed.
    async fn has_committed(&self) {
        let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND state = 'active' AND query = 'COMMIT'";
        timeout(MOMENT, self.comes_to(active, "0")).await.unwrap();
    }
}
