//! Lists: all that is wrong with one comes at once, each fault at the member that it is about.

use super::*;

/// What is told of these settings, without file and line.
fn said(more: &str) -> Vec<String> {
    let told = told_of(more).into_iter();
    told.map(|line| line.splitn(3, ':').last().unwrap().trim().to_owned())
        .collect()
}

#[test]
fn every_range_that_is_none_is_told_at_its_own_line() {
    let told = told_of(
        r#"[hours.office]
time_zone = "UTC"
open = [
    "mon 10:00-11:00",
    "weekdays",
    "tue 10:00-10:00", 5,
]
closed = ["25 December", "2026-12-25", "2026-12-26 to 2026-12-24"]
"#,
    );
    let days = "days and a range, such as \"mon-fri 09:00-17:30\", \"sat 10:00-14:00\" or \"fri 22:00-02:00\"";
    let date = "a date such as \"2026-12-25\", or the first and the last of several, such as \"2026-12-24 to 2027-01-01\"";
    assert_eq!(
        told,
        [
            format!("handover.toml:24: hours.office.open[1] must be {days}"),
            "handover.toml:25: hours.office.open[2] must be a range that ends later than it begins; \
             a whole day is 00:00-24:00"
                .to_owned(),
            "handover.toml:25: hours.office.open[3] must be text, not a whole number".to_owned(),
            format!("handover.toml:27: hours.office.closed[0] must be {date}"),
            format!("handover.toml:27: hours.office.closed[2] must be {date}"),
        ]
    );
}

#[test]
fn every_network_that_is_none_is_told() {
    let told = told(
        "[server]",
        "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"ten\", \"192.0.2.7\", \"10.0.0.0/33\"]",
    );
    let says = |index| {
        format!(
            "handover.toml:3: server.trusted_proxies[{index}] must be an IP range such as \"10.0.0.0/8\""
        )
    };
    assert_eq!(told, [says(1), says(3)]);
    assert_eq!(
        said("[outbound]\nallow_networks = \"everything\""),
        ["outbound.allow_networks must be an IP range such as \"10.0.0.0/8\""],
        "one that stands alone has no number"
    );
    assert_eq!(
        said("[outbound]\nallow_networks = { a = 1 }"),
        ["outbound.allow_networks must be a list, not a table"]
    );
}

#[test]
fn every_name_that_is_none_or_nobodys_is_told() {
    assert_eq!(
        said(
            r#"[[routes]]
bot = ["webshop", "No Name", "nobody"]
desk = "custom"
fallback = ["custom", "nowhere"]
when = { version = ["live", "BETA"], language = ["nl", "dutch", 12], payload = { department = [["sales"]], team = {} } }
"#
        ),
        [
            "routes[0].bot[1] is no name: use a small letter, then up to 31 of a-z, 0-9 and _, never two _ in a row",
            "routes[0].bot[2] names no configured bot",
            "routes[0].fallback[0] names a desk that the route asks before; every desk of a route must be another one",
            "routes[0].fallback[1] names no configured desk",
            "routes[0].when.language[1] must be a language tag such as \"en\" or \"pt-br\"",
            "routes[0].when.language[2] must be a language tag such as \"en\" or \"pt-br\"",
            "routes[0].when.payload.department[0] must be a text, a number, true or false, or a list of them",
            "routes[0].when.payload.team must not be empty",
            "routes[0].when.version[1] must be \"DRAFT\" or \"LIVE\"",
        ]
    );
}

#[test]
fn every_secret_that_is_too_weak_is_told_and_none_is_shown() {
    let told = told(
        "hook_key = \"canary-hook-key-of-webshop\"",
        "hook_key = [\"canary-1\", \"canary-hook-key-of-webshop\", \"canary-2\", \"\"]",
    );
    let at = |index| format!("handover.toml:13: bots.webshop.hook_key[{index}] must ");
    assert_eq!(told.len(), 3, "{told:?}");
    for (line, index) in told.iter().zip([0, 2, 3]) {
        assert!(line.starts_with(&at(index)), "{line}");
    }
    assert!(!told.concat().contains("canary"), "{told:?}");

    let files = self::told(
        "hook_key = \"canary-hook-key-of-webshop\"",
        "hook_key_file = [\"no/such/file\", \"nor/this/one\"]",
    );
    let says = "names a file that cannot be read";
    let said = |index| format!("bots.webshop.hook_key_file[{index}] {says}");
    assert!(
        matches!(&files[..], [one, other] if one.contains(&said(0)) && other.contains(&said(1))),
        "{files:?}"
    );
}

#[test]
fn every_template_of_a_table_that_is_none_is_told_by_its_name() {
    let request = "{ method = \"POST\", url = \"https://x.example\", headers = { a = 1, b = \"x\", c = [] } }";
    let told = told(
        "region = \"eu\"",
        &format!("region = \"eu\"\nresume = [{{ request = {request} }}]"),
    );
    let at = "handover.toml:11: bots.webshop.resume[0].request.headers";
    assert_eq!(
        told,
        [
            format!("{at}.a must be text, not a whole number"),
            format!("{at}.c must be text, not a list"),
        ]
    );
}

#[test]
fn a_list_of_the_environment_is_told_by_its_variable() {
    let source = Source::text("handover.toml", GOOD).with_environment([(
        "HANDOVER__SERVER__TRUSTED_PROXIES",
        "10.0.0.0/8, ten, eleven",
    )]);
    let says = |index| {
        format!(
            "HANDOVER__SERVER__TRUSTED_PROXIES: server.trusted_proxies[{index}] must be an IP range such as \"10.0.0.0/8\""
        )
    };
    assert_eq!(
        lines(&Config::load(&source).unwrap_err()),
        [says(1), says(2)]
    );
}
