//! `[hours.*]`: when desks are open.

use std::{collections::BTreeMap, sync::Arc};

use config::Value;
use jiff::tz::TimeZone;

use super::{fault::Problem, names, section::Section, value};
use crate::domain::{
    hours::{Dates, Hours, NotWeekly, Weekly},
    ids::HoursName,
};

/// Opening hours by their names. Those of several desks are one and the same.
pub type AllHours = BTreeMap<HoursName, Arc<Hours>>;

/// All that are written rightly; the others are reported.
pub(super) fn read_all(tables: Vec<names::Named<'_, HoursName>>) -> AllHours {
    tables
        .into_iter()
        .filter_map(|(name, section)| {
            let hours = read(section);
            Some((name?, Arc::new(hours?)))
        })
        .collect()
}

fn read(mut section: Section<'_>) -> Option<Hours> {
    let zone = section.required(
        "time_zone",
        read_zone,
        "add the zone's name, such as \"Europe/Amsterdam\"",
    );
    let open = section.required_list(
        "open",
        read_range,
        "add a list such as [\"mon-fri 09:00-17:30\", \"sat 10:00-14:00\"]",
    );
    let closed = section.list("closed", read_dates);
    section.finish();
    match Hours::new(zone?, open?, closed.unwrap_or_default()) {
        Ok(hours) => Some(hours),
        Err(overlap) => {
            section.fault("open", Problem::HoursOverlap(overlap));
            None
        }
    }
}

/// By its name in the tz database; an abbreviation or an offset knows no summer time.
fn read_zone(value: &Value) -> Result<TimeZone, Problem> {
    let name = value::filled_text(value)?;
    TimeZone::get(&name).map_err(|_| Problem::NotATimeZone)
}

fn read_range(value: &Value) -> Result<Weekly, Problem> {
    let range = value::text(value)?.trim().parse();
    range.map_err(|not| match not {
        NotWeekly::Shape => Problem::Expected(
            "days and a range, such as \"mon-fri 09:00-17:30\", \"sat 10:00-14:00\" or \"fri 22:00-02:00\"",
        ),
        NotWeekly::Empty => Problem::Expected(
            "a range that ends later than it begins; a whole day is 00:00-24:00",
        ),
    })
}

fn read_dates(value: &Value) -> Result<Dates, Problem> {
    value::text(value)?.trim().parse().map_err(|_| {
        Problem::Expected(
            "a date such as \"2026-12-25\", or the first and the last of several, such as \"2026-12-24 to 2027-01-01\"",
        )
    })
}
