//! Dry runs of the routes.

use serde_json::Value;

use crate::setup::{Setup, complaint, printed, unused};

#[test]
fn a_dry_run_of_the_routes_says_which_one_takes_it_and_why_the_others_do_not() {
    let setup = Setup::new(unused());
    setup.append(
        r#"hours = "office"
[desks.night]
kind = "webhook"
url = "https://night.example.com"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "canary-token-of-the-night"
max_open = 5
[hours.office]
time_zone = "Europe/Amsterdam"
open = ["mon-fri 09:00-17:30"]
[[routes]]
when = { language = "nl", "user.tier" = ["gold", "silver"] }
desk = "night"
[[routes]]
when = { "payload.department" = "sales" }
desk = "custom"
fallback = "night"
options = { group = 7 }
"#,
    );
    let asked = |more: &[&str]| {
        let payload = r#"{"department": "sales"}"#;
        let mut arguments = vec!["route", "--payload", payload, "--at"];
        arguments.extend(more);
        setup.run(&arguments)
    };
    let evening = asked(&["2026-01-05T18:00:00+01:00", "--language", "nl"]);
    assert_eq!(evening.status.code(), Some(0), "{evening:?}");
    assert_eq!(
        printed(&evening),
        "webshop asks for an agent at 2026-01-05T17:00:00.000Z\n  \
         routes[0] does not match: user.tier is not given, gold or silver is wanted\n  \
         routes[1] matches\n  \
         desk custom: closed by hours.office, Mon 18:00 in Europe/Amsterdam\n  \
         desk night: always open, unless it has 5 handovers by then\n  \
         options: {\"group\":7}\n\
         night is asked\n"
    );
    let gold = asked(&[
        "2026-01-05T10:00:00Z",
        "--language",
        "nl-BE",
        "--user",
        "tier=gold",
        "--json",
    ]);
    let told: Value = serde_json::from_str(&printed(&gold)).unwrap();
    assert_eq!(told["desk"], "night");
    assert_eq!(told["route"], 0);
    let english = asked(&["2026-01-05T10:00:00Z", "--json"]);
    let told: Value = serde_json::from_str(&printed(&english)).unwrap();
    assert_eq!(told["routes"][0]["unmet"], "language");
    assert_eq!(told["routes"][0]["found"], serde_json::json!(["en"]));
    assert_eq!(told["desk"], "custom");
    assert_eq!(told["options"]["group"], 7);
}

#[test]
fn a_dry_run_that_ends_in_a_decline_ends_with_1_and_a_mistyped_one_with_2() {
    let setup = Setup::new(unused());
    setup.append("enabled = false\n");
    let output = setup.run(&["route"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        printed(&output).ends_with("desk custom: not enabled\ndeclined: desk_disabled\n"),
        "{output:?}"
    );
    for (arguments, says) in [
        (
            &["route", "--bot", "nobody"][..],
            "no bot is called nobody; configured are: webshop",
        ),
        (
            &["route", "--payload", "sales"],
            "a text is written with quotes",
        ),
        (&["route", "--user", "tier"], "such as tier=gold"),
        (
            &["route", "--at", "noon"],
            "such as 2026-12-25T10:00:00+01:00",
        ),
    ] {
        let output = setup.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(complaint(&output).contains(says), "{output:?}");
    }
}

#[test]
fn a_desk_that_wants_an_agent_to_be_there_is_told_as_one() {
    let setup = Setup::new(unused());
    setup.append(
        "[desks.team]\nkind = \"console\"\nrequire_agent = true\n[[routes]]\ndesk = \"team\"\n",
    );
    let told = printed(&setup.run(&["route"]));
    assert!(
        told.contains("desk team: always open, unless no agent is there by then\n"),
        "{told}"
    );
}
