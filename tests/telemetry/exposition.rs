//! The text that Prometheus reads, taken apart.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub struct Exposition {
    /// By the name of the metric.
    pub types: BTreeMap<String, String>,
    pub helps: BTreeMap<String, String>,
    /// The labels of each metric, `le` left out.
    pub labels: BTreeMap<String, BTreeSet<String>>,
    /// Each line as it stands, without its value.
    values: BTreeMap<String, f64>,
    pub text: String,
}

impl Exposition {
    pub fn parse(text: &str) -> Self {
        let mut exposition = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        for line in text.lines().filter(|line| !line.is_empty()) {
            exposition.line(line);
        }
        exposition
    }

    /// The value of a series, written with its labels as Prometheus does.
    pub fn value(&self, series: &str) -> f64 {
        let Some(value) = self.values.get(&canonical(series)) else {
            panic!("{series} is not there:\n{}", self.text);
        };
        *value
    }

    pub fn has(&self, series: &str) -> bool {
        self.values.contains_key(&canonical(series))
    }

    /// Every value of this metric.
    pub fn all(&self, metric: &str) -> Vec<f64> {
        let of = |series: &String| series.split('{').next() == Some(metric);
        let found = self.values.iter().filter(|(series, _)| of(series));
        found.map(|(_, value)| *value).collect()
    }

    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            let twice = self.types.insert(name.to_owned(), kind.to_owned());
            assert_eq!(twice, None, "{name} twice");
            self.labels.entry(name.to_owned()).or_default();
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            self.helps.insert(name.to_owned(), help.to_owned());
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
                None => (series, ""),
            };
            let metric = self.metric_of(name);
            let names = pairs(labels).into_iter().map(|(label, _)| label);
            let known = self.labels.entry(metric).or_default();
            known.extend(names.filter(|label| label != "le"));
            let value = value.parse().unwrap();
            let twice = self.values.insert(canonical(series), value);
            assert_eq!(twice, None, "{series} twice");
        }
    }

    /// The lines of a histogram have names of their own.
    fn metric_of(&self, line: &str) -> String {
        let histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| line.strip_suffix(suffix))
            .find(|name| {
                self.types
                    .get(*name)
                    .is_some_and(|kind| kind == "histogram")
            });
        let name = histogram.unwrap_or(line);
        assert!(self.types.contains_key(name), "{line} has no type");
        name.to_owned()
    }
}

/// With its labels in one order.
fn canonical(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else {
        return series.to_owned();
    };
    let mut pairs = pairs(labels.strip_suffix('}').unwrap());
    pairs.sort();
    format!("{name}{pairs:?}").replacen('[', "{", 1)
}

/// None of our values holds a quote or a comma.
fn pairs(labels: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (label, value) = pair.split_once('=').unwrap();
        (label.to_owned(), value.trim_matches('"').to_owned())
    };
    let pairs = labels.split(',').filter(|pair| !pair.is_empty());
    pairs.map(pair).collect()
}
