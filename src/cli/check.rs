//! `handover check`: the configuration as `serve` would read it. All faults but those of templates have been told before
//! it gets here. With `--probe` everybody in it is called once.

mod advice;

use std::{
    error::Error as StdError,
    io::{self, Write},
};

use clap::Args;

use super::runtime;
use crate::{
    app::{self, Probed},
    clock::SystemClock,
    config::{Config, Secrets},
    domain::{delivery::Destination, time::Clock as _},
};

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Options {
    /// Also call each bot platform and desk once
    ///
    /// Each is called with its cheapest request: Chatlayer is asked for the list of bots, Certainly for the settings of
    /// the widget (which wants no token, and so proves none), a webhook desk is sent a signed `ping`, Aivo Live is asked for
    /// the list of groups, Chatwoot for the inbox; a template desk gets its `ping`. Whoever does not answer is told with what to
    /// look at. Nothing is changed anywhere.
    #[arg(long)]
    probe: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failed} of {all} probed are not in order; what to look at stands above")]
pub(super) struct NotInOrder {
    failed: usize,
    all: usize,
}

pub(super) fn run(config: &Config, options: Options) -> Result<(), super::Error> {
    app::check(config)?;
    let mut out = io::stdout().lock();
    for warning in config.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    for secrets in config.secrets() {
        write_rotation(&mut out, secrets)?;
    }
    if options.probe {
        let probed = runtime()?.block_on(app::probe(config))?;
        write_probes(&mut out, &probed)?;
    }
    let counts = [
        counted(config.bots.len(), "bot"),
        counted(config.desks.len(), "desk"),
        counted(config.routes.len(), "route"),
    ];
    writeln!(out, "ok: {}", counts.join(", "))?;
    Ok(())
}

/// A secret that is being exchanged, which somebody has to bring to its end.
fn write_rotation(out: &mut impl Write, secrets: &Secrets) -> io::Result<()> {
    if secrets.count() < 2 {
        return Ok(());
    }
    let age = secrets.age(SystemClock.now()).map(|age| {
        let days = age.as_secs() / (24 * 60 * 60);
        format!(
            " since {}",
            counted(usize::try_from(days).unwrap_or(usize::MAX), "day")
        )
    });
    writeln!(
        out,
        "note: {} takes {} values{}; when the other side uses the first, remove the others",
        secrets.key(),
        secrets.count(),
        age.unwrap_or_default()
    )
}

fn write_probes(out: &mut impl Write, probed: &[Probed]) -> Result<(), super::Error> {
    for probed in probed {
        let (kind, name) = named(&probed.destination);
        let origin = &probed.origin;
        match &probed.answer {
            Ok(()) => writeln!(out, "{kind} {name}: {origin} answers")?,
            Err(error) => {
                writeln!(out, "{kind} {name}: {}", told(error))?;
                writeln!(out, "    {}", advice::on(error, probed))?;
            }
        }
        for remark in &probed.remarks {
            writeln!(out, "{kind} {name}: {remark}")?;
        }
    }
    let failed = probed.iter().filter(|probed| probed.answer.is_err());
    match failed.count() {
        0 => Ok(()),
        failed => Err(NotInOrder {
            failed,
            all: probed.len(),
        }
        .into()),
    }
}

fn named(destination: &Destination) -> (&'static str, &str) {
    match destination {
        Destination::Bot(name) => ("bot", name.as_str()),
        Destination::Desk(name) => ("desk", name.as_str()),
    }
}

/// An error and its last cause, which is where the machine's own words are.
fn told(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    match causes.last() {
        Some(cause) => format!("{error} ({cause})"),
        None => error.to_string(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
