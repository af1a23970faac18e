//! `docs/metrics.md` and `docs/logging.md` against the bridge and its source.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use handover_bridge::{
    domain::effect::WarningKind,
    telemetry::catalog::{self, Kind},
};

use crate::bridge::World;

/// A row of the tables of `docs/metrics.md`.
#[derive(Debug, PartialEq, Eq)]
pub struct Documented {
    pub kind: String,
    pub labels: BTreeSet<String>,
}

#[tokio::test]
async fn the_metrics_that_are_documented_are_those_that_show_from_the_first_reading() {
    let world = World::new().await;
    let bridge = world.start().await;
    let seen = bridge.caller.metrics().await;
    bridge.stop().await;

    let documented = documented_metrics();
    let shown: BTreeMap<String, Documented> = seen
        .types
        .iter()
        .map(|(name, kind)| {
            let labels = seen.labels[name].clone();
            let kind = kind.clone();
            (name.clone(), Documented { kind, labels })
        })
        .collect();
    assert_eq!(
        shown.keys().collect::<Vec<_>>(),
        documented.keys().collect::<Vec<_>>()
    );
    for (name, documented) in &documented {
        assert_eq!(&shown[name], documented, "{name}");
        assert!(seen.helps.contains_key(name), "{name} has no help");
    }
}

#[test]
fn the_catalog_says_what_the_document_says() {
    let documented = documented_metrics();
    assert_eq!(documented.len(), catalog::ALL.len());
    for metric in catalog::ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let expected = Documented {
            kind: kind.to_owned(),
            labels: metric.labels.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            documented.get(metric.name),
            Some(&expected),
            "{}",
            metric.name
        );
    }
}

#[test]
fn every_line_that_the_bridge_can_log_is_documented_with_its_level_and_no_other() {
    let documented: BTreeSet<(String, String)> = document("logging.md")
        .lines()
        .filter_map(|line| {
            let (level, message) = line.strip_prefix("| `")?.split_once("` | `")?;
            let levels = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
            let message = message.strip_suffix("` |")?;
            levels
                .contains(&level)
                .then(|| (level.to_owned(), message.to_owned()))
        })
        .collect();
    let written: BTreeSet<_> = source_files(&root().join("src"))
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let shipped = text.split("#[cfg(test)]\nmod tests {").next();
            lines_logged_by(shipped.unwrap_or_default())
        })
        .collect();
    assert!(written.len() > 30, "the reading is broken: {written:?}");
    let missing: Vec<_> = written.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&written).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "docs/logging.md lacks {missing:#?} and has {gone:#?} that nobody writes"
    );
}

#[test]
fn every_warning_is_documented_with_what_to_do_and_no_other() {
    let text = document("operations.md");
    let (_, section) = text.split_once("\n### Warnings\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let documented: Vec<_> = section
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.split(" | ").collect();
            let [kind, means, todo] = cells[..] else {
                return None;
            };
            let kind = kind.strip_prefix("| `")?.strip_suffix('`')?;
            assert!(!means.is_empty() && todo.len() > 2, "{line}");
            Some(kind.to_owned())
        })
        .collect();
    let kinds = WarningKind::ALL.map(|kind| serde_json::to_value(kind).unwrap());
    let kinds: Vec<_> = kinds.iter().filter_map(|kind| kind.as_str()).collect();
    assert_eq!(documented, kinds);
}

#[test]
fn a_line_is_found_in_the_source_however_it_is_written() {
    let source = r#"
        tracing::warn!("one (line)");
        tracing::info!(
            bot = %name, error.class = class(a, "x"),
            "another line"
        );
        fault.log("of the store");
        fault.warn("of the way to it");
        tracing::error!(error, "{what}");
    "#;
    let found: Vec<_> = lines_logged_by(source).into_iter().collect();
    let line = |level: &str, message: &str| (level.to_owned(), message.to_owned());
    assert_eq!(
        found,
        [
            line("WARN", "one (line)"),
            line("INFO", "another line"),
            line("ERROR", "of the store"),
            line("WARN", "of the way to it"),
        ]
    );
}

pub fn documented_metrics() -> BTreeMap<String, Documented> {
    document("metrics.md")
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let [_, name, kind, labels, _, _] = cells[..] else {
                return None;
            };
            let name = name.strip_prefix('`')?.strip_suffix('`')?;
            let labels = labels
                .split(',')
                .map(|label| label.trim().trim_matches('`'));
            let labels = labels.filter(|label| !label.is_empty());
            let documented = Documented {
                kind: kind.to_owned(),
                labels: labels.map(ToOwned::to_owned).collect(),
            };
            Some((name.to_owned(), documented))
        })
        .collect()
}

/// What the macros of `tracing`, and the store's own `log`, are called with.
fn lines_logged_by(source: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for level in ["error", "warn", "info", "debug", "trace"] {
        let macro_call = format!("tracing::{level}!(");
        for (at, _) in source.match_indices(&macro_call) {
            let message = last_literal(&source[at + macro_call.len()..]);
            let message = message.unwrap_or_else(|| panic!("a line without a message at {at}"));
            lines.push((at, level.to_uppercase(), message));
        }
    }
    for (method, level) in [(".log(\"", "ERROR"), (".warn(\"", "WARN")] {
        for (at, call) in source.match_indices(method) {
            if let Some(message) = last_literal(&source[at + call.len() - 1..]) {
                lines.push((at, level.to_owned(), message));
            }
        }
    }
    lines.sort();
    lines
        .into_iter()
        .filter(|(_, _, message)| message != "{what}")
        .map(|(_, level, message)| (level, message))
        .collect()
}

/// The last text before the parenthesis that closes the call.
fn last_literal(call: &str) -> Option<String> {
    let mut depth = 1;
    let mut last = None;
    let mut open: Option<String> = None;
    for character in call.chars() {
        match (&mut open, character) {
            (Some(text), '"') => last = Some(std::mem::take(text)),
            (Some(text), other) => {
                text.push(other);
                continue;
            }
            (None, '"') => {
                open = Some(String::new());
                continue;
            }
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
        if character == '"' {
            open = None;
        }
        if depth == 0 {
            break;
        }
    }
    last
}

pub fn document(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
