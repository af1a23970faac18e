//! Opening hours: whether a desk is open at a moment. Pure; the time zone is handed in.
//!
//! The clock on the wall decides: a desk is open while that clock shows a time within a range. So an hour that the
//! clock skips is no hour, and an hour that it shows twice counts twice. A range belongs to the day on which it begins,
//! also where it runs past midnight; the day before midnight is the one that the wall showed, whatever the calendar
//! says about days that a zone has skipped.

mod written;

use jiff::{
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

pub use self::written::{NotDates, NotWeekly};
use super::time::Timestamp;

const DAY: i32 = 24 * 60;

/// When a desk is open.
#[derive(Clone, Debug)]
pub struct Hours {
    zone: TimeZone,
    open: Vec<Weekly>,
    closed: Vec<Dates>,
}

/// A range of the day on one weekday or on several in a row, such as `mon-fri 09:00-17:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekly {
    first: Weekday,
    last: Weekday,
    /// In minutes after midnight, at least one apart and at most a day. What lies beyond midnight is the next day's.
    opens: i32,
    closes: i32,
}

/// One date or several in a row, such as `2026-12-24 to 2027-01-01`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    first: Date,
    last: Date,
}

/// Two ranges speak of the same minute, by their places in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ranges {one} and {other} overlap")]
pub struct Overlap {
    pub one: usize,
    pub other: usize,
}

impl Hours {
    /// Open within `open`, but for the dates in `closed`: on those nothing is open and nothing begins.
    ///
    /// # Errors
    /// Two of the ranges overlap: one of them was meant otherwise.
    pub fn new(zone: TimeZone, open: Vec<Weekly>, closed: Vec<Dates>) -> Result<Self, Overlap> {
        for (other, range) in open.iter().enumerate() {
            if let Some(one) = open
                .iter()
                .take(other)
                .position(|before| before.overlaps(range))
            {
                return Err(Overlap { one, other });
            }
        }
        Ok(Self { zone, open, closed })
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let Some(at) = instant(at) else { return false };
        let wall = self.zone.to_datetime(at);
        let minute = i32::from(wall.hour()) * 60 + i32::from(wall.minute());
        if self.is_closed(wall.date()) {
            return false;
        }
        let begun_before = || {
            let eve = self.eve(at)?;
            Some(self.covers(eve, minute + DAY))
        };
        self.covers(wall.date(), minute)
            || (self.open.iter().any(|range| minute + DAY < range.closes)
                && begun_before().unwrap_or(false))
    }

    /// What the clock on the wall shows.
    pub fn wall(&self, at: Timestamp) -> Option<DateTime> {
        instant(at).map(|at| self.zone.to_datetime(at))
    }

    /// The zone's name, where it has one.
    pub fn zone(&self) -> Option<&str> {
        self.zone.iana_name()
    }

    /// Whether a range that began on this date is open, so many minutes after that date's midnight.
    fn covers(&self, date: Date, minute: i32) -> bool {
        !self.is_closed(date)
            && self.open.iter().any(|range| {
                range.is_on(date.weekday()) && (range.opens..range.closes).contains(&minute)
            })
    }

    fn is_closed(&self, date: Date) -> bool {
        self.closed
            .iter()
            .any(|dates| (dates.first..=dates.last).contains(&date))
    }

    /// The date that the wall showed before it showed today's.
    fn eve(&self, at: jiff::Timestamp) -> Option<Date> {
        let midnight = at.to_zoned(self.zone.clone()).start_of_day().ok()?;
        let before = midnight
            .timestamp()
            .checked_sub(jiff::SignedDuration::from_nanos(1))
            .ok()?;
        Some(self.zone.to_datetime(before).date())
    }
}

impl Weekly {
    fn is_on(&self, day: Weekday) -> bool {
        self.first.until(day) <= self.first.until(self.last)
    }

    fn overlaps(&self, other: &Self) -> bool {
        // Whatever day one begins on, the other can reach into it from that day, the day before, or the day after.
        Weekday::Monday.cycle_forward().take(7).any(|day| {
            self.is_on(day)
                && [(day.previous(), -DAY), (day, 0), (day.next(), DAY)]
                    .into_iter()
                    .any(|(begins, shift)| {
                        other.is_on(begins)
                            && other.opens + shift < self.closes
                            && self.opens < other.closes + shift
                    })
        })
    }
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok()
}

#[cfg(test)]
mod tests;
