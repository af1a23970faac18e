//! Desks of the console.

use handover_bridge::config::{Desk, User};

use super::*;

fn team(settings: &str) -> Desk {
    let config = good_with(&format!("[desks.team]\nkind = \"console\"\n{settings}"));
    config.desks.get(&"team".parse().unwrap()).unwrap().clone()
}

fn requires_agent(desk: &Desk) -> bool {
    match &desk.kind {
        Kind::Console(console) => console.require_agent,
        _ => panic!("another kind"),
    }
}

#[test]
fn a_console_desk_needs_nothing_but_its_kind() {
    let desk = team("");
    assert!(desk.enabled && desk.max_open.is_none() && desk.hours.is_none());
    assert!(!requires_agent(&desk));
}

#[test]
fn a_console_desk_has_limits_and_hours_and_may_require_an_agent() {
    let desk = team(
        "enabled = false\nmax_open = 3\nhours = \"office\"\nrequire_agent = true\n\
         [hours.office]\ntime_zone = \"Europe/Amsterdam\"\nopen = [\"mon-fri 09:00-17:30\"]",
    );
    assert!(!desk.enabled);
    assert_eq!(desk.max_open.unwrap().get(), 3);
    assert_eq!(desk.hours.as_ref().unwrap().as_str(), "office");
    assert!(requires_agent(&desk));
}

#[test]
fn console_desks_start_from_what_their_kind_says() {
    let desk = team("[kinds.console]\nmax_open = 5\nrequire_agent = true");
    assert_eq!(desk.max_open.unwrap().get(), 5);
    assert!(requires_agent(&desk));
    let desk = team(
        "max_open = 0\nrequire_agent = false\n[kinds.console]\nmax_open = 5\nrequire_agent = true",
    );
    assert!(desk.max_open.is_none() && !requires_agent(&desk));
}

#[test]
fn only_a_console_desk_can_require_an_agent() {
    let told = told(
        "kind = \"webhook\"",
        "kind = \"webhook\"\nrequire_agent = true",
    );
    assert_eq!(
        told,
        [
            "handover.toml:17: desks.custom.require_agent is for desks of the console; \
             remove it, or make the desk one by kind = \"console\""
        ]
    );
}

#[test]
fn a_console_desk_has_no_address_and_no_token() {
    let faults = load(&format!(
        "{GOOD}[desks.team]\nkind = \"console\"\nurl = \"https://desk.example.com\"\ntoken = \"canary-token-of-the-team\""
    ))
    .unwrap_err();
    let told = lines(&faults);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .any(|line| line.contains("desks.team.url is unknown"))
            && told
                .iter()
                .any(|line| line.contains("desks.team.token is unknown")),
        "{told:?}"
    );
}

#[test]
fn a_console_desk_that_nobody_can_sign_in_to_by_name_is_warned_of() {
    let warned = |more: &str| {
        let config = good_with(&format!("[desks.agents]\nkind = \"console\"\n{more}"));
        let warnings = config.warnings().into_iter().map(|it| it.to_string());
        warnings.filter(|it| it.contains("[admin.users]")).count()
    };
    assert_eq!(warned(""), 1);
    let hash = User::hash("correct horse battery staple").unwrap();
    let user = format!("[admin.users.ann]\npassword_hash = \"{hash}\"\nrole = \"agent\"");
    assert_eq!(warned(&user), 0);
}
