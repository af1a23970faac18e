//! Which desk is asked, and why another is not.

use std::{num::NonZeroU64, sync::Arc};

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::domain::{
    conversation::Profile,
    hours::Hours,
    routing::{Condition, Fact, Path, Route, Scalar},
};

fn when(of: Fact, wanted: &str) -> Vec<Condition> {
    let any_of = Scalar::of(&json!(wanted)).into_iter().collect();
    vec![Condition { of, any_of }]
}

/// Open on Saturdays only; the world's clock stands on a Thursday.
fn closed_now() -> Option<Arc<Hours>> {
    let open = vec!["sat 09:00-17:00".parse().unwrap()];
    Hours::new(TimeZone::UTC, open, Vec::new())
        .ok()
        .map(Arc::new)
}

/// Why the request was declined at once.
fn declined(change: impl FnOnce(&mut World)) -> Option<String> {
    let mut world = World::with_fallback("second", false);
    world.desk_mut("second").enabled = false;
    change(&mut world);
    let (_, answer) = world.request();
    assert_eq!((answer, world.tasks()), (Answer::Declined, vec![]));
    world.told(Cause::Declined).map(ToOwned::to_owned)
}

#[test]
fn every_reason_to_decline_at_once_has_a_name_of_its_own() {
    let closed = |because| {
        move |world: &mut World| {
            let team = Destination::Desk(desk("team"));
            world.conditions.closed.insert(team, because);
        }
    };
    let paused = ClosedBecause::Paused(PausedBecause::Refused);
    let reasons = [
        declined(|world| world.desk_mut("team").hours = closed_now()),
        declined(|world| world.desk_mut("team").enabled = false),
        declined(|world| {
            world.desk_mut("team").max_open = NonZeroU64::new(2);
            world.conditions.open.insert(desk("team"), 2);
        }),
        declined(|world| {
            world.desk_mut("team").require_agent = true;
            closed(ClosedBecause::NoAgent)(world);
        }),
        declined(closed(ClosedBecause::BreakerOpen)),
        declined(closed(paused)),
        declined(|world| world.policy.routes.clear()),
        declined(|world| world.policy.desks.clear()),
        declined(|world| world.bot_mut().enabled = false),
        declined(|world| world.close_bot(ClosedBecause::BreakerOpen)),
    ];
    let expected = [
        "outside_hours",
        "desk_disabled",
        "desk_full",
        "no_agent",
        "desk_down",
        "desk_paused",
        "no_route",
        "desk_removed",
        "bot_disabled",
        "bot_does_not_answer",
    ];
    assert_eq!(
        reasons
            .each_ref()
            .map(|reason| reason.as_deref().unwrap_or("")),
        expected
    );
}

#[test]
fn a_desk_that_cannot_be_asked_is_passed_over_and_the_journal_says_why() {
    let mut world = World::with_fallback("second", false);
    world.desk_mut("team").hours = closed_now();
    world.request();
    assert_eq!(world.leg().desk, desk("second"));
    assert_eq!(world.told(Cause::PassedOver), Some("team: outside_hours"));
    world.opened();
    assert_eq!(world.outcomes_of_repeat(), Answer::Accepted);
}

#[test]
fn the_chain_of_fallbacks_is_gone_through_in_its_order() {
    let mut world = World::with_fallback("second", false);
    for name in ["third", "fourth"] {
        world.add_desk(name, false);
        world.policy.routes[0].fallbacks.push(desk(name));
    }
    world.desk_mut("third").max_open = NonZeroU64::new(1);
    world.conditions.open.insert(desk("third"), 1);
    world.request();
    world.comes_to("open", refused());
    assert_eq!(world.leg().desk, desk("second"));
    world.comes_to("open", refused());
    assert_eq!(world.leg().desk, desk("fourth"));
    assert_eq!(world.told(Cause::PassedOver), Some("third: desk_full"));
    world.comes_to("open", refused());
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn a_console_that_is_full_or_closed_does_not_take_in_doubt() {
    let mut world = World::with_fallback("console", true);
    world.desk_mut("console").hours = closed_now();
    world.request();
    world.wait_until_woken();
    assert_eq!(world.outcomes_of_repeat(), Answer::Declined);
}

#[test]
fn a_handover_that_is_open_goes_on_when_its_desk_closes_for_the_day() {
    let mut world = World::with_texts();
    world.request();
    world.opened();
    world.desk_mut("team").hours = closed_now();
    world.user_says("hello");
    world.agent_says("hi");
    assert_eq!(world.phase(), Some(Phase::Attended));
}

#[test]
fn a_route_looks_at_what_the_platform_told_of_bot_user_and_request() {
    let mut world = World::with_texts();
    world.add_desk("draft", false);
    world.add_desk("dutch", false);
    world.add_desk("sales", false);
    let route = |name: &str, when| Route {
        when,
        ..Route::to(desk(name))
    };
    world.policy.routes = vec![
        route("draft", when(Fact::Version, "DRAFT")),
        route(
            "sales",
            when(Fact::Payload(Path::new(["department"])), "sales"),
        ),
        route("dutch", when(Fact::Language, "nl")),
        Route::to(desk("team")),
    ];
    let mut asked = |change: fn(&mut Profile), payload: serde_json::Value| {
        let mut profile = Profile::default();
        change(&mut profile);
        world.change_state(|state| {
            state.profile = profile.into();
            state.handover = None;
        });
        world.apply(&Event::HandoverRequested(Request {
            payload: Some(payload),
            transcript: Vec::new(),
        }));
        world.leg().desk.to_string()
    };
    assert_eq!(asked(|_| {}, json!(null)), "team");
    assert_eq!(
        asked(
            |profile| profile.version = Some("DRAFT".to_owned()),
            json!(null)
        ),
        "draft"
    );
    assert_eq!(
        asked(
            |profile| profile.version = Some("LIVE".to_owned()),
            json!(null)
        ),
        "team"
    );
    assert_eq!(asked(|_| {}, json!({"department": "sales"})), "sales");
    assert_eq!(
        asked(
            |profile| profile.language = Some("nl-BE".to_owned()),
            json!({})
        ),
        "dutch"
    );
}

#[test]
fn a_bot_whose_language_is_not_told_is_routed_by_the_one_it_speaks() {
    let mut world = World::with_fallback("second", false);
    world.policy.routes[0].when = when(Fact::Language, "nl");
    world.bot_mut().default_language = "nl".to_owned();
    world.request();
    assert_eq!(world.leg().desk, desk("team"));
}

#[test]
fn the_options_of_the_route_go_with_the_handover() {
    let mut world = World::with_fallback("second", false);
    world.policy.routes[0]
        .options
        .insert("group".to_owned(), json!("sales"));
    world.request();
    assert_eq!(world.handover().options["group"], "sales");
    let told = world.effects().iter().any(
        |effect| matches!(effect, Effect::Handover(row) if row.facts.options.contains_key("group")),
    );
    assert!(told, "and stand in its row");
}
