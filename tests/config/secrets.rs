//! Secrets: where they come from, what is refused, and that they are never shown.

use super::*;

#[test]
fn secrets_come_from_files_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secrets");
    fs::write(
        &file,
        "first-secret-of-this-file\n\nsecond-secret-of-this-file\r\n",
    )
    .unwrap();
    let text = GOOD.replace(
        "token = \"canary-token-of-the-desk\"",
        &format!("token_file = \"{}\"", file.display()),
    );
    let config = load(&text).unwrap();
    let Kind::Webhook(webhook) = &config.desks.first_key_value().unwrap().1.kind;
    let tokens: Vec<_> = webhook
        .token
        .iter()
        .map(|token| token.expose_secret().to_owned())
        .collect();
    assert_eq!(
        tokens,
        ["first-secret-of-this-file", "second-secret-of-this-file"]
    );
}

#[test]
fn a_secret_is_given_once_and_its_file_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty");
    fs::write(&empty, " \n").unwrap();
    let access_token = "access_token = \"canary-access-token\"";
    let key = "bots.webshop.access_token_file";
    for (settings, is) in [
        (
            "access_token = \"a\"\naccess_token_file = \"x\"".to_owned(),
            "is set together",
        ),
        (
            "access_token_file = \"no/such/file\"".to_owned(),
            "names a file that cannot be read",
        ),
        (
            format!("access_token_file = \"{}\"", empty.display()),
            "names a file that holds no secret",
        ),
    ] {
        let told = told(access_token, &settings);
        assert!(
            matches!(&told[..], [one] if one.contains(key) && one.contains(is)),
            "{told:?}"
        );
    }
}

#[test]
fn inbound_secrets_take_a_list_and_what_the_bridge_presents_does_not() {
    let text = GOOD.replace(
        "\"canary-hook-key-of-webshop\"",
        "[\"new-key-of-the-webshop\", \"old-key-of-the-webshop\"]",
    );
    let config = load(&text).unwrap();
    let Platform::Chatlayer(chatlayer) = &config.bots.first_key_value().unwrap().1.platform;
    let keys = chatlayer.hook_key.as_ref().unwrap();
    assert_eq!(keys.first().expose_secret(), "new-key-of-the-webshop");
    assert_eq!(keys.iter().count(), 2);

    let told = told("\"canary-access-token\"", "[\"a\", \"b\"]");
    assert!(
        told[0].ends_with("bots.webshop.access_token must be one secret, not a list"),
        "{told:?}"
    );
}

#[test]
fn secrets_that_could_be_guessed_are_refused() {
    for (before, after, key) in [
        (
            "canary-hook-key-of-webshop",
            "nineteen-characters",
            "bots.webshop.hook_key",
        ),
        (
            "canary-hook-key-of-webshop",
            "twenty characters or more",
            "bots.webshop.hook_key",
        ),
        (
            "canary-token-of-the-desk",
            "nineteen-characters",
            "desks.custom.token",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcde",
            "admin.token",
        ),
    ] {
        let faults = load(&GOOD.replace(before, after)).unwrap_err();
        assert_only(&faults, key, |problem| {
            matches!(problem, Problem::WeakSecret { .. })
        });
    }
    for before in ["canary-access-token", "canary-verify-token"] {
        let faults = load(&GOOD.replace(before, "")).unwrap_err();
        assert_eq!(
            faults.len(),
            1,
            "an empty secret would match everything: {faults}"
        );
    }
    for secret in ["whsec_", "whsec_not base64", "whsec_AAAA"] {
        let faults =
            load(&GOOD.replace("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", secret)).unwrap_err();
        assert_only(&faults, "desks.custom.secret", |problem| {
            matches!(problem, Problem::NotASigningSecret)
        });
    }
}

#[test]
fn two_desks_never_share_a_token() {
    let other = r#"
        [desks.other]
        kind = "webhook"
        url = "https://other.example.com"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        token = ["another-token-of-a-desk", "canary-token-of-the-desk"]
    "#;
    let faults = load(&format!("{GOOD}{other}")).unwrap_err();
    assert_only(
        &faults,
        "desks.other.token",
        |problem| matches!(problem, Problem::SharedToken { other } if other.as_str() == "custom"),
    );
}

#[test]
fn nothing_secret_is_printed_for_debugging() {
    let config = good_with("");
    let source = Source::text("handover.toml", GOOD)
        .with_environment([("HANDOVER__ADMIN__TOKEN", "canary")]);
    let printed = format!("{config:?}{config:#?}{source:?}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(
        !printed.contains("0123456789abcdef") && !printed.contains("MfKQ9r8"),
        "{printed}"
    );
}
