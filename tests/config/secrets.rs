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
    let Kind::Webhook(webhook) = &config.desks.first_key_value().unwrap().1.kind else {
        panic!("another kind")
    };
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
fn a_file_that_cannot_be_used_is_told_by_its_key_and_never_by_what_is_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    let long = vec![b'x'; 65 * 1024];
    let cases: [(&[u8], &str); 5] = [
        (
            b"canary-one\ncanary-two\n",
            "more than one where one is wanted",
        ),
        (b"\n \n\t\n", "holds no secret"),
        (b"canary-\xff\n", "cannot be read"),
        (&long, "must be a file of at most 64 KiB"),
        (&[b'x'; 2 * 1024], "must be at most 1024 bytes on one line"),
    ];
    for (content, says) in cases {
        fs::write(&file, content).unwrap();
        let setting = format!("access_token_file = \"{}\"", file.display());
        let told = told("access_token = \"canary-access-token\"", &setting);
        let [one] = &told[..] else { panic!("{told:?}") };
        assert!(
            one.contains("bots.webshop.access_token_file ") && one.contains(says),
            "{one}"
        );
        assert!(!one.contains("canary"), "{one}");
    }
    let setting = format!("access_token_file = \"{}\"", directory.path().display());
    let told = told("access_token = \"canary-access-token\"", &setting);
    assert!(told[0].contains("cannot be read"), "a folder: {told:?}");
}

#[test]
fn a_trailing_newline_is_no_part_of_a_secret_and_files_can_be_several() {
    let directory = tempfile::tempdir().unwrap();
    let files = ["new", "old"].map(|name| {
        let file = directory.path().join(name);
        fs::write(&file, format!("  {name}-token-of-the-desk-here \r\n")).unwrap();
        file.display().to_string()
    });
    let text = GOOD.replace(
        "token = \"canary-token-of-the-desk\"",
        &format!("token_file = {files:?}"),
    );
    let config = load(&text).unwrap();
    let Kind::Webhook(webhook) = &config.desks.first_key_value().unwrap().1.kind else {
        panic!("another kind")
    };
    let tokens: Vec<_> = webhook
        .token
        .iter()
        .map(secrecy::ExposeSecret::expose_secret)
        .collect();
    assert_eq!(
        tokens,
        ["new-token-of-the-desk-here", "old-token-of-the-desk-here"]
    );
}

#[test]
fn a_variable_names_the_file_of_a_secret_and_a_fault_of_it_is_told_by_the_variable() {
    let text = GOOD.replace("access_token = \"canary-access-token\"", "");
    let variable = "HANDOVER__BOTS__WEBSHOP__ACCESS_TOKEN_FILE";
    let source = |file: &str| {
        Source::text("handover.toml", text.clone()).with_environment([(variable, file)])
    };
    let faults = Config::load(&source("no/such/file")).unwrap_err();
    let told = lines(&faults).join("\n");
    let start = format!("{variable}: bots.webshop.access_token_file names a file that cannot");
    assert!(told.starts_with(&start), "{told}");

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, "from-a-file\n").unwrap();
    let config = Config::load(&source(file.to_str().unwrap())).unwrap();
    let chatlayer = chatlayer(&config);
    assert_eq!(
        chatlayer.access_token.first().expose_secret(),
        "from-a-file"
    );
}

#[test]
fn a_variable_goes_over_a_secret_whichever_way_either_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, "token-in-the-file-of-a-variable").unwrap();
    let by_text = (
        "HANDOVER__DESKS__CUSTOM__TOKEN",
        "token-in-a-variable-itself",
    );
    let by_file = (
        "HANDOVER__DESKS__CUSTOM__TOKEN_FILE",
        file.to_str().unwrap(),
    );
    let loaded = |setting: &str, variables: &[(&str, &str)]| {
        let text = GOOD.replace("token = \"canary-token-of-the-desk\"", setting);
        let source = Source::text("handover.toml", text).with_environment(variables.to_vec());
        Config::load(&source)
    };
    let token = |config: &Config| match &config.desks.first_key_value().unwrap().1.kind {
        Kind::Webhook(desk) => desk.token.first().expose_secret().to_owned(),
        other => panic!("{other:?}"),
    };
    let config = loaded("token_file = \"/nowhere/at/all\"", &[by_text]).unwrap();
    assert_eq!(token(&config), by_text.1);
    let config = loaded("token = \"canary-token-of-the-desk\"", &[by_file]).unwrap();
    assert_eq!(token(&config), "token-in-the-file-of-a-variable");

    let told = loaded("", &[by_text, by_file]).unwrap_err().to_string();
    let start = "HANDOVER__DESKS__CUSTOM__TOKEN_FILE: desks.custom.token_file is set together";
    assert!(told.starts_with(start), "{told}");
}

#[test]
fn a_file_that_everybody_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, "token-of-the-desk-in-a-file\n").unwrap();
    let text = GOOD.replace(
        "token = \"canary-token-of-the-desk\"",
        &format!("token_file = \"{}\"", file.display()),
    );
    for (mode, warned) in [(0o644, true), (0o640, false), (0o400, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let warnings = load(&text).unwrap().warnings();
        let of_file = warnings.iter().any(|warning| {
            matches!(warning, Warning::OpenSecretFile { key, .. } if key.to_string() == "desks.custom.token")
        });
        assert_eq!(of_file, warned, "{mode:o}");
    }
}

#[test]
fn what_is_loaded_again_from_a_pinned_source_differs_in_its_secret_files_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (file, token) = (
        directory.path().join("handover.toml"),
        directory.path().join("token"),
    );
    let text = GOOD.replace(
        "token = \"canary-token-of-the-desk\"",
        &format!("token_file = \"{}\"", token.display()),
    );
    fs::write(&file, &text).unwrap();
    fs::write(&token, "first-token-of-the-desk").unwrap();
    let source = Source::of_process(Some(file.clone())).pinned().unwrap();
    let before = Config::load(&source).unwrap();
    fs::write(&file, "[colours]").unwrap();
    fs::write(&token, "second-token-of-the-desk").unwrap();
    let after = Config::load(&source).unwrap();
    let differ: Vec<_> = before
        .secrets()
        .zip(after.secrets())
        .filter(|(one, other)| !one.equals(other))
        .map(|(one, _)| one.key().to_string())
        .collect();
    assert_eq!(differ, ["desks.custom.token"]);
}

#[test]
fn inbound_secrets_take_a_list_and_what_the_bridge_presents_does_not() {
    let text = GOOD.replace(
        "\"canary-hook-key-of-webshop\"",
        "[\"new-key-of-the-webshop\", \"old-key-of-the-webshop\"]",
    );
    let config = load(&text).unwrap();
    let chatlayer = chatlayer(&config);
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
