//! Replicas that have different configurations, as while a new one is rolled out.

use std::{sync::Arc, time::Duration};

use handover_bridge::{
    domain::{
        delivery::{Done, StepResult, Task},
        event::DeskEvent,
        handover::Outcome,
        ids::HandoverId,
        policy::Policy,
    },
    store::{
        Applied, Erased, Fired, Named, Names, OperatorStore as _, Store as _, Whose,
        postgres::{Listen, PostgresStore},
    },
};
use tokio::time::{sleep, timeout};

use super::Database;
use crate::world::{
    bot, bot_name, clock, from_desk, policy, request, says, settled, spare_name, team, team_name,
};

/// Each replica has been heard for a minute.
const A_MINUTE_ON: &str = "UPDATE replicas SET since = since - 60000";
/// Whoever knows a bot has not been heard for a minute.
const SILENT: &str = "UPDATE replicas SET seen_at = seen_at - 60000 WHERE cardinality(bots) > 0";

fn before_the_bot() -> Policy {
    let mut policy = policy();
    policy.bots.clear();
    policy.routes.clear();
    policy
}

#[tokio::test]
async fn a_name_is_gone_when_no_replica_lives_that_knows_it() {
    let (database, clock) = (Database::new(), clock());
    let old = database.replica(before_the_bot(), Arc::clone(&clock)).await;
    let new = database.replica(policy(), clock).await;
    let early = old.names_of_others().await.unwrap();
    assert_eq!(early, None, "another may be about to say that it lives");
    database.says(A_MINUTE_ON);
    let desks = vec![spare_name(), team_name()];
    let of_new = Names {
        bots: vec![bot_name()],
        desks: desks.clone(),
    };
    let of_old = Names {
        bots: Vec::new(),
        desks,
    };
    assert_eq!(old.names_of_others().await.unwrap(), Some(of_new.clone()));
    assert_eq!(new.names_of_others().await.unwrap(), Some(of_old));
    new.close().await;
    let restarting = old.names_of_others().await.unwrap();
    assert_eq!(restarting, Some(of_new), "it may be back in a moment");
    database.says(SILENT);
    let gone = old.names_of_others().await.unwrap();
    assert_eq!(gone, Some(Names::default()));
    old.close().await;
}

#[tokio::test]
async fn a_replica_that_was_cut_off_says_nothing_of_the_others() {
    let (database, clock) = (Database::new(), clock());
    let one = database.replica(policy(), Arc::clone(&clock)).await;
    let other = database.replica(before_the_bot(), clock).await;
    database.says(A_MINUTE_ON);
    database.says("UPDATE replicas SET seen_at = seen_at - 60000");
    assert_eq!(other.names_of_others().await.unwrap(), None);
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_one_replica_closes_of_a_bot_that_it_does_not_know_another_resumes() {
    let (database, clock) = (Database::new(), clock());
    let new = database.replica(policy(), Arc::clone(&clock)).await;
    let old = database.replica(before_the_bot(), Arc::clone(&clock)).await;
    let handover = taken(&new).await;
    let reason = Some("solved".to_owned());
    let closed = DeskEvent::Closed { reason, by: None };
    let step = from_desk(handover, closed, Vec::new());
    old.apply(step).await.unwrap();
    assert_eq!(old.fire_timers(9).await.unwrap(), Fired::default());
    assert!(new.claim(&bot(), 9).await.unwrap().claims.is_empty());
    assert_eq!(new.fire_timers(9).await.unwrap().count, 1);
    let resumes = new.claim(&bot(), 9).await.unwrap().claims;
    let [resume] = resumes.as_slice() else {
        panic!("{resumes:?}")
    };
    assert!(matches!(resume.job.task, Task::Resume { .. }));
    old.close().await;
    new.close().await;
}

#[tokio::test]
async fn what_is_to_be_erased_is_found_by_looking() {
    let (database, clock) = (Database::new(), clock());
    let one = database.listening(Listen::Off, policy(), Arc::clone(&clock));
    let one = one.await;
    let other = database.listening(Listen::Off, policy(), clock).await;
    taken(&one).await;
    assert_eq!(other.go_on_erasing(9).await.unwrap(), Erased::All);
    let ann = Whose {
        named: vec![Named::Key("ann".to_owned())],
        bot: None,
        version: None,
    };
    one.erase(ann, false, "ben").await.unwrap();
    one.close().await;
    let bell = other.erasure_bell();
    let rung = timeout(Duration::from_secs(10), bell.notified()).await;
    rung.expect("the other one goes on with it");
    assert_eq!(other.go_on_erasing(9).await.unwrap(), Erased::Waits);
    other.close().await;
}

/// The one that is asked to erase does not know the bot.
#[tokio::test]
async fn a_platform_is_asked_by_a_replica_that_knows_its_bot() {
    let (database, clock) = (Database::new(), clock());
    let new = database.replica(policy(), Arc::clone(&clock)).await;
    let old = database.replica(before_the_bot(), clock).await;
    let ann = || Whose {
        named: vec![Named::Key("ann".to_owned())],
        bot: None,
        version: None,
    };
    for knows in [true, false] {
        new.apply(says("ann", "hello")).await.unwrap();
        if !knows {
            database.says(A_MINUTE_ON);
            database.says(SILENT);
        }
        let begun = old.erase(ann(), true, "ben").await.unwrap();
        old.go_on_erasing(9).await.unwrap();
        new.go_on_erasing(9).await.unwrap();
        let mut claimed = new.claim(&bot(), 9).await.unwrap().claims;
        assert_eq!(claimed.len(), usize::from(knows));
        if let Some(forget) = claimed.pop() {
            assert_eq!(forget.job.task, Task::Forget);
            let done = settled(StepResult::Done(Done::default()));
            new.settle(forget, done).await.unwrap();
        }
        while old.go_on_erasing(9).await.unwrap() == Erased::More {}
        let done = old.erasure(begun.id).await.unwrap().unwrap();
        let counted = (done.platform_deleted, done.platform_kept);
        assert_eq!(counted, if knows { (1, 0) } else { (0, 1) });
        assert!(done.finished_at.is_some(), "{done:?}");
    }
    new.close().await;
    old.close().await;
}

#[tokio::test]
async fn a_lane_in_which_nothing_waits_goes_when_its_holder_is_gone() {
    let (database, clock) = (Database::new(), clock());
    let store = database.replica(policy(), clock).await;
    database.says(
        "INSERT INTO lanes (id, destination, owner, fence, leased_until, flying) VALUES \
         (gen_random_uuid(), 'bot:webshop', gen_random_uuid(), 1, handover_clock() - 61000, gen_random_uuid())",
    );
    let gone = async {
        while database.says("SELECT count(*) FROM lanes") != "0\n" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let gone = timeout(Duration::from_secs(20), gone).await;
    gone.expect("nobody else would give it back");
    store.close().await;
}

/// A user whose handover a desk has taken.
async fn taken(store: &PostgresStore) -> HandoverId {
    let asked = store.apply(request("ann", Vec::new())).await.unwrap();
    let Applied::Done { outcomes, .. } = asked else {
        panic!("{asked:?}")
    };
    let [Outcome::Requested { handover, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    let offer = store.claim(&team(), 1).await.unwrap().claims.remove(0);
    let done = settled(StepResult::Done(Done::default()));
    store.settle(offer, done).await.unwrap();
    *handover
}
