use std::{num::NonZeroU64, sync::Arc};

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::domain::{
    hours::Hours,
    policy::{DeskPolicy, PausedBecause},
};

fn desk(name: &str) -> DeskName {
    DeskName::new(name).unwrap()
}

fn bot(name: &str) -> BotName {
    BotName::new(name).unwrap()
}

fn condition(of: Fact, any_of: &[Value]) -> Condition {
    let any_of = any_of.iter().filter_map(Scalar::of).collect();
    Condition { of, any_of }
}

fn payload(path: &str) -> Fact {
    Fact::Payload(Path::new(path.split('.')))
}

fn route(name: &str, when: Vec<Condition>) -> Route {
    Route {
        when,
        ..Route::to(desk(name))
    }
}

/// A request with a payload and nothing else.
fn holds(condition: &Condition, value: &Value) -> bool {
    with(value, |facts| condition.holds(facts))
}

fn with<T>(payload: &Value, look: impl FnOnce(&Facts<'_>) -> T) -> T {
    look(&Facts {
        bot: &bot("webshop"),
        version: Some("LIVE"),
        channel: Some("web"),
        language: "nl-BE",
        payload: Some(payload),
        user: &UserProfile {
            id: Some("u1".to_owned()),
            fields: json!({"tier": "gold", "id": "other"})
                .as_object()
                .unwrap()
                .clone(),
            ..UserProfile::default()
        },
        session: None,
    })
}

#[test]
fn a_scalar_equals_what_is_written_alike() {
    let five = condition(payload("n"), &[json!(5)]);
    for same in [json!(5), json!(5.0), json!("5"), json!([1, 5])] {
        assert!(holds(&five, &json!({"n": same})), "{same}");
    }
    for other in [
        json!(50),
        json!("5.0"),
        json!("05"),
        json!(null),
        json!({"5": 5}),
        json!([]),
    ] {
        assert!(!holds(&five, &json!({"n": other})), "{other}");
    }
    assert!(holds(
        &condition(payload("n"), &[json!("5")]),
        &json!({"n": 5})
    ));
    assert!(holds(
        &condition(payload("n"), &[json!(true)]),
        &json!({"n": "true"})
    ));
    assert!(!holds(
        &condition(payload("n"), &[json!(true)]),
        &json!({"n": 1})
    ));
    assert!(!holds(
        &condition(payload("n"), &[json!("Sales")]),
        &json!({"n": "sales"})
    ));
}

#[test]
fn what_is_missing_never_matches() {
    let sales = condition(payload("a.b"), &[json!("sales")]);
    for without in [
        json!(null),
        json!("sales"),
        json!({}),
        json!({"a": "sales"}),
        json!({"a.b": "sales"}),
    ] {
        assert!(!holds(&sales, &without), "{without}");
    }
    assert!(holds(&sales, &json!({"a": {"b": "sales"}})));
    assert!(holds(
        &condition(payload("a.1.b"), &[json!(2)]),
        &json!({"a": [{}, {"b": 2}]})
    ));
    let session = condition(Fact::Session(Path::new(["tier"])), &[json!("gold")]);
    assert!(!holds(&session, &json!({"tier": "gold"})));
}

#[test]
fn the_whole_payload_may_be_a_scalar() {
    let whole = condition(Fact::Payload(Path::default()), &[json!("sales")]);
    assert!(holds(&whole, &json!("sales")));
    assert!(!holds(&whole, &json!({"department": "sales"})));
}

#[test]
fn a_language_stands_for_its_regions_and_a_region_for_itself() {
    let language = |tag: &str| condition(Fact::Language, &[json!(tag)]);
    for (tag, expected) in [
        ("nl", true),
        ("NL", true),
        ("nl-be", true),
        ("nl_BE", true),
        ("nl-nl", false),
        ("n", false),
        ("en", false),
    ] {
        assert_eq!(holds(&language(tag), &json!({})), expected, "{tag}");
    }
}

#[test]
fn versions_and_channels_are_compared_without_regard_to_case() {
    assert!(holds(
        &condition(Fact::Version, &[json!("live")]),
        &json!({})
    ));
    assert!(!holds(
        &condition(Fact::Version, &[json!("DRAFT")]),
        &json!({})
    ));
    assert!(holds(
        &condition(Fact::Channel, &[json!("Web")]),
        &json!({})
    ));
}

#[test]
fn what_the_bridge_knows_of_a_user_goes_before_what_else_was_told() {
    let user = |path: &str, wanted: &str| {
        condition(Fact::User(Path::new(path.split('.'))), &[json!(wanted)])
    };
    assert!(holds(&user("tier", "gold"), &json!({})));
    assert!(holds(&user("id", "u1"), &json!({})));
    assert!(!holds(&user("id", "other"), &json!({})));
    assert!(!holds(&user("first_name", "Ann"), &json!({})));
}

#[test]
fn the_first_route_that_matches_wins_and_says_where_it_goes() {
    let routes = vec![
        route(
            "sales",
            vec![
                condition(Fact::Language, &[json!("nl")]),
                condition(payload("department"), &[json!("sales"), json!("offers")]),
            ],
        ),
        Route {
            fallbacks: vec![desk("b"), desk("c")],
            ..route("a", vec![condition(Fact::Language, &[json!("nl")])])
        },
        Route::to(desk("rest")),
    ];
    let mut policy = Policy {
        routes,
        ..Policy::default()
    };
    let chosen = |value: Value| with(&value, |facts| policy.choose(facts)).unwrap();
    assert_eq!(chosen(json!({"department": "offers"})).route, Some(0));
    assert_eq!(chosen(json!({})).desks, [desk("a"), desk("b"), desk("c")]);
    policy.routes[1].bots.insert(bot("other"));
    assert_eq!(
        with(&json!({}), |facts| policy.routes[1].mismatch(facts)),
        Some(Mismatch::Bot)
    );
    assert_eq!(
        with(&json!({}), |facts| policy.choose(facts))
            .unwrap()
            .route,
        Some(2)
    );
}

#[test]
fn without_a_match_the_only_desk_takes_it_and_one_of_several_does_not() {
    let mut policy = Policy::default();
    assert_eq!(with(&json!({}), |facts| policy.choose(facts)), None);
    policy.desks.insert(desk("only"), DeskPolicy::new());
    let only = with(&json!({}), |facts| policy.choose(facts)).unwrap();
    assert_eq!((only.route, only.desks), (None, vec![desk("only")]));
    policy.desks.insert(desk("second"), DeskPolicy::new());
    assert_eq!(with(&json!({}), |facts| policy.choose(facts)), None);
}

#[test]
fn session_data_is_waited_for_only_where_it_can_decide() {
    let gold = || condition(Fact::Session(Path::new(["tier"])), &[json!("gold")]);
    let dutch = || condition(Fact::Language, &[json!("nl")]);
    let english = || condition(Fact::Language, &[json!("en")]);
    let waits = |routes: Vec<Route>| {
        let policy = Policy {
            routes,
            ..Policy::default()
        };
        with(&json!({}), |facts| policy.waits_for_session(facts))
    };
    assert!(waits(vec![
        route("gold", vec![gold(), dutch()]),
        Route::to(desk("rest"))
    ]));
    assert!(!waits(vec![
        route("gold", vec![gold(), english()]),
        Route::to(desk("rest"))
    ]));
    assert!(!waits(vec![
        Route::to(desk("rest")),
        route("gold", vec![gold()])
    ]));
    let mut others = route("gold", vec![gold()]);
    others.bots.insert(bot("other"));
    assert!(!waits(vec![others]));
}

#[test]
fn a_route_leaves_nothing_to_one_that_asks_for_as_much_or_more() {
    let language = |tags: &[&str]| {
        let tags: Vec<Value> = tags.iter().map(|tag| json!(tag)).collect();
        condition(Fact::Language, &tags)
    };
    let department = || condition(payload("department"), &[json!("sales")]);
    let covers = |wide: Vec<Condition>, narrow: Vec<Condition>| leaves_nothing(&wide, &narrow);
    assert!(covers(vec![], vec![]));
    assert!(covers(vec![], vec![department()]));
    assert!(covers(
        vec![language(&["nl"])],
        vec![language(&["nl-be"]), department()]
    ));
    assert!(covers(
        vec![language(&["nl", "en"])],
        vec![language(&["en"])]
    ));
    assert!(!covers(vec![language(&["nl"])], vec![]));
    assert!(!covers(vec![language(&["nl-be"])], vec![language(&["nl"])]));
    assert!(!covers(
        vec![language(&["nl"])],
        vec![language(&["nl", "en"])]
    ));
    assert!(!covers(
        vec![department(), language(&["nl"])],
        vec![department()]
    ));
}

#[test]
fn a_desk_says_why_it_cannot_be_asked() {
    let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let name = desk("team");
    let why = |change: fn(&mut DeskPolicy), closed: Option<ClosedBecause>, open: u64| {
        let mut of_desk = DeskPolicy::new();
        change(&mut of_desk);
        let mut policy = Policy::default();
        policy.desks.insert(name.clone(), of_desk);
        let mut conditions = Conditions::default();
        conditions.open.insert(name.clone(), open);
        if let Some(closed) = closed {
            conditions
                .closed
                .insert(Destination::Desk(name.clone()), closed);
        }
        let why = policy.unavailable(&name, &conditions, now);
        why.map(Unavailable::label)
    };
    let as_it_is = |_: &mut DeskPolicy| {};
    assert_eq!(why(as_it_is, None, 1000), None);
    assert_eq!(
        why(|desk| desk.enabled = false, None, 0),
        Some("desk_disabled")
    );
    assert_eq!(
        why(
            |desk| {
                let open = vec!["sat 10:00-14:00".parse().unwrap()];
                desk.hours = Some(Arc::new(
                    Hours::new(TimeZone::UTC, open, Vec::new()).unwrap(),
                ));
            },
            None,
            0
        ),
        Some("outside_hours")
    );
    let two = |desk: &mut DeskPolicy| desk.max_open = NonZeroU64::new(2);
    assert_eq!(
        (why(two, None, 1), why(two, None, 2)),
        (None, Some("desk_full"))
    );
    assert_eq!(
        why(as_it_is, Some(ClosedBecause::BreakerOpen), 0),
        Some("desk_down")
    );
    let paused = ClosedBecause::Paused(PausedBecause::RateLimited);
    assert_eq!(why(as_it_is, Some(paused), 0), Some("desk_paused"));
    assert_eq!(why(as_it_is, Some(ClosedBecause::NoAgent), 0), None);
    assert_eq!(
        why(
            |desk| desk.require_agent = true,
            Some(ClosedBecause::NoAgent),
            0
        ),
        Some("no_agent")
    );
    let nobody = Policy::default().unavailable(&name, &Conditions::default(), now);
    assert_eq!(nobody, Some(Unavailable::Gone));
}
