//! Where the metrics are kept and how they are read.
//!
//! One for each bridge, made by `app` and handed to its parts; there is none in the process that anybody could reach
//! otherwise. A part asks for its handles when it is built, or keeps a [`Family`] where a label is known only at the
//! call, so that nothing is looked up by name while messages pass.

use std::{
    borrow::Borrow,
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder as _, Unit,
};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::catalog::{self, ALL, Kind, Metric};

/// Cheap to clone. The default keeps nothing and costs nothing.
#[derive(Clone, Default)]
pub struct Registry(Option<Arc<Kept>>);

struct Kept {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

/// The handles of one metric by a key that is known only at the call. Its keys are bounded by whoever keeps it.
pub struct Family<K, H> {
    known: RwLock<HashMap<K, H>>,
    make: Box<dyn Fn(&K) -> H + Send + Sync>,
}

/// The metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be set up")]
pub struct SetupError(#[from] BuildError);

static METADATA: Metadata<'static> = Metadata::new("handover", Level::INFO, None);

impl Registry {
    pub fn new() -> Result<Self, SetupError> {
        let mut builder = PrometheusBuilder::new();
        for metric in ALL {
            if let Kind::Histogram(buckets) = metric.kind {
                let matcher = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(matcher, buckets)?;
            }
        }
        let recorder = builder.build_recorder();
        for metric in ALL {
            describe(&recorder, metric);
        }
        let handle = recorder.handle();
        Ok(Self(Some(Arc::new(Kept { recorder, handle }))))
    }

    /// The counter of these values, in the order of the metric's labels. It shows from now on, with 0.
    pub fn counter(&self, metric: &Metric, values: &[&str]) -> Counter {
        self.0.as_ref().map_or_else(Counter::noop, |kept| {
            kept.recorder
                .register_counter(&key(metric, values), &METADATA)
        })
    }

    pub fn gauge(&self, metric: &Metric, values: &[&str]) -> Gauge {
        self.0.as_ref().map_or_else(Gauge::noop, |kept| {
            kept.recorder
                .register_gauge(&key(metric, values), &METADATA)
        })
    }

    pub fn histogram(&self, metric: &Metric, values: &[&str]) -> Histogram {
        self.0.as_ref().map_or_else(Histogram::noop, |kept| {
            kept.recorder
                .register_histogram(&key(metric, values), &METADATA)
        })
    }

    /// Everything as Prometheus reads it.
    pub fn render(&self) -> String {
        self.0
            .as_ref()
            .map(|kept| kept.handle.render())
            .unwrap_or_default()
    }

    /// Puts what was recorded into its buckets; until then each record of a histogram takes memory.
    pub fn tidy(&self) {
        if let Some(kept) = &self.0 {
            kept.handle.run_upkeep();
        }
    }
}

impl<K: Clone + Eq + Hash, H: Clone> Family<K, H> {
    pub fn new(make: impl Fn(&K) -> H + Send + Sync + 'static) -> Self {
        Self {
            known: RwLock::default(),
            make: Box::new(make),
        }
    }

    pub fn get<Q>(&self, key: &Q) -> H
    where
        K: Borrow<Q>,
        Q: ?Sized + Eq + Hash + ToOwned<Owned = K>,
    {
        if let Some(handle) = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
        {
            return handle.clone();
        }
        let key = key.to_owned();
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_insert_with_key(&self.make)
            .clone()
    }

    /// Has the metric show for this key before anything is recorded.
    pub fn expect(&self, key: &K) {
        drop(self.get(key));
    }

    /// Every handle there is so far.
    pub fn each(&self, with: impl FnMut(&H)) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().for_each(with);
    }
}

fn key(metric: &Metric, values: &[&str]) -> Key {
    debug_assert_eq!(metric.labels.len(), values.len(), "{}", metric.name);
    let labels: Vec<Label> = metric
        .labels
        .iter()
        .zip(values)
        .map(|(label, value)| Label::new(*label, (*value).to_owned()))
        .collect();
    Key::from_parts(metric.name, labels)
}

fn describe(recorder: &PrometheusRecorder, metric: &Metric) {
    let unit = match metric.unit {
        catalog::Unit::Count => Unit::Count,
        catalog::Unit::Seconds => Unit::Seconds,
        catalog::Unit::Bytes => Unit::Bytes,
    };
    let (name, unit) = (KeyName::from_const_str(metric.name), Some(unit));
    match metric.kind {
        Kind::Counter => recorder.describe_counter(name, unit, metric.help.into()),
        Kind::Gauge => recorder.describe_gauge(name, unit, metric.help.into()),
        Kind::Histogram(_) => recorder.describe_histogram(name, unit, metric.help.into()),
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.0.is_some()).finish()
    }
}

impl<K, H> fmt::Debug for Family<K, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Family")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_has_its_own_buckets_and_shows_before_anything_is_recorded() {
        let registry = Registry::new().unwrap();
        let histogram = registry.histogram(&catalog::STORE_BATCH, &[]);
        assert!(
            registry
                .render()
                .contains("handover_store_batch_steps_bucket{le=\"256\"} 0")
        );
        histogram.record(3.0);
        registry.tidy();
        let text = registry.render();
        assert!(text.contains("handover_store_batch_steps_bucket{le=\"2\"} 0"));
        assert!(text.contains("handover_store_batch_steps_bucket{le=\"4\"} 1"));
        assert!(text.contains("# TYPE handover_store_batch_steps histogram"));
    }

    #[test]
    fn two_registries_know_nothing_of_each_other_and_the_default_keeps_nothing() {
        let (one, other) = (Registry::new().unwrap(), Registry::new().unwrap());
        one.counter(&catalog::WARNINGS, &["dead_letter"])
            .increment(1);
        assert!(
            one.render()
                .contains("handover_warnings_total{kind=\"dead_letter\"} 1")
        );
        assert_eq!(other.render(), "");
        let none = Registry::default();
        none.counter(&catalog::WARNINGS, &["dead_letter"])
            .increment(1);
        assert_eq!(none.render(), "");
    }
}
