//! What single settings may be.

use super::*;

#[test]
fn urls_are_https_unless_their_addresses_are_allowed() {
    let url = "https://desk.example.com/canary-path?canary=1";
    let refused = [
        ("http://desk.example.com/x", "[]"),
        ("http://10.1.2.3/x", "[]"),
        ("http://10.1.2.3/x", "[\"192.168.0.0/16\"]"),
        ("http://localhost:3000/x", "[]"),
        ("https://127.0.0.1/x", "[]"),
        ("https://[::1]/x", "[]"),
        ("https://[::ffff:10.0.0.1]/x", "[]"),
        ("https://user:canary@desk.example.com", "[]"),
        ("https://desk.example.com/#x", "[]"),
        ("ftp://desk.example.com", "[]"),
        ("desk.example.com", "[]"),
    ];
    let taken = [
        ("https://desk.example.com:8443/x?y=z", "[]"),
        ("https://1.1.1.1/x", "[]"),
        ("http://10.1.2.3:9000/x", "[\"10.0.0.0/8\"]"),
        ("http://localhost:3000/x", "[\"127.0.0.0/8\"]"),
        ("http://[::ffff:10.0.0.1]/x", "[\"10.0.0.0/8\"]"),
        // A name is judged when it is resolved.
        ("http://desk:3000/x", "[\"172.16.0.0/12\"]"),
    ];
    let with = |(written, networks): (&str, &str)| {
        load(&format!(
            "{}\n[outbound]\nallow_networks = {networks}",
            GOOD.replace(url, written)
        ))
    };
    for case in refused {
        let faults = with(case).expect_err(case.0);
        assert_only(&faults, "desks.custom.url", |_| true);
    }
    for case in taken {
        assert!(with(case).is_ok(), "{case:?}");
    }
}

#[test]
fn the_host_of_a_request_is_judged_where_it_is_written_out() {
    let own = "{{ bot.api_url }}/v1/unpause";
    let with = |url: &str, networks: &str| {
        let text = GOOD.replace(own, url);
        load(&format!("{text}\n[outbound]\nallow_networks = {networks}"))
    };
    for url in [
        "http://crm.example.com/x",
        "http://crm.example.com/{{ user.id }}",
        "http://crm.example.com?user={{ user.id }}",
        "https://192.168.1.5/x",
        "https://localhost/{{ user.id }}",
    ] {
        let faults = with(url, "[]").expect_err(url);
        let key = "platforms.chatlayer.resume[0].request.url";
        assert_only(&faults, key, |problem| {
            matches!(problem, Problem::PlainHttp | Problem::PrivateAddress)
        });
    }
    for url in [
        "https://crm.example.com/{{ user.id }}",
        // What is filled in is judged when it is called.
        "http://{{ session.host }}/x",
        "http://crm.{{ session.domain }}/x",
        "{{ bot.api_url }}/http://crm.example.com/x",
    ] {
        assert!(with(url, "[]").is_ok(), "{url}");
    }
    let listed = "http://10.1.2.3:9000/{{ user.id }}";
    assert!(with(listed, "[\"10.0.0.0/8\"]").is_ok());
}

#[test]
fn durations_numbers_and_stores_that_make_no_sense_are_refused() {
    for settings in [
        "[handover]\ndecide_within = \"2001ms\"",
        "[handover]\nwaiting_limit = \"0s\"",
        "[handover]\nwaiting_limit = 15",
        "[handover]\nwaiting_limit = \"-5m\"",
        "[handover]\nwaiting_limit = \"1 month\"",
        "[handover]\nwhen_unsure = \"maybe\"",
        "[retention]\nkeys = \"0s\"",
        "[store]\nurl = \"sqlite::memory:\"",
        "[store]\nurl = \"sqlite:file:x.db\"",
        "[store]\nurl = \"sqlite:\"",
        "[store]\nurl = \"mysql://x\"",
        "[telemetry]\nlog = \"handover=loud=er\"",
        "[telemetry]\nformat = \"xml\"",
        "[outbound]\nallow_networks = [\"10.0.0.0/33\"]",
    ] {
        assert_eq!(told_of(settings).len(), 1, "{settings}");
    }
    assert_eq!(
        good_with("[retention]\nobserved = \"0s\"")
            .retention
            .observed,
        Duration::ZERO
    );
    assert_eq!(
        good_with("[handover]\nidle_limit = \"1h 30m\"")
            .handover
            .idle,
        Duration::from_mins(90)
    );
}

#[test]
fn two_listeners_cannot_have_one_address() {
    let listening = |public: &str, admin: &str| {
        let listeners = format!("server.listen = \"{public}\"\nadmin.listen = \"{admin}\"");
        load(&listeners)
    };
    for (public, admin) in [
        ("127.0.0.1:9000", "127.0.0.1:9000"),
        ("0.0.0.0:9000", "127.0.0.1:9000"),
        ("10.0.0.1:9000", "0.0.0.0:9000"),
        ("[::]:9000", "127.0.0.1:9000"),
    ] {
        let told = lines(&listening(public, admin).unwrap_err());
        assert!(
            matches!(&told[..], [one] if one.starts_with("handover.toml:2: admin.listen is the address of")),
            "{public} {admin}: {told:?}"
        );
    }
    for (public, admin) in [
        ("127.0.0.1:9000", "127.0.0.1:9001"),
        ("10.0.0.1:9000", "127.0.0.1:9000"),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("0.0.0.0:9000", "server"),
    ] {
        assert!(listening(public, admin).is_ok(), "{public} {admin}");
    }
}

#[test]
fn a_url_that_is_none_is_told_by_one_that_fits_there() {
    let none = |key: &str| format!("{key} = \"bridge\"");
    let public = told(
        "public_url = \"https://bridge.example.com\"",
        &none("public_url"),
    );
    let collector = told_of(&format!("[telemetry]\n{}", none("otlp_endpoint")));
    for (told, example) in [
        (public, "https://bridge.example.com"),
        (collector, "http://127.0.0.1:4318"),
    ] {
        let expected = format!("a URL such as \"{example}\"");
        assert!(
            matches!(&told[..], [one] if one.contains(&expected)),
            "{told:?}"
        );
    }
}
