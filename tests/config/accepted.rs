//! What is taken, and what the layers do to each other.

use super::*;

#[test]
fn the_defaults_alone_are_a_whole_configuration() {
    let config = load("").unwrap();
    assert!(config.bots.is_empty() && config.desks.is_empty() && config.routes.is_empty());
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.server.max_connections, 8192);
    assert_eq!(config.server.keep_alive, Duration::from_secs(75));
    assert_eq!(config.server.drain, Duration::from_secs(5));
    assert_eq!(
        config.admin.listen,
        AdminListen::Own("127.0.0.1:8081".parse().unwrap())
    );
    assert_eq!(
        config.store.url,
        StoreUrl::Sqlite("data/handover.db".into())
    );
    assert_eq!(config.handover.when_unsure, WhenUnsure::Decline);
    assert_eq!(config.handover.max_duration, Duration::from_hours(4));
    assert_eq!(config.retention.transcripts, Duration::from_hours(90 * 24));
    assert_eq!(config.retention.audit, Duration::from_hours(365 * 24));
}

#[test]
fn a_good_configuration_has_no_warnings() {
    assert_eq!(good_with("").warnings(), []);
}

#[test]
fn bots_and_desks_start_from_what_the_defaults_say() {
    let config = good_with("");
    let chatlayer = chatlayer(&config);
    assert!(config.bots.first_key_value().unwrap().1.enabled);
    assert_eq!(chatlayer.api_url.as_str(), "https://api.chatlayer.ai/");
    assert!(chatlayer.pause.is_empty());
    assert_eq!(chatlayer.text_limit, 2000);
    assert!(
        matches!(&chatlayer.resume[..], [Step::Request(step)] if step.url.ends_with("/v1/unpause"))
    );
    let (_, desk) = config.desks.first_key_value().unwrap();
    let Kind::Webhook(webhook) = &desk.kind else {
        panic!("another kind")
    };
    assert_eq!(webhook.transcript_limit, 200);
}

#[test]
fn the_resume_of_the_defaults_is_a_guess_until_the_operator_has_written_it_down() {
    let (_, without) = GOOD.split_once('\n').unwrap();
    let config = load(without).unwrap();
    assert!(
        matches!(&chatlayer(&config).resume[..], [Step::Request(step)] if step.url.starts_with("{{ bot.api_url }}/v1/bots/"))
    );
    let webshop = "webshop".parse().unwrap();
    assert_eq!(config.warnings(), [Warning::GuessedResume(webshop)]);
    for written in [
        "[[platforms.chatlayer.resume]]\ntext = \"Welcome back.\"\n",
        "[[bots.webshop.resume]]\ndialog_state = \"home\"\n",
    ] {
        let config = load(&format!("{without}{written}")).unwrap();
        assert_eq!(config.warnings(), [], "{written}");
    }
}

#[test]
fn an_explicitly_empty_resume_means_no_step() {
    let text = GOOD.replace("region = \"eu\"", "region = \"eu\"\nresume = []");
    let config = load(&text).unwrap();
    let chatlayer = chatlayer(&config);
    assert!(chatlayer.resume.is_empty());
}

#[test]
fn steps_are_read_in_their_order_and_kind() {
    let steps = r#"region = "us"
        resume = [
            { text = "welcome back" },
            { dialog_state = "after", session_data = { reason = "reason" } },
            { request = { method = "PUT", url = "{{ bot.api_url }}/x", headers = { "X-Trace.Id" = "{{ session_id }}" }, take = { id = "answer.id" } } },
        ]
        pause = [{ request = { method = "POST", url = "https://x.example.com" } }]"#;
    let config = load(&GOOD.replace("region = \"eu\"", steps)).unwrap();
    let chatlayer = chatlayer(&config);
    let [
        Step::Text(text),
        Step::DialogState(dialog),
        Step::Request(request),
    ] = &chatlayer.resume[..]
    else {
        panic!("{:?}", chatlayer.resume);
    };
    assert_eq!(text.text, "welcome back");
    assert_eq!(
        text.at.to_string(),
        "handover.toml:12: bots.webshop.resume[0]"
    );
    assert_eq!(
        (dialog.dialog_state.as_str(), &dialog.session_data[0].1),
        ("after", &"reason".to_owned())
    );
    assert_eq!(
        request.headers,
        [("X-Trace.Id".to_owned(), "{{ session_id }}".to_owned())]
    );
    assert_eq!(request.method.as_str(), "PUT");
    assert_eq!(chatlayer.pause.len(), 1);
}

#[test]
fn the_environment_goes_over_the_file_and_may_write_numbers_switches_and_lists() {
    let source = Source::text("handover.toml", GOOD).with_environment([
        ("HANDOVER__BOTS__WEBSHOP__ACCESS_TOKEN", "12345"),
        ("HANDOVER__SERVER__MAX_CONNECTIONS", "7"),
        ("HANDOVER__STORE__MIGRATE", "false"),
        (
            "HANDOVER__OUTBOUND__ALLOW_NETWORKS",
            "10.0.0.0/8, 192.168.1.1",
        ),
        ("HANDOVER__TEXTS__EN__NOBODY", ""),
        ("HANDOVER_SERVER__LISTEN", "not ours"),
        ("PATH", "/bin"),
    ]);
    let config = Config::load(&source).unwrap();
    let chatlayer = chatlayer(&config);
    assert_eq!(chatlayer.access_token.first().expose_secret(), "12345");
    assert_eq!(config.server.max_connections, 7);
    assert!(!config.store.migrate);
    let networks: Vec<_> = config
        .outbound
        .allow_networks
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.168.1.1/32"]);
    assert_eq!(config.texts.get("en", Notice::Nobody), None);
}

#[test]
fn a_whole_bot_can_come_from_the_environment() {
    let source = Source::default().with_environment([
        ("HANDOVER__BOTS__SHOP__PLATFORM", "chatlayer"),
        ("HANDOVER__BOTS__SHOP__REGION", "asia"),
        ("HANDOVER__BOTS__SHOP__ACCESS_TOKEN", "a"),
        ("HANDOVER__BOTS__SHOP__VERIFY_TOKEN", "one,with,commas"),
    ]);
    assert!(!source.is_empty());
    let config = Config::load(&source).unwrap();
    let chatlayer = chatlayer(&config);
    assert_eq!(
        chatlayer.verify_token.first().expose_secret(),
        "one,with,commas"
    );
}

#[test]
fn a_variable_with_the_address_or_the_region_goes_over_the_files_other() {
    let with = |text: &str, variable| {
        let source = Source::text("handover.toml", text).with_environment([variable]);
        let config = Config::load(&source).unwrap();
        chatlayer(&config).api_url.as_str().to_owned()
    };
    let address = (
        "HANDOVER__BOTS__WEBSHOP__API_URL",
        "https://api.example.com",
    );
    assert_eq!(with(GOOD, address), "https://api.example.com/");
    let own = GOOD.replace("region = \"eu\"", "api_url = \"https://api.example.com\"");
    let region = ("HANDOVER__BOTS__WEBSHOP__REGION", "eu");
    assert_eq!(with(&own, region), "https://api.chatlayer.ai/");
}

#[test]
fn nobody_has_configured_anything_if_there_is_neither_file_nor_variable() {
    assert!(Source::default().is_empty());
    assert!(
        Source::default()
            .with_environment([("HANDOVER_CONFIG", ""), ("HOME", "/")])
            .is_empty()
    );
    assert!(!Source::text("handover.toml", "").is_empty());
}

#[test]
fn settings_that_fight_each_other_are_warned_of() {
    let warned = |before: &str, after: &str| load(&GOOD.replace(before, after)).unwrap().warnings();
    let webshop = || "webshop".parse().unwrap();
    assert_eq!(
        warned("https://bridge", "http://bridge"),
        [Warning::PlainPublicUrl]
    );
    assert_eq!(
        warned("canary-verify-token", "15-characters--"),
        [Warning::ShortVerifyToken(webshop())]
    );
    assert_eq!(
        warned("hook_key = \"canary-hook-key-of-webshop\"", ""),
        [Warning::NoHookKey(webshop())]
    );
    assert_eq!(
        warned("token = \"0123456789abcdef0123456789abcdef\"", ""),
        [Warning::NoAdminToken]
    );
    assert_eq!(
        warned(
            "region = \"eu\"",
            "region = \"eu\"\ndefault_language = \"tlh\""
        ),
        [Warning::NoTexts {
            bot: webshop(),
            language: "tlh".parse().unwrap()
        }]
    );
    assert_eq!(
        good_with("[handover]\nidle_limit = \"5m\"").warnings(),
        [Warning::IdleBeforeUnanswered]
    );
    assert_eq!(
        good_with("[handover]\nwaiting_limit = \"5h\"").warnings(),
        [Warning::NeverReached {
            limit: "waiting_limit"
        }]
    );
    assert_eq!(
        good_with("[retention]\nkeys = \"1d\"").warnings(),
        [Warning::ShortKeys]
    );
    assert_eq!(
        good_with(
            "[handover]\nrequest_limit = \"5h\"\nunanswered_limit = \"5h\"\nidle_limit = \"6h\""
        )
        .warnings(),
        ["request_limit", "unanswered_limit", "idle_limit"]
            .map(|limit| Warning::NeverReached { limit })
    );
    assert_eq!(
        good_with("[store]\npassword = \"canary\"\npool = 16\nlisten_url = \"off\"").warnings(),
        [Warning::OfDatabasesAlone(vec![
            "password",
            "pool",
            "listen_url"
        ])]
    );
    let postgres = "[store]\nurl = \"postgres://u@db.example.com/h\"\npool = 8";
    assert_eq!(good_with(postgres).warnings(), []);
    let twice = "[store]\nurl = \"postgres://u:canary@db.example.com/h\"\npassword = \"canary\"\n\
                 listen_url = \"postgres://u:canary@past.example.com/h\"";
    assert_eq!(
        good_with(twice).warnings(),
        ["url", "listen_url"].map(Warning::UnusedPassword)
    );
    assert_eq!(
        warned("[admin]", "drain = \"6s\"\n[admin]"),
        [Warning::LongDrain]
    );
    assert_eq!(warned("[admin]", "drain = \"5s\"\n[admin]"), []);
    assert_eq!(
        good_with("[retention]\nobserved = \"48h\"\ntranscripts = \"24h\"").warnings(),
        [Warning::LongObserved]
    );
    for everybody in ["0.0.0.0/0", "::/0"] {
        let trusting = format!(
            "public_url = \"https://bridge.example.com\"\ntrusted_proxies = [\"{everybody}\"]"
        );
        assert_eq!(
            warned("public_url = \"https://bridge.example.com\"", &trusting),
            [Warning::TrustsEverybody]
        );
    }
    let silent = GOOD.replace("region = \"eu\"", "region = \"eu\"\nresume = []");
    assert_eq!(
        load(&silent).unwrap().warnings(),
        [Warning::NeverResumed(webshop())]
    );
    for warning in load("").unwrap().warnings() {
        assert!(!warning.to_string().is_empty());
    }
}

fn untold(text: &str, why: Untold, silence: Silence) -> Warning {
    let text = text.to_owned();
    Warning::Untold { text, why, silence }
}

#[test]
fn a_text_that_leaves_users_alone_is_warned_of_where_it_would_be_due() {
    let silent = |text| untold(text, Untold::Empty, Silence::LeftAlone);
    let empty = "[texts.en]\nwaiting = \"\"\n[texts.nl]\naway = \"\"\n";
    assert_eq!(
        good_with(empty).warnings(),
        ["texts.en.waiting", "texts.nl.away"].map(silent)
    );
    let soon = format!("{empty}[handover]\nwaiting_limit = \"5m\"\n");
    assert_eq!(good_with(&soon).warnings(), [silent("texts.nl.away")]);
    // The bot speaks itself, or somebody is there who does.
    assert_eq!(
        good_with("[texts.en]\nhanding_over = \"\"\njoined = \"\"").warnings(),
        []
    );

    let placed = "[texts.en]\nwaiting = \"You are number {position}.\"\n";
    assert_eq!(
        good_with(placed).warnings(),
        [],
        "a webhook desk may tell it"
    );
    let beside = format!("{placed}[desks.team]\nkind = \"console\"\n[[routes]]\ndesk = \"team\"\n");
    let no_place = Untold::NoPlace("team".parse().unwrap());
    let nowhere = untold("texts.en.waiting", no_place, Silence::LeftAlone);
    assert!(good_with(&beside).warnings().contains(&nowhere));
}

#[test]
fn a_text_that_cannot_be_told_while_a_desk_is_down_is_warned_of() {
    for (text, why) in [
        ("", Untold::Empty),
        ("{name} comes back", Untold::TooEarly),
        ("You keep place {position}.", Untold::TooEarly),
    ] {
        let config = good_with(&format!("[texts.en]\nreconnecting = \"{text}\"\n"));
        let warnings = config.warnings();
        assert_eq!(
            warnings,
            [untold("texts.en.reconnecting", why, Silence::DeskDown)],
            "{text}"
        );
        let line = warnings[0].to_string();
        assert!(line.contains("is down is told nothing"), "{line}");
    }
}

#[test]
fn a_name_in_a_text_that_is_told_without_an_agent_is_warned_of() {
    let named = |text: &str| good_with(&format!("[texts.en]\n{text} = \"{{name}}, hello.\"\n"));
    for (text, silence) in [
        ("handing_over", Silence::Harmless),
        ("waiting", Silence::LeftAlone),
        ("transferred", Silence::Harmless),
        ("nobody", Silence::Harmless),
    ] {
        let warnings = named(text).warnings();
        assert_eq!(
            warnings,
            [untold(&format!("texts.en.{text}"), Untold::NoName, silence)]
        );
        assert!(warnings[0].to_string().contains("holds {name}"));
    }
    for text in ["joined", "away", "ended", "ended_repeat"] {
        assert_eq!(named(text).warnings(), [], "{text}");
    }
}
