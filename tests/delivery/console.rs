//! A desk of the bridge's own console: it has a handover as soon as the bot asks, and nobody is called for it.

use crate::{
    accepted,
    bridge::{Bridge, World},
    declined,
    vendors::Answer,
};

/// Where each handover of `session` is, and in which state, oldest first.
fn handovers(world: &World, session: &str) -> Vec<String> {
    world.rows(&format!(
        "SELECT h.desk || ' ' || h.phase FROM handovers h JOIN conversations c ON c.row = h.conversation \
         WHERE c.user = '{session}' ORDER BY h.rowid"
    ))
}

async fn team(world: &World, settings: &str) -> Bridge {
    let tables =
        format!("[desks.team]\nkind = \"console\"\n{settings}\n[[routes]]\ndesk = \"team\"\n");
    world.start_with(&tables).await
}

#[tokio::test]
async fn a_console_desk_has_a_user_at_once_and_nobody_is_called() {
    let world = World::new().await;
    let bridge = team(&world, "").await;
    assert_eq!(bridge.offload("s1").await, accepted());
    bridge.say("s1", 1).await;
    bridge.stop().await;
    assert_eq!(handovers(&world, "s1"), ["team waiting"]);
    assert_eq!(world.desk.calls().len(), 0);
    let to_desks = "SELECT destination FROM deliveries WHERE destination LIKE 'desk:%'";
    assert_eq!(world.rows(to_desks), [""; 0]);
}

#[tokio::test]
async fn a_console_desk_takes_the_user_whom_a_called_one_leaves_waiting_for_an_answer() {
    let world = World::new().await;
    let bridge = world
        .start_with(
            "[handover]\ndecide_within = \"500ms\"\n[desks.team]\nkind = \"console\"\n\
             [[routes]]\ndesk = \"live\"\nfallback = \"team\"\n",
        )
        .await;
    world.desk.answer_next([Answer::Never]);
    assert_eq!(bridge.offload("s1").await, accepted());
    bridge.stop().await;
    assert_eq!(handovers(&world, "s1"), ["team waiting"]);
}

#[tokio::test]
async fn a_console_desk_that_is_full_takes_nobody_more() {
    let world = World::new().await;
    let bridge = team(&world, "max_open = 1").await;
    assert_eq!(bridge.offload("s1").await, accepted());
    assert_eq!(bridge.offload("s2").await, declined());
    bridge.stop().await;
}

#[tokio::test]
async fn a_console_desk_takes_nobody_outside_its_hours() {
    let world = World::new().await;
    let never = "hours = \"past\"\n[hours.past]\ntime_zone = \"UTC\"\nopen = [\"mon-sun 00:00-24:00\"]\n\
                 closed = [\"2000-01-01 to 2999-12-31\"]";
    let bridge = team(&world, never).await;
    assert_eq!(bridge.offload("s1").await, declined());
    bridge.stop().await;
}
