//! How hours are written: `mon-fri 09:00-17:30`, `fri 22:00-02:00`, `2026-12-25`, `2026-12-24 to 2027-01-01`.

use std::str::FromStr;

use jiff::civil::{Date, Weekday};

use super::{DAY, Dates, Weekly};

/// The text is no range of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWeekly {
    #[error("not days and a range of the day")]
    Shape,
    /// It begins where it ends, which is either nothing or everything.
    #[error("a range without length")]
    Empty,
}

/// The text is neither a date nor a first and a last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date, or two dates in their order")]
pub struct NotDates;

impl FromStr for Weekly {
    type Err = NotWeekly;

    fn from_str(text: &str) -> Result<Self, NotWeekly> {
        let mut words = text.split_ascii_whitespace();
        let (Some(days), Some(range), None) = (words.next(), words.next(), words.next()) else {
            return Err(NotWeekly::Shape);
        };
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (opens, closes) = range.split_once('-').ok_or(NotWeekly::Shape)?;
        let (opens, closes) = (minute(opens)?, minute(closes)?);
        if opens == DAY {
            return Err(NotWeekly::Shape);
        }
        if opens == closes {
            return Err(NotWeekly::Empty);
        }
        Ok(Self {
            first: day(first)?,
            last: day(last)?,
            opens,
            closes: if closes < opens { closes + DAY } else { closes },
        })
    }
}

impl FromStr for Dates {
    type Err = NotDates;

    fn from_str(text: &str) -> Result<Self, NotDates> {
        let (first, last) = text.split_once(" to ").unwrap_or((text, text));
        let (first, last) = (date(first.trim())?, date(last.trim())?);
        if first > last {
            return Err(NotDates);
        }
        Ok(Self { first, last })
    }
}

fn day(text: &str) -> Result<Weekday, NotWeekly> {
    match text.to_ascii_lowercase().as_str() {
        "mon" => Ok(Weekday::Monday),
        "tue" => Ok(Weekday::Tuesday),
        "wed" => Ok(Weekday::Wednesday),
        "thu" => Ok(Weekday::Thursday),
        "fri" => Ok(Weekday::Friday),
        "sat" => Ok(Weekday::Saturday),
        "sun" => Ok(Weekday::Sunday),
        _ => Err(NotWeekly::Shape),
    }
}

/// `00:00` to `24:00`.
fn minute(text: &str) -> Result<i32, NotWeekly> {
    let two_digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i32>().ok())
            .flatten()
    };
    let (hours, minutes) = text.split_once(':').ok_or(NotWeekly::Shape)?;
    let (hours, minutes) = two_digits(hours)
        .zip(two_digits(minutes))
        .ok_or(NotWeekly::Shape)?;
    let minute = hours * 60 + minutes;
    if minutes < 60 && minute <= DAY {
        Ok(minute)
    } else {
        Err(NotWeekly::Shape)
    }
}

fn date(text: &str) -> Result<Date, NotDates> {
    let date: Date = text.parse().map_err(|_| NotDates)?;
    // There are other ways to write a date, and only one that everybody reads alike.
    (date.to_string() == text).then_some(date).ok_or(NotDates)
}
