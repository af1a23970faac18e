//! How long ago something was, in words and in how urgent it looks.

use std::time::Duration;

use maud::{Markup, html};

use super::texts;
use crate::domain::time::Timestamp;

/// Nobody has answered yet: how urgent that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    New,
    Soon,
    Late,
    Overdue,
}

impl Urgency {
    pub(super) fn of(since: Timestamp, now: Timestamp) -> Self {
        match minutes(now.since(since)) {
            0..2 => Self::New,
            2..5 => Self::Soon,
            5..10 => Self::Late,
            10.. => Self::Overdue,
        }
    }

    /// Beside `age`.
    pub(super) fn age_class(self) -> &'static str {
        match self {
            Self::New => "age--0",
            Self::Soon => "age--1",
            Self::Late => "age--2",
            Self::Overdue => "age--3",
        }
    }

    /// Beside `tile`.
    pub(super) fn tile_class(self) -> &'static str {
        match self {
            Self::New => "tile--w0",
            Self::Soon => "tile--w1",
            Self::Late => "tile--w2",
            Self::Overdue => "tile--w3",
        }
    }

    /// Of a dot on the arch.
    pub(super) fn dot_class(self) -> &'static str {
        match self {
            Self::New => "w0",
            Self::Soon => "w1",
            Self::Late => "w2",
            Self::Overdue => "w3",
        }
    }
}

/// `now`, `4 min`, `3 h`, `12 d`: always rounded down.
pub(super) fn short(since: Timestamp, now: Timestamp) -> String {
    span(now.since(since))
}

pub(super) fn span(span: Duration) -> String {
    match minutes(span) {
        0 => texts::NOW.to_owned(),
        minutes @ 1..60 => texts::minutes(minutes),
        minutes @ 60..1440 => texts::hours(minutes / 60),
        minutes => texts::days(minutes / 1440),
    }
}

/// How long it is until then: in seconds as soon as they count.
pub(super) fn left(until: Timestamp, now: Timestamp) -> String {
    let left = until.since(now);
    match left.as_secs() {
        seconds @ 0..120 => texts::seconds(seconds),
        _ => span(left),
    }
}

/// The hour and minute. In UTC, as the logs are; the script shows the reader's own.
pub(super) fn clock(at: Timestamp) -> Markup {
    let full = at.to_string();
    let short = full.get(11..16).unwrap_or_default();
    html! { time.clock datetime=(full) title=(full) { (short) } }
}

/// The same before something that was then.
pub(super) fn time_of(at: Timestamp) -> Markup {
    html! { (clock(at)) " " }
}

/// The time itself, where how long ago it was says too little. In UTC, as [`time_of`].
pub(super) fn since(at: Timestamp) -> Markup {
    let full = at.to_string();
    let short = full.get(..16).map(|short| short.replacen('T', " ", 1));
    html! { time.clock datetime=(full) title=(full) { (short.as_deref().unwrap_or(&full)) " UTC" } }
}

fn minutes(span: Duration) -> u64 {
    span.as_secs() / Duration::from_mins(1).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn ago(seconds: u64) -> Timestamp {
        NOW.minus(Duration::from_secs(seconds))
    }

    #[test]
    fn an_age_is_told_in_its_largest_whole_unit() {
        let told = |seconds| short(ago(seconds), NOW);
        assert_eq!(told(0), "now");
        assert_eq!(told(59), "now");
        assert_eq!(told(60), "1 min");
        assert_eq!(told(3_599), "59 min");
        assert_eq!(told(3_600), "1 h");
        assert_eq!(told(86_399), "23 h");
        assert_eq!(told(86_400), "1 d");
        assert_eq!(told(86_400 * 40), "40 d");
    }

    #[test]
    fn what_a_wrong_clock_puts_into_the_future_is_now() {
        let later = NOW.plus(Duration::from_hours(1));
        assert_eq!(short(later, NOW), "now");
        assert_eq!(Urgency::of(later, NOW), Urgency::New);
    }

    #[test]
    fn what_is_left_is_told_in_seconds_at_last() {
        let told = |seconds| left(NOW.plus(Duration::from_secs(seconds)), NOW);
        assert_eq!(told(3_600), "1 h");
        assert_eq!(told(179), "2 min");
        assert_eq!(told(119), "119 s");
        assert_eq!(told(0), "0 s");
        assert_eq!(left(ago(5), NOW), "0 s");
    }

    #[test]
    fn urgency_rises_at_two_five_and_ten_minutes() {
        let urgency = |seconds| Urgency::of(ago(seconds), NOW);
        assert_eq!(urgency(119), Urgency::New);
        assert_eq!(urgency(120), Urgency::Soon);
        assert_eq!(urgency(299), Urgency::Soon);
        assert_eq!(urgency(300), Urgency::Late);
        assert_eq!(urgency(599), Urgency::Late);
        assert_eq!(urgency(600), Urgency::Overdue);
    }
}
