//! Routes with their conditions, opening hours, and what a desk says of both.

use handover_bridge::domain::{
    hours::Hours,
    routing::{Fact, Path, Route, Scalar},
    time::Timestamp,
};

use super::*;

const SECOND: &str = r#"
[desks.second]
kind = "webhook"
url = "https://second.example.com"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-second-desk"
"#;

const OFFICE: &str =
    "[hours.office]\ntime_zone = \"Europe/Amsterdam\"\nopen = [\"mon-fri 09:00-17:30\"]\n";

/// A good configuration with the second desk and these routes.
fn routed(routes: &str) -> Result<Config, Faults> {
    load(&format!("{GOOD}{SECOND}{routes}"))
}

/// One route with this `when`.
fn route_when(when: &str) -> Result<Route, Faults> {
    let config = routed(&format!("[[routes]]\nwhen = {when}\ndesk = \"custom\""));
    config.map(|mut config| config.routes.remove(0))
}

/// Whether the second of two routes, with these conditions, is refused for never being reached.
fn unreachable(first: &str, second: &str) -> bool {
    let text =
        format!("[[routes]]\n{first}\ndesk = \"custom\"\n[[routes]]\n{second}\ndesk = \"second\"");
    match routed(&text) {
        Ok(_) => false,
        Err(faults) => {
            assert_only(&faults, "routes[1]", |problem| {
                matches!(problem, Problem::UnreachableRoute)
            });
            true
        }
    }
}

fn office(config: &Config) -> &Hours {
    let (_, hours) = config.hours.first_key_value().unwrap();
    hours
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn conditions_are_read_by_their_names_and_paths() {
    let route = route_when(
        r#"{ language = "nl", version = ["LIVE"], channel = "web", "payload.department" = ["sales", 5, true],
            "user.tier" = "gold", "session.a.b" = 1.0, payload = { nested = { deep = "x" } } }"#
            .replace('\n', " ")
            .as_str(),
    )
    .unwrap();
    let read: Vec<(String, Vec<&str>)> = route
        .when
        .iter()
        .map(|condition| {
            let wanted = condition.any_of.iter().map(Scalar::as_str);
            (condition.of.to_string(), wanted.collect())
        })
        .collect();
    let expected = [
        ("channel", vec!["web"]),
        ("language", vec!["nl"]),
        ("payload.nested.deep", vec!["x"]),
        ("payload.department", vec!["sales", "5", "true"]),
        ("session.a.b", vec!["1"]),
        ("user.tier", vec!["gold"]),
        ("version", vec!["LIVE"]),
    ];
    let expected: Vec<(String, Vec<&str>)> = expected
        .into_iter()
        .map(|(of, wanted)| (of.to_owned(), wanted))
        .collect();
    assert_eq!(read, expected);
    let whole = route_when(r#"{ payload = "sales" }"#).unwrap();
    assert_eq!(whole.when[0].of, Fact::Payload(Path::default()));
}

#[test]
fn what_is_no_condition_is_refused_with_its_line() {
    for (when, key, says) in [
        (
            "{ colour = \"red\" }",
            "colour",
            "is nothing that a route can look at",
        ),
        (
            "{ user = \"ann\" }",
            "user",
            "is nothing that a route can look at",
        ),
        (
            "{ \"version.x\" = 1 }",
            "version.x",
            "is nothing that a route can look at",
        ),
        (
            "{ \"payload.\" = 1 }",
            "payload.",
            "is nothing that a route can look at",
        ),
        ("{ payload = {} }", "payload", "must not be empty"),
        ("{ language = [] }", "language", "must not be empty"),
        (
            "{ language = \"dutch\" }",
            "language",
            "must be a language tag",
        ),
        (
            "{ channel = [[\"web\"]] }",
            "channel[0]",
            "must be a text, a number",
        ),
    ] {
        let faults = route_when(when).unwrap_err();
        assert_only(&faults, &format!("routes[0].when.{key}"), |_| true);
        let told = lines(&faults).remove(0);
        assert!(told.starts_with("handover.toml:27: "), "{told}");
        assert!(told.contains(says), "{told}");
    }
    let faults = route_when("5").unwrap_err();
    assert_only(&faults, "routes[0].when", |problem| {
        matches!(problem, Problem::WrongType { .. })
    });
}

#[test]
fn a_fallback_is_one_desk_or_several_and_each_is_another() {
    let config = routed("[[routes]]\ndesk = \"custom\"\nfallback = \"second\"").unwrap();
    assert_eq!(config.routes[0].fallbacks, ["second".parse().unwrap()]);
    let config = routed("[[routes]]\ndesk = \"custom\"\nfallback = [\"second\"]").unwrap();
    assert_eq!(config.routes[0].fallbacks.len(), 1);
    for (fallback, at) in [("\"custom\"", ""), ("[\"second\", \"second\"]", "[1]")] {
        let faults = routed(&format!(
            "[[routes]]\ndesk = \"custom\"\nfallback = {fallback}"
        ))
        .unwrap_err();
        assert_only(&faults, &format!("routes[0].fallback{at}"), |problem| {
            matches!(problem, Problem::DeskTwice)
        });
    }
}

#[test]
fn a_route_that_an_earlier_one_leaves_nothing_to_is_refused() {
    let nl = "when = { language = \"nl\" }";
    assert!(unreachable("", nl));
    assert!(unreachable(nl, nl));
    assert!(unreachable(
        nl,
        "bot = \"webshop\"\nwhen = { language = \"nl-BE\" }"
    ));
    assert!(
        unreachable("bot = \"webshop\"", nl),
        "there is no other bot"
    );
    assert!(unreachable(
        "when = { \"payload.a\" = [1, 2] }",
        "when = { \"payload.a\" = \"2\", language = \"en\" }"
    ));
    assert!(!unreachable(nl, ""));
    assert!(!unreachable(nl, "when = { language = [\"nl\", \"en\"] }"));
    assert!(!unreachable(
        "when = { \"payload.a\" = 1 }",
        "when = { \"payload.b\" = 1 }"
    ));
}

#[test]
fn a_route_whose_own_conditions_are_faulty_hides_no_other() {
    let faults = routed(
        "[[routes]]\nwhen = { colour = \"red\" }\ndesk = \"custom\"\n[[routes]]\ndesk = \"second\"",
    )
    .unwrap_err();
    assert_only(&faults, "routes[0].when.colour", |_| true);
}

#[test]
fn hours_are_read_with_their_zone_and_their_holidays() {
    let text =
        format!("{OFFICE}closed = [\"2026-12-25\", 2026-12-28, \"2026-12-30 to 2027-01-01\"]");
    let config = load(&format!(
        "{}{text}",
        GOOD.replace(
            "kind = \"webhook\"",
            "kind = \"webhook\"\nhours = \"office\"\nmax_open = 3"
        )
    ))
    .unwrap();
    assert_eq!(config.warnings(), []);
    let hours = office(&config);
    assert!(hours.is_open(at("2026-12-24T09:00:00+01:00")));
    assert!(!hours.is_open(at("2026-12-24T08:59:00+01:00")));
    for closed in [
        "2026-12-25",
        "2026-12-28",
        "2026-12-30",
        "2026-12-31",
        "2027-01-01",
    ] {
        assert!(
            !hours.is_open(at(&format!("{closed}T10:00:00+01:00"))),
            "{closed}"
        );
    }
    assert!(hours.is_open(at("2026-12-29T10:00:00+01:00")));
    let desk = config.desks.values().next().unwrap();
    assert_eq!(desk.hours, Some("office".parse().unwrap()));
    assert_eq!(desk.max_open.map(std::num::NonZeroU64::get), Some(3));
    assert_eq!(good_with("").desks.values().next().unwrap().max_open, None);
}

#[test]
fn hours_that_make_no_sense_are_refused() {
    for (before, after, key, says) in [
        (
            "Europe/Amsterdam",
            "Mars/Olympus",
            "time_zone",
            "is no time zone",
        ),
        ("Europe/Amsterdam", "", "time_zone", "must not be empty"),
        (
            "time_zone = \"Europe/Amsterdam\"",
            "",
            "time_zone",
            "is missing",
        ),
        ("open = [\"mon-fri 09:00-17:30\"]", "", "open", "is missing"),
        ("\"mon-fri 09:00-17:30\"", "", "open", "must not be empty"),
        (
            "mon-fri 09:00-17:30",
            "weekdays",
            "open[0]",
            "must be days and a range",
        ),
        (
            "mon-fri 09:00-17:30",
            "mon 09:00-09:00",
            "open[0]",
            "must be a range that ends later",
        ),
        (
            "\"mon-fri 09:00-17:30\"",
            "\"mon-fri 09:00-17:30\", \"sat 10:00-12:00\", \"wed 17:00-20:00\"",
            "open",
            "has ranges that overlap: [0] and [2]",
        ),
        (
            "[\"mon-fri 09:00-17:30\"]",
            "[\"mon-fri 09:00-17:30\"]\nclosed = [\"25 December\"]",
            "closed[0]",
            "must be a date such as",
        ),
        (
            "[\"mon-fri 09:00-17:30\"]",
            "[\"mon-fri 09:00-17:30\"]\nholidays = []",
            "holidays",
            "is unknown",
        ),
    ] {
        let faults = load(&format!("{GOOD}{}", OFFICE.replace(before, after))).unwrap_err();
        assert_only(&faults, &format!("hours.office.{key}"), |_| true);
        assert!(faults.to_string().contains(says), "{faults}");
    }
    let told = told(
        "kind = \"webhook\"",
        "kind = \"webhook\"\nhours = \"office\"",
    );
    assert!(
        told[0].ends_with("desks.custom.hours names no configured hours"),
        "{told:?}"
    );
    let faulty = OFFICE.replace("Europe/Amsterdam", "Mars/Olympus");
    let text = GOOD.replace(
        "kind = \"webhook\"",
        "kind = \"webhook\"\nhours = \"office\"",
    );
    assert_only(
        &load(&format!("{text}{faulty}")).unwrap_err(),
        "hours.office.time_zone",
        |_| true,
    );
}

#[test]
fn hours_that_no_desk_keeps_are_warned_of() {
    assert_eq!(
        good_with(OFFICE).warnings(),
        [Warning::UnusedHours("office".parse().unwrap())]
    );
}
