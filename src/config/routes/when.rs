//! `when`: what has to hold for a route. A table within stands for the path through it.

use config::{Value, ValueKind};

use super::super::{fault::Problem, names::Language, section::Section, value};
use crate::domain::routing::{Condition, Fact, Path, Scalar};

/// None if one of the conditions is faulty.
pub(super) fn read(mut section: Section<'_>) -> Option<Vec<Condition>> {
    let mut conditions = Some(Vec::new());
    for (key, value) in section.take_values() {
        let mut found = Vec::new();
        match flatten(&key, &value, &mut found) {
            Ok(()) => conditions.iter_mut().for_each(|all| all.append(&mut found)),
            Err(problem) => {
                section.fault(&key, problem);
                conditions = None;
            }
        }
    }
    conditions
}

/// `payload = { department = "sales" }` is `"payload.department" = "sales"`.
fn flatten(key: &str, value: &Value, found: &mut Vec<Condition>) -> Result<(), Problem> {
    match &value.kind {
        ValueKind::Table(members) if members.is_empty() => Err(Problem::Empty),
        ValueKind::Table(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            members
                .into_iter()
                .try_for_each(|(name, member)| flatten(&format!("{key}.{name}"), member, found))
        }
        _ => {
            let of = fact(key)?;
            let any_of = wanted(value)?;
            if of == Fact::Language {
                languages(&any_of)?;
            }
            found.push(Condition { of, any_of });
            Ok(())
        }
    }
}

fn fact(key: &str) -> Result<Fact, Problem> {
    let mut steps = key.split('.');
    let name = steps.next().unwrap_or_default();
    let path: Vec<&str> = steps.collect();
    if path.iter().any(|step| step.is_empty()) {
        return Err(Problem::NotACondition);
    }
    let is_whole = path.is_empty();
    let path = Path::new(path);
    match name {
        "version" if is_whole => Ok(Fact::Version),
        "channel" if is_whole => Ok(Fact::Channel),
        "language" if is_whole => Ok(Fact::Language),
        "payload" => Ok(Fact::Payload(path)),
        "user" if !is_whole => Ok(Fact::User(path)),
        "session" if !is_whole => Ok(Fact::Session(path)),
        _ => Err(Problem::NotACondition),
    }
}

fn wanted(value: &Value) -> Result<Vec<Scalar>, Problem> {
    const EXPECTED: Problem =
        Problem::Expected("a text, a number, true or false, or a list of them");
    let values = match value::json(value)? {
        serde_json::Value::Array(values) => values,
        one => vec![one],
    };
    if values.is_empty() {
        return Err(Problem::Empty);
    }
    values
        .iter()
        .map(|value| Scalar::of(value).ok_or(EXPECTED))
        .collect()
}

/// A language that is none would never match.
fn languages(wanted: &[Scalar]) -> Result<(), Problem> {
    let is_one = |wanted: &Scalar| wanted.as_str().parse::<Language>().is_ok();
    if wanted.iter().all(is_one) {
        Ok(())
    } else {
        Err(Problem::Expected(
            "language tags such as \"en\" or \"pt-br\"",
        ))
    }
}
