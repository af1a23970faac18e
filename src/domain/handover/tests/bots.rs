//! Bots that cannot be spoken to.

use super::*;

#[test]
fn a_bot_that_cannot_be_spoken_to_keeps_its_users_and_the_journal_says_why() {
    let cases = [
        (ClosedBecause::BreakerOpen, "bot_does_not_answer"),
        (
            ClosedBecause::Paused(PausedBecause::Refused),
            "bot_refuses_calls",
        ),
    ];
    for (because, reason) in cases {
        let mut world = World::with_fallback("console", true);
        world.close_bot(because);
        let (id, answer) = world.request();
        assert_eq!((answer, world.phase()), (Answer::Declined, None));
        assert_eq!(world.tasks(), [""; 0], "no desk hears of it");
        let told = world.effects().iter().any(|effect| {
            matches!(effect, Effect::Journal(entry) if entry.handover == Some(id)
                && entry.cause == Cause::Declined && entry.detail.as_deref() == Some(reason))
        });
        assert!(told, "{:?}", world.effects());
    }
}

#[test]
fn a_bot_that_is_called_too_often_or_is_another_one_declines_nothing() {
    let mut world = World::new();
    world.close_bot(ClosedBecause::Paused(PausedBecause::RateLimited));
    let other = Destination::Bot(BotName::new("other").unwrap());
    world
        .conditions
        .closed
        .insert(other, ClosedBecause::BreakerOpen);
    assert_eq!(world.request().1, Answer::Pending);
}

#[test]
fn an_open_handover_goes_on_while_its_bot_cannot_be_spoken_to() {
    let mut world = World::attended();
    let open = world.handover().id;
    world.close_bot(ClosedBecause::Paused(PausedBecause::Refused));
    assert_eq!(world.request(), (open, Answer::Accepted));
    world.agent_says("still here");
    assert_eq!(world.tasks().last(), Some(&"say"));
}
