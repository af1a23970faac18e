//! The dashboard and the alarms that come with the bridge, against `docs/metrics.md`.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::documents::{document, documented_metrics, root};

/// What Prometheus itself adds to what it has read.
const OF_PROMETHEUS: &str = "up";
const LABELS_OF_PROMETHEUS: [&str; 4] = ["job", "instance", "pod", "version"];

/// What an expression speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Spoken {
    metrics: BTreeSet<String>,
    labels: BTreeSet<String>,
}

#[test]
fn dashboard_and_alarms_speak_of_metrics_and_labels_that_are_documented() {
    let documented = documented_metrics();
    let alarms = alarms();
    let panels = dashboard();
    assert!(alarms.len() > 8, "the reading is broken: {alarms:?}");
    assert!(panels.len() > 30, "the reading is broken: {panels:?}");
    for expression in alarms.iter().chain(panels.iter().map(|(of, _)| of)) {
        let spoken = spoken_of(expression);
        assert!(!spoken.metrics.is_empty(), "{expression}");
        let mut labels: BTreeSet<_> = LABELS_OF_PROMETHEUS.map(ToOwned::to_owned).into();
        for name in &spoken.metrics {
            if name == OF_PROMETHEUS {
                continue;
            }
            let part_of = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| documented.get(name.strip_suffix(suffix)?));
            let (metric, is_part) = match part_of {
                Some(whole) => (whole, true),
                None => (
                    documented
                        .get(name)
                        .unwrap_or_else(|| panic!("docs/metrics.md has no {name}: {expression}")),
                    false,
                ),
            };
            assert_eq!(is_part, metric.kind == "histogram", "{expression}");
            labels.extend(metric.labels.iter().cloned());
            if name.ends_with("_bucket") {
                labels.insert("le".to_owned());
            }
        }
        let unknown: Vec<_> = spoken.labels.difference(&labels).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {expression}");
    }
}

#[test]
fn whatever_one_is_to_be_woken_for_has_an_alarm() {
    let alarms: BTreeSet<_> = alarms()
        .iter()
        .flat_map(|expression| spoken_of(expression).metrics)
        .collect();
    let text = document("metrics.md");
    let rows: Vec<_> = text
        .split("## What to be woken for")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("the document has the section")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert!(rows.len() > 5, "the reading is broken: {rows:?}");
    for row in rows {
        let metrics = spoken_of(row).metrics;
        assert!(
            !metrics.is_empty() && metrics.is_subset(&alarms),
            "deploy/prometheus/alerts.yaml has nothing about {row}"
        );
    }
}

#[test]
fn a_line_of_the_dashboard_is_named_by_what_tells_it_from_the_others() {
    for (expression, legend) in dashboard() {
        let spoken = spoken_of(&expression);
        for part in legend.split("{{").skip(1) {
            let label = part.split("}}").next().unwrap();
            let is_kept = spoken.labels.contains(label) || label == "instance";
            assert!(is_kept, "{legend} of {expression}");
        }
    }
}

#[test]
fn no_two_panels_of_the_dashboard_are_in_one_place() {
    let dashboard: Value = serde_json::from_str(&deployed("grafana/handover.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{}", panel["title"]);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
    }
}

#[test]
fn what_an_expression_speaks_of_is_read() {
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    for (expression, metrics, labels) in [
        ("up{job=\"a_b\"} == 0", &["up"][..], &["job"][..]),
        (
            "sum without (instance, pod) (increase(a_total[5m])) > 1e3",
            &["a_total"],
            &["instance", "pod"],
        ),
        (
            "histogram_quantile(0.95, sum by (le) (rate(a_bucket{b=~\"c\", d!=\"$e\"}[$__rate_interval])))",
            &["a_bucket"],
            &["b", "d", "le"],
        ),
        (
            "count(a == 1 or b == 1) or vector(0) unless on (c) absent(d)",
            &["a", "b", "d"],
            &["c"],
        ),
        ("time() - a offset 5m", &["a"], &[]),
    ] {
        let expected = Spoken {
            metrics: set(metrics),
            labels: set(labels),
        };
        assert_eq!(spoken_of(expression), expected, "{expression}");
    }
}

/// The expressions of the rules.
fn alarms() -> Vec<String> {
    let text = deployed("prometheus/alerts.yaml");
    let expressions: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("expr: "))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(expressions.len(), text.matches("- alert: ").count());
    expressions
}

/// The expressions of the panels, each with the name of its lines.
fn dashboard() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&deployed("grafana/handover.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array())
        .flatten()
        .map(|target| {
            let text = |key: &str| target[key].as_str().unwrap().to_owned();
            (text("expr"), text("legendFormat"))
        })
        .collect()
}

fn deployed(name: &str) -> String {
    fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

fn spoken_of(expression: &str) -> Spoken {
    let tokens = tokens(expression);
    let mut spoken = Spoken::default();
    // What the next closing sign of its kind ends.
    let mut inside = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", String::as_str);
        match token.as_str() {
            "(" => {
                let before = at
                    .checked_sub(1)
                    .map_or("", |before| tokens[before].as_str());
                inside.push(is_grouping(before).then_some("labels"));
            }
            "{" => inside.push(Some("matchers")),
            "[" => inside.push(Some("range")),
            ")" | "}" | "]" => drop(inside.pop()),
            word if word.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                match inside.last().copied().flatten() {
                    Some("range") => {}
                    Some(_) => drop(spoken.labels.insert(word.to_owned())),
                    None if next == "(" || is_grouping(next) || is_keyword(word) => {}
                    None => drop(spoken.metrics.insert(word.to_owned())),
                }
            }
            _ => {}
        }
    }
    spoken
}

fn is_grouping(word: &str) -> bool {
    matches!(word, "by" | "without" | "on" | "ignoring")
}

fn is_keyword(word: &str) -> bool {
    is_grouping(word) || matches!(word, "and" | "or" | "unless" | "bool" | "offset")
}

/// Words, numbers (durations among them), variables and single signs; what stands in quotes is left out.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').expect("a quote is closed") + 2,
            '$' | '_' | '0'..='9' | 'a'..='z' | 'A'..='Z' => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || "_.$:".contains(c);
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if first != '"' && first != ' ' {
            tokens.push(token.to_owned());
        }
        rest = after;
    }
    tokens
}
