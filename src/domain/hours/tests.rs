use super::*;

/// Worked out by hand from when the clocks were changed: (from, offset in minutes), the first from the beginning.
struct Zone {
    name: &'static str,
    offsets: &'static [(&'static str, i64)],
}

const AMSTERDAM: Zone = Zone {
    name: "Europe/Amsterdam",
    offsets: &[
        ("2000-01-01T00:00:00Z", 60),
        ("2026-03-29T01:00:00Z", 120),
        ("2026-10-25T01:00:00Z", 60),
    ],
};

/// Half an hour of summer time.
const LORD_HOWE: Zone = Zone {
    name: "Australia/Lord_Howe",
    offsets: &[
        ("2000-01-01T00:00:00Z", 660),
        ("2026-04-04T15:00:00Z", 630),
        ("2026-10-03T15:30:00Z", 660),
    ],
};

/// Went over the date line: there was no 30 December 2011.
const APIA: Zone = Zone {
    name: "Pacific/Apia",
    offsets: &[
        ("2000-01-01T00:00:00Z", -600),
        ("2011-04-02T14:00:00Z", -660),
        ("2011-09-24T14:00:00Z", -600),
        ("2011-12-30T10:00:00Z", 840),
    ],
};

const UTC: Zone = Zone {
    name: "UTC",
    offsets: &[("2000-01-01T00:00:00Z", 0)],
};

impl Zone {
    fn hours(&self, open: &[&str], closed: &[&str]) -> Hours {
        let zone = TimeZone::get(self.name).unwrap();
        let open = open.iter().map(|text| text.parse().unwrap()).collect();
        let closed = closed.iter().map(|text| text.parse().unwrap()).collect();
        Hours::new(zone, open, closed).unwrap()
    }

    /// Day of the week (0 is Monday) and minute of the day on the wall.
    fn wall(&self, at: Timestamp) -> (i64, i64) {
        let (_, offset) = self
            .offsets
            .iter()
            .rev()
            .find(|(from, _)| at >= moment(from))
            .unwrap();
        let minutes = at.as_millis() / 60_000 + offset;
        let days = minutes.div_euclid(1440);
        // 1 January 1970 was a Thursday.
        ((days + 3).rem_euclid(7), minutes.rem_euclid(1440))
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The times between two at which it opens or closes, to the minute.
fn turns(hours: &Hours, from: &str, to: &str) -> Vec<(String, bool)> {
    let (mut at, end) = (moment(from), moment(to));
    let mut open = hours.is_open(at);
    let mut turns = Vec::new();
    while at < end {
        at = at.plus(std::time::Duration::from_mins(1));
        if hours.is_open(at) != open {
            open = !open;
            turns.push((at.to_string().replace(":00.000Z", "Z"), open));
        }
    }
    turns
}

fn times(turns: &[(String, bool)]) -> Vec<&str> {
    turns.iter().map(|(at, _)| at.as_str()).collect()
}

#[test]
fn a_whole_year_is_what_the_clock_on_the_wall_says() {
    for (zone, year) in [(AMSTERDAM, 2026), (LORD_HOWE, 2026), (APIA, 2011)] {
        let hours = zone.hours(
            &[
                "mon-fri 09:00-12:00",
                "mon-fri 12:30-17:30",
                "sat 10:00-14:00",
                "sun 01:45-02:15",
            ],
            &[],
        );
        let mut at = moment(&format!("{year}-01-01T00:00:00Z"));
        let end = moment(&format!("{}-01-01T00:00:00Z", year + 1));
        while at < end {
            let expected = match zone.wall(at) {
                (0..=4, minute) => (540..720).contains(&minute) || (750..1050).contains(&minute),
                (5, minute) => (600..840).contains(&minute),
                (_, minute) => (105..135).contains(&minute),
            };
            assert_eq!(hours.is_open(at), expected, "{} at {at}", zone.name);
            at = at.plus(std::time::Duration::from_mins(5));
        }
    }
}

#[test]
fn an_hour_that_the_clock_skips_is_no_hour_and_one_that_it_shows_twice_counts_twice() {
    let hours = AMSTERDAM.hours(&["sun 02:00-03:00"], &[]);
    assert_eq!(
        turns(&hours, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        []
    );
    assert_eq!(
        times(&turns(
            &hours,
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z"
        )),
        ["2026-10-25T00:00Z", "2026-10-25T02:00Z"],
        "from 02:00 to 03:00, twice"
    );
    let hours = LORD_HOWE.hours(&["sun 01:45-02:15"], &[]);
    assert_eq!(
        times(&turns(
            &hours,
            "2026-04-04T12:00:00Z",
            "2026-04-04T20:00:00Z"
        )),
        [
            "2026-04-04T14:45Z",
            "2026-04-04T15:00Z",
            "2026-04-04T15:15Z",
            "2026-04-04T15:45Z"
        ],
        "at 02:00 it is 01:30 again"
    );
}

#[test]
fn a_range_may_run_past_midnight_and_belongs_to_the_day_it_begins_on() {
    let hours = UTC.hours(&["fri 22:00-02:00"], &[]);
    assert_eq!(
        times(&turns(
            &hours,
            "2026-01-01T00:00:00Z",
            "2026-01-08T00:00:00Z"
        )),
        ["2026-01-02T22:00Z", "2026-01-03T02:00Z"]
    );
    let hours = UTC.hours(&["sun 22:00-24:00"], &[]);
    assert_eq!(
        times(&turns(
            &hours,
            "2026-01-01T00:00:00Z",
            "2026-01-08T00:00:00Z"
        )),
        ["2026-01-04T22:00Z", "2026-01-05T00:00Z"]
    );
}

#[test]
fn the_night_before_a_day_that_a_zone_has_skipped_ends_on_the_day_after_it() {
    let hours = APIA.hours(&["thu 22:00-02:00"], &[]);
    assert_eq!(
        times(&turns(
            &hours,
            "2011-12-30T00:00:00Z",
            "2012-01-01T00:00:00Z"
        )),
        ["2011-12-30T08:00Z", "2011-12-30T12:00Z"],
        "four hours, of Thursday and of Saturday"
    );
    let hours = APIA.hours(&["fri 22:00-02:00"], &[]);
    assert_eq!(
        turns(&hours, "2011-12-30T00:00:00Z", "2012-01-01T00:00:00Z"),
        [],
        "there was no Friday to begin on"
    );
}

#[test]
fn on_a_closed_date_nothing_is_open_and_nothing_begins() {
    let night = ["mon-sun 20:00-04:00"];
    let hours = UTC.hours(&night, &["2026-12-25"]);
    assert_eq!(
        times(&turns(
            &hours,
            "2026-12-24T12:00:00Z",
            "2026-12-27T00:00:00Z"
        )),
        [
            "2026-12-24T20:00Z",
            "2026-12-25T00:00Z",
            "2026-12-26T20:00Z"
        ]
    );
    let hours = UTC.hours(&["mon-sun 00:00-24:00"], &["2026-12-30 to 2027-01-02"]);
    assert_eq!(
        times(&turns(
            &hours,
            "2026-12-29T00:00:00Z",
            "2027-01-05T00:00:00Z"
        )),
        ["2026-12-30T00:00Z", "2027-01-03T00:00Z"]
    );
}

#[test]
fn days_may_go_round_the_end_of_the_week() {
    let hours = UTC.hours(&["sat-mon 10:00-11:00"], &[]);
    let turns = turns(&hours, "2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z");
    assert_eq!(
        times(&turns),
        [
            "2026-01-03T10:00Z",
            "2026-01-03T11:00Z",
            "2026-01-04T10:00Z",
            "2026-01-04T11:00Z",
            "2026-01-05T10:00Z",
            "2026-01-05T11:00Z"
        ]
    );
}

#[test]
fn what_is_no_range_is_refused() {
    for text in [
        "",
        "mon",
        "09:00-17:00",
        "mon 9:00-17:00",
        "mon 09:00",
        "mon 09:00-24:01",
        "mon 09:60-10:00",
        "mon 24:00-01:00",
        "monday 09:00-10:00",
        "mon- 09:00-10:00",
        "mon 09:00-10:00 11:00-12:00",
        "mon,tue 09:00-10:00",
        "mon +9:00-10:00",
        "mon 09:00-10:00-11:00",
    ] {
        assert_eq!(text.parse::<Weekly>(), Err(NotWeekly::Shape), "{text}");
    }
    assert_eq!("mon 09:00-09:00".parse::<Weekly>(), Err(NotWeekly::Empty));
    assert!("MON-Fri  09:00-17:30".parse::<Weekly>().is_ok());
    for text in [
        "",
        "2026-02-30",
        "20261225",
        "2026-12-25T00:00",
        "25.12.2026",
        "2027-01-01 to 2026-12-24",
        "2026-12-24 to",
        "2026-12-24-2026-12-25",
    ] {
        assert_eq!(text.parse::<Dates>(), Err(NotDates), "{text}");
    }
}

#[test]
fn ranges_that_speak_of_the_same_minute_are_refused() {
    let overlap = |texts: &[&str]| {
        let open = texts.iter().map(|text| text.parse().unwrap()).collect();
        Hours::new(TimeZone::UTC, open, Vec::new()).err()
    };
    let both = Some(Overlap { one: 0, other: 1 });
    assert_eq!(overlap(&["mon-fri 09:00-12:00", "wed 11:59-13:00"]), both);
    assert_eq!(overlap(&["sun 22:00-02:00", "mon 01:00-03:00"]), both);
    assert_eq!(overlap(&["mon 01:00-03:00", "sun 22:00-02:00"]), both);
    assert_eq!(overlap(&["fri-mon 09:00-10:00", "sun 09:30-09:31"]), both);
    assert_eq!(
        overlap(&["mon 09:00-12:00", "mon 12:00-13:00", "tue 09:00-12:00"]),
        None
    );
    assert_eq!(
        overlap(&["sun 22:00-02:00", "mon 02:00-03:00", "mon 22:00-24:00"]),
        None
    );
}
