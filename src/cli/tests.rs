//! What the command line says of itself: a document like any other, so it is held against what it said before.

use clap::{Command as Clap, CommandFactory as _};

use super::Cli;

/// Every command with the words that lead to it.
fn all() -> Vec<(String, Clap)> {
    fn walk(name: &str, command: &Clap, found: &mut Vec<(String, Clap)>) {
        found.push((name.to_owned(), command.clone()));
        let inner = command.get_subcommands();
        for inner in inner.filter(|inner| inner.get_name() != "help") {
            walk(&format!("{name} {}", inner.get_name()), inner, found);
        }
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    walk("handover", &root, &mut found);
    found
}

#[test]
fn every_help_says_what_it_said() {
    for (name, mut command) in all() {
        let help = command.render_long_help().to_string();
        insta::assert_snapshot!(name.replace(' ', "_"), help);
    }
}

#[test]
fn every_command_teaches_and_stands_in_the_documentation() {
    let documentation = include_str!("../../docs/cli.md");
    for (name, command) in all() {
        let group = name.split(' ').count() > 2;
        let heading = if group {
            format!("`{name}`")
        } else {
            format!("## {name}\n")
        };
        assert!(documentation.contains(&heading), "docs/cli.md lacks {name}");
        if group {
            continue;
        }
        let examples = command.get_after_long_help().map(ToString::to_string);
        assert!(
            examples.is_some_and(|examples| examples.contains("Examples:\n  ")),
            "{name} shows no example"
        );
        let about = command.get_long_about().map(ToString::to_string);
        assert!(
            about.is_some_and(|about| about.len() > 100),
            "{name} explains nothing"
        );
    }
}

#[test]
fn every_demo_that_can_be_had_stands_in_the_documentation() {
    let documentation = include_str!("../../docs/cli.md");
    let (_, section) = documentation.split_once("\n## handover demo\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let (_, demo) = all()
        .into_iter()
        .find(|(name, _)| name == "handover demo")
        .unwrap();
    for flag in demo.get_arguments() {
        let first = flag.get_default_values().first();
        for value in flag.get_possible_values() {
            let (flag, value) = (flag.get_id(), value.get_name());
            let told = first.is_some_and(|first| first == value)
                || section.contains(&format!("`--{flag} {value}`"));
            assert!(told, "docs/cli.md lacks --{flag} {value}");
        }
    }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_machine_of_hundreds_of_processors_has_no_more_threads_than_a_container_may() {
    assert_eq!([1, 16, 17, 384].map(super::workers), [1, 16, 16, 16]);
}
