//! `handover deliveries`: what the running bridge owes, over its admin API.

use std::io::{self, Write};

use clap::{Args, Subcommand, ValueEnum, builder::PossibleValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Error, admin::Admin, client, runtime};
use crate::{
    config::Config,
    domain::delivery::Destination,
    http::admin::shape::{Deliveries, Delivery},
};

/// What to do with deliveries.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Print deliveries, oldest first
    List(Filter),
    /// Send these again at once, under their old ids
    ///
    /// Each is tried; one that the bridge refuses is told with the reason, and makes the command end with 1.
    Retry(Ids),
    /// Give these up
    ///
    /// Each is tried; one that the bridge refuses is told with the reason, and makes the command end with 1.
    Skip(Ids),
}

#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only those to this bot or desk: bot:NAME or desk:NAME
    #[arg(long, value_name = "NAME")]
    destination: Option<Destination>,
    /// Go on behind this id
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    /// How many at most, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

#[derive(Debug, Args)]
pub(super) struct Ids {
    /// Ids as `list` prints them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<Uuid>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Pending,
    Retrying,
    Delivered,
    Dead,
    Cancelled,
}

/// What is done with a delivery: as the API calls it, and how it is told.
type Verb = (&'static str, &'static str);

const RETRY: Verb = (
    "retry",
    "is sent again, at once or when its destination takes calls again",
);
const SKIP: Verb = ("skip", "is given up");

/// The bridge refused some; each has been told by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{refused} of {all} were refused")]
pub(super) struct Refused {
    refused: usize,
    all: usize,
}

pub(super) fn run(config: &Config, action: Action) -> Result<(), Error> {
    let admin = Admin::of(config)?;
    let mut out = io::stdout().lock();
    runtime()?.block_on(async {
        match action {
            Action::List(filter) => {
                let page = list(&admin, &filter).await?;
                write_table(&mut out, &page)?;
                let wanted = filter
                    .destination
                    .filter(|wanted| !is_known(config, wanted));
                if let (true, Some(wanted)) = (page.deliveries.is_empty(), wanted) {
                    writeln!(out, "the configuration has no {wanted}")?;
                }
                Ok(())
            }
            Action::Retry(Ids { ids }) => change_each(&admin, &ids, RETRY, &mut out).await,
            Action::Skip(Ids { ids }) => change_each(&admin, &ids, SKIP, &mut out).await,
        }
    })
}

/// Of one that was taken out of the configuration there may be deliveries all the same.
fn is_known(config: &Config, destination: &Destination) -> bool {
    match destination {
        Destination::Bot(name) => config.bots.contains_key(name),
        Destination::Desk(name) => config.desks.contains_key(name),
    }
}

async fn list(admin: &Admin<'_>, filter: &Filter) -> Result<Deliveries, Error> {
    let state = filter.state.and_then(|state| state.to_possible_value());
    let destination = filter.destination.as_ref().map(ToString::to_string);
    let (after, limit) = (
        filter.after.map(|id| id.to_string()),
        filter.limit.to_string(),
    );
    let query = [
        ("state", state.as_ref().map(PossibleValue::get_name)),
        ("destination", destination.as_deref()),
        ("after", after.as_deref()),
        ("limit", Some(limit.as_str())),
    ];
    let query: Vec<_> = query
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let path = ["api", "admin", "deliveries"];
    Ok(admin.get(&path, &query).await?.json()?)
}

/// What is refused of one says nothing of the others; a bridge that does not answer does.
async fn change_each(
    admin: &Admin<'_>,
    ids: &[Uuid],
    (verb, told): Verb,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut refused = 0;
    for &id in ids {
        match change(admin, id, verb).await {
            Ok(()) => writeln!(out, "{id} {told}")?,
            Err(Error::Client(why @ client::Error::Refused { .. })) => {
                refused += 1;
                writeln!(out, "{id}: {why}")?;
            }
            Err(other) => return Err(other),
        }
    }
    match refused {
        0 => Ok(()),
        refused => Err(Refused {
            refused,
            all: ids.len(),
        }
        .into()),
    }
}

async fn change(admin: &Admin<'_>, id: Uuid, verb: &str) -> Result<(), Error> {
    let id = id.to_string();
    let path = ["api", "admin", "deliveries", &id, verb];
    let nothing = Value::Object(Map::new());
    admin.post(&path, &nothing).await?.check()?;
    Ok(())
}

fn write_table(out: &mut impl Write, page: &Deliveries) -> io::Result<()> {
    const HEAD: [&str; 9] = [
        "ID",
        "DESTINATION",
        "KIND",
        "STATE",
        "ATTEMPTS",
        "ERROR",
        "CREATED",
        "NEXT",
        "HANDOVER",
    ];
    if page.deliveries.is_empty() {
        return writeln!(out, "no deliveries");
    }
    let rows: Vec<[String; 9]> = page.deliveries.iter().map(cells).collect();
    let widths: Vec<usize> = HEAD
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .chain([head.len()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    write_row(out, &widths, &HEAD.map(ToOwned::to_owned))?;
    for row in &rows {
        write_row(out, &widths, row)?;
    }
    if let Some(next) = &page.next {
        writeln!(out, "there are more: --after {next}")?;
    }
    Ok(())
}

fn cells(delivery: &Delivery) -> [String; 9] {
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    [
        delivery.id.to_string(),
        delivery.destination.clone(),
        delivery.kind.clone(),
        delivery.state.clone(),
        delivery.attempts.to_string(),
        or_dash(delivery.error_class.clone()),
        delivery.created_at.to_string(),
        or_dash(delivery.next_at.map(|at| at.to_string())),
        delivery.handover.to_string(),
    ]
}

fn write_row(out: &mut impl Write, widths: &[usize], row: &[String]) -> io::Result<()> {
    let padded = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"));
    let line = padded.collect::<Vec<_>>().join("  ");
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_table_whose_columns_line_up() {
        let page: Deliveries = serde_json::from_str(
            r#"{"deliveries": [
                {"id": "01a1f000-0000-7000-8000-000000000001", "handover": "01a1f000-0000-7000-8000-00000000000a",
                 "destination": "desk:custom", "kind": "message", "state": "dead", "attempts": 12,
                 "error_class": "busy", "created_at": "2026-01-01T00:00:00.000Z", "next_at": null},
                {"id": "01a1f000-0000-7000-8000-000000000002", "handover": "01a1f000-0000-7000-8000-00000000000a",
                 "destination": "bot:webshop", "kind": "say", "state": "pending", "attempts": 0,
                 "error_class": null, "created_at": "2026-01-01T00:00:01.000Z", "next_at": "2026-01-01T00:00:02.000Z"}
            ], "next": "01a1f000-0000-7000-8000-000000000002"}"#,
        )
        .unwrap();
        let mut out = Vec::new();
        write_table(&mut out, &page).unwrap();
        let expected = "\
ID                                    DESTINATION  KIND     STATE    ATTEMPTS  ERROR  CREATED                   NEXT                      HANDOVER
01a1f000-0000-7000-8000-000000000001  desk:custom  message  dead     12        busy   2026-01-01T00:00:00.000Z  -                         01a1f000-0000-7000-8000-00000000000a
01a1f000-0000-7000-8000-000000000002  bot:webshop  say      pending  0         -      2026-01-01T00:00:01.000Z  2026-01-01T00:00:02.000Z  01a1f000-0000-7000-8000-00000000000a
there are more: --after 01a1f000-0000-7000-8000-000000000002
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
