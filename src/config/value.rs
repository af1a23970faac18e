//! From one value of the tree to one typed setting. The environment knows strings only, so a number or a switch may
//! come as text from there, and a list with commas; the file must say what it means.

use std::{net::SocketAddr, time::Duration};

use config::{Value, ValueKind};
use jiff::{SpanRelativeTo, fmt::friendly::SpanParser};
use serde_json::{Map, Number};

use super::fault::Problem;

/// `config` marks what it took from the environment with this origin.
const ENVIRONMENT: &str = "the environment";

pub(super) fn is_from_environment(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(inner) => !inner.is_empty() && inner.values().all(is_from_environment),
        _ => value.origin() == Some(ENVIRONMENT),
    }
}

pub(super) fn text(value: &Value) -> Result<String, Problem> {
    match &value.kind {
        ValueKind::String(text) => Ok(text.clone()),
        other => Err(wrong_type("text", other)),
    }
}

pub(super) fn filled_text(value: &Value) -> Result<String, Problem> {
    let text = text(value)?;
    if text.trim().is_empty() {
        Err(Problem::Empty)
    } else {
        Ok(text)
    }
}

pub(super) fn switch(value: &Value) -> Result<bool, Problem> {
    match &value.kind {
        ValueKind::Boolean(switch) => Ok(*switch),
        ValueKind::String(text) if is_from_environment(value) => {
            text.parse().map_err(|_| Problem::Expected("true or false"))
        }
        other => Err(wrong_type("true or false", other)),
    }
}

/// A whole number from `least` to `most`.
pub(super) fn number(value: &Value, least: u64, most: u64) -> Result<u64, Problem> {
    let number = match &value.kind {
        ValueKind::I64(number) => u64::try_from(*number).ok(),
        ValueKind::String(text) if is_from_environment(value) => text.parse().ok(),
        other => return Err(wrong_type("a whole number", other)),
    };
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or(Problem::OutOfRange { least, most })
}

/// `"2s"`, `"15m"`, `"1h 30m"`, `"90d"`: whole milliseconds; a day is 24 hours.
pub(super) fn duration(value: &Value) -> Result<Duration, Problem> {
    const EXPECTED: Problem =
        Problem::Expected("a duration such as \"2s\", \"15m\", \"4h\" or \"90d\"");
    const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);
    let ValueKind::String(text) = &value.kind else {
        return Err(EXPECTED);
    };
    SpanParser::new()
        .parse_span(text)
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|span| Duration::try_from(span).ok())
        .filter(|span| *span <= LONGEST)
        .ok_or(EXPECTED)
}

/// A duration that is not zero.
pub(super) fn some_duration(value: &Value) -> Result<Duration, Problem> {
    let duration = duration(value)?;
    if duration.is_zero() {
        Err(Problem::Expected("longer than no time at all"))
    } else {
        Ok(duration)
    }
}

pub(super) fn socket_address(value: &Value) -> Result<SocketAddr, Problem> {
    text(value)?
        .parse()
        .map_err(|_| Problem::Expected("an IP address and a port, such as \"0.0.0.0:8080\""))
}

/// What a list holds; one alone may stand without brackets.
pub(super) fn members(value: &Value) -> Result<Vec<Value>, Problem> {
    match &value.kind {
        ValueKind::Array(members) => Ok(members.clone()),
        ValueKind::String(all) if is_from_environment(value) => {
            let origin = ENVIRONMENT.to_owned();
            let members = all.split(',').map(str::trim);
            Ok(members
                .filter(|member| !member.is_empty())
                .map(|member| Value::new(Some(&origin), member))
                .collect())
        }
        ValueKind::Nil | ValueKind::Table(_) => Err(wrong_type("a list", &value.kind)),
        _ => Ok(vec![value.clone()]),
    }
}

/// The same where there must be something.
pub(super) fn some_members(value: &Value) -> Result<Vec<Value>, Problem> {
    let members = members(value)?;
    if members.is_empty() {
        Err(Problem::Empty)
    } else {
        Ok(members)
    }
}

/// A table that is passed on as it is, for somebody else to understand.
pub(super) fn json_table(value: &Value) -> Result<Map<String, serde_json::Value>, Problem> {
    match json(value)? {
        serde_json::Value::Object(members) => Ok(members),
        _ => Err(wrong_type("a table", &value.kind)),
    }
}

pub(super) fn wrong_type(expected: &'static str, found: &ValueKind) -> Problem {
    let found = match found {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            "a whole number"
        }
        ValueKind::Float(_) => "a number",
        ValueKind::String(_) => "text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
    };
    Problem::WrongType { expected, found }
}

/// As it is, for somebody else to understand.
pub(super) fn json(value: &Value) -> Result<serde_json::Value, Problem> {
    Ok(match &value.kind {
        ValueKind::Nil => serde_json::Value::Null,
        ValueKind::Boolean(switch) => (*switch).into(),
        ValueKind::I64(number) => (*number).into(),
        ValueKind::U64(number) => (*number).into(),
        ValueKind::I128(_) | ValueKind::U128(_) => {
            return Err(Problem::Expected("a number of at most 64 bits"));
        }
        ValueKind::Float(number) => Number::from_f64(*number)
            .ok_or(Problem::Expected("a finite number"))?
            .into(),
        ValueKind::String(text) => text.clone().into(),
        ValueKind::Array(members) => members
            .iter()
            .map(json)
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        ValueKind::Table(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(b.0));
            let members: Result<Map<_, _>, Problem> = sorted
                .into_iter()
                .map(|(key, member)| Ok((key.clone(), json(member)?)))
                .collect();
            members?.into()
        }
    })
}
