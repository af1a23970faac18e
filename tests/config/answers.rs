//! `[admin.answers]`: what agents say often.

use crate::{good_with, told_of};

#[test]
fn answers_stand_by_language_and_name() {
    let config = good_with(
        "[admin.answers.en]\ngreeting = \"Hello {user}, I am {agent} of {bot}.\"\n[admin.answers.nl]\ngreeting = \"Dag {user}\"",
    );
    let answers = &config.admin.answers;
    let greeting = |language| answers.in_language(language).get("greeting").copied();
    assert_eq!(greeting("nl-BE"), Some("Dag {user}"));
    assert_eq!(greeting("fr"), Some("Hello {user}, I am {agent} of {bot}."));
}

#[test]
fn what_cannot_be_said_is_told_at_the_start() {
    let long = "x".repeat(4001);
    for (line, fault) in [
        ("bad = \"Hi {name}\"", "there are {user}, {agent} and {bot}"),
        ("bad = \" \"", "must not be empty"),
        ("bad = 3", "text"),
        (&format!("bad = \"{long}\""), "4,000 characters"),
    ] {
        let told = told_of(&format!("[admin.answers.en]\n{line}"));
        let [told] = &told[..] else {
            unreachable!("{told:?}")
        };
        assert!(
            told.contains("admin.answers.en.bad") && told.contains(fault),
            "{told}"
        );
    }
    let told = told_of("[admin.answers.english_please]\nhi = \"Hi\"");
    assert!(told[0].contains("language tag"), "{told:?}");
}
