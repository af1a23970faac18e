//! Reads `Retry-After` and the headers of rate limits. What is made of them, `domain::retry` decides.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::domain::time::Timestamp;

/// How long the answer asks to wait. A date is compared with the answer's own `Date`, so that a skewed clock on either
/// side does not matter; `now` serves where there is none. Below zero is zero, and what is neither number nor date is nothing.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |digits| (true, digits));
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        let seconds = if negative {
            0
        } else {
            digits.parse().unwrap_or(u64::MAX)
        };
        return Some(Duration::from_secs(seconds));
    }
    let sent = headers
        .get(DATE)
        .and_then(|date| http_date(date.to_str().ok()?))
        .unwrap_or(now);
    Some(http_date(text)?.since(sent))
}

/// When a rate limit ends that says so by `x-ratelimit-reset` alone: seconds to go, or a date in seconds or in
/// milliseconds, which vendors mix up even within one page of their documents.
pub(super) fn rate_limit_reset(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    const FIRST_DATE: i64 = 1_000_000_000;
    const FIRST_MILLIS: i64 = 100_000_000_000;

    let reset: i64 = headers
        .get("x-ratelimit-reset")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let wait = match reset {
        FIRST_MILLIS.. => Timestamp::from_millis(reset).since(now),
        FIRST_DATE.. => Timestamp::from_millis(reset.saturating_mul(1_000)).since(now),
        _ => Duration::from_secs(u64::try_from(reset).unwrap_or(0)),
    };
    Some(wait)
}

/// How long no more calls are taken, where an answer says that this one was the last: nothing remains, and it is known
/// when the count begins anew. Without that time, or with a number that is none, nothing is said.
pub(super) fn used_up(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let remaining = headers.get("x-ratelimit-remaining")?.to_str().ok()?;
    let remaining: i64 = remaining.trim().parse().ok()?;
    (remaining <= 0).then(|| rate_limit_reset(headers, now))?
}

fn http_date(text: &str) -> Option<Timestamp> {
    let at = DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn read(value: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_are_taken_whatever_their_size() {
        let rows = [
            ("0", 0),
            ("120", 120),
            (" 7 ", 7),
            ("-5", 0),
            ("1000000000", 1_000_000_000),
        ];
        for (value, seconds) in rows {
            assert_eq!(read(value, None), Some(seconds), "{value}");
        }
        assert_eq!(read(&"9".repeat(400), None), Some(u64::MAX));
    }

    #[test]
    fn a_date_is_measured_from_the_date_of_the_answer() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(60));
        assert_eq!(read("Sun, 06 Nov 1994 08:48:37 GMT", date), Some(0));
        assert_eq!(
            read("Thu, 01 Jan 2026 00:00:30 GMT", None),
            Some(30),
            "then from our own clock"
        );
    }

    #[test]
    fn the_end_of_a_rate_limit_is_read_in_all_three_units() {
        let rows = [
            ("30", Some(30)),
            ("1767225660", Some(60)),
            ("1767225660000", Some(60)),
            ("1", Some(1)),
            ("-9", Some(0)),
            ("soon", None),
        ];
        for (value, seconds) in rows {
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-reset", value.parse().unwrap());
            assert_eq!(
                rate_limit_reset(&headers, NOW).map(|wait| wait.as_secs()),
                seconds,
                "{value}"
            );
        }
    }

    #[test]
    fn a_limit_is_used_up_when_nothing_remains_and_its_end_is_known() {
        let rows = [
            (Some("0"), Some("30"), Some(30)),
            (Some(" 0 "), Some("1767225660000"), Some(60)),
            (Some("-1"), Some("1767225660"), Some(60)),
            (Some("0"), Some("1"), Some(1)),
            (Some("0"), Some("soon"), None),
            (Some("0"), None, None),
            (Some("1"), Some("30"), None),
            (Some("none"), Some("30"), None),
            (Some(""), Some("30"), None),
            (None, Some("30"), None),
        ];
        for (remaining, reset, seconds) in rows {
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-limit", "1200".parse().unwrap());
            if let Some(remaining) = remaining {
                headers.insert("x-ratelimit-remaining", remaining.parse().unwrap());
            }
            if let Some(reset) = reset {
                headers.insert("x-ratelimit-reset", reset.parse().unwrap());
            }
            assert_eq!(
                used_up(&headers, NOW).map(|wait| wait.as_secs()),
                seconds,
                "{remaining:?} {reset:?}"
            );
        }
    }

    #[test]
    fn junk_says_nothing() {
        for junk in [
            "",
            "soon",
            "1.5",
            "--1",
            "12 minutes",
            "Sun, 99 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(read(junk, None), None, "{junk}");
        }
    }
}
