//! `GET /metrics`, as Prometheus reads it.
//!
//! What is counted as it happens is kept by the registry. What describes the present (what is owed, who is left with
//! nobody) is asked of the store for each reading, at most once in [`FRESH_FOR`].

use std::time::{Duration, Instant};

use axum::{
    extract,
    http::{HeaderName, header},
};
use metrics::Counter;
use tokio::{sync::Mutex, task::spawn_blocking};

use super::operator::Operator;
use crate::{
    http::{
        State,
        problem::{Kind, Result},
        shed::Gate,
        watch::Watch,
    },
    mutant::at_most,
    telemetry::Process,
};

/// What a reading needs; kept by the state.
#[derive(Debug)]
pub(in crate::http) struct Reading {
    watch: Watch,
    process: Process,
    shed: [(Gate, Counter); 3],
    /// Held while the store is asked, so that those who read meanwhile share its answer.
    asked_at: Mutex<Option<Instant>>,
}

type Text = ([(HeaderName, &'static str); 2], String);

const FRESH_FOR: Duration = Duration::from_secs(1);
/// Half of what Prometheus waits unless it is told otherwise. Much is owed just when it matters most.
const COUNTED_WITHIN: Duration = Duration::from_secs(5);

impl Reading {
    pub(in crate::http) fn new(watch: Watch, process: Process, shed: [(Gate, Counter); 3]) -> Self {
        Self {
            watch,
            process,
            shed,
            asked_at: Mutex::default(),
        }
    }
}

pub(super) async fn show(
    _: Operator,
    extract::State(state): extract::State<State>,
) -> Result<Text> {
    let reading = state.reading();
    let mut asked_at = reading.asked_at.lock().await;
    if asked_at.is_none_or(|at| at.elapsed() >= FRESH_FOR) {
        // The others show all the same, and one that says so.
        let census = state.store().census();
        let census = state.ask_for(at_most(COUNTED_WITHIN), census).await.ok();
        reading.watch.show(census.as_ref());
        reading.process.read();
        for (gate, counter) in &reading.shed {
            counter.absolute(gate.shed_total());
        }
        *asked_at = Some(Instant::now());
    }
    drop(asked_at);
    let metrics = state.instruments().metrics.clone();
    let text = spawn_blocking(move || metrics.render())
        .await
        .map_err(|_| Kind::Internal)?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text))
}
