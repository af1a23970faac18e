//! `when`: what has to hold for a route. A table within stands for the path through it.

use config::{Value, ValueKind};

use super::super::{fault::Problem, key::KeyPath, names::Language, section::Section, value};
use crate::domain::routing::{Condition, Fact, Path, Scalar};

/// None if one of the conditions is faulty.
pub(super) fn read(mut section: Section<'_>) -> Option<Vec<Condition>> {
    let (mut conditions, mut is_good) = (Vec::new(), true);
    for (key, value) in section.take_values() {
        let mut found = Vec::new();
        flatten(&key, (&KeyPath::default(), &value), &mut found);
        for (within, condition) in found {
            match condition {
                Ok(condition) => conditions.push(condition),
                Err(problem) => {
                    is_good = false;
                    section.fault_within((&key, &within), problem);
                }
            }
        }
    }
    is_good.then_some(conditions)
}

/// What was read at a place within a member of the table.
type Found = (KeyPath, Result<Condition, Problem>);

/// `payload = { department = "sales" }` is `"payload.department" = "sales"`.
fn flatten(key: &str, (at, value): (&KeyPath, &Value), found: &mut Vec<Found>) {
    match &value.kind {
        ValueKind::Table(members) if members.is_empty() => {
            found.push((at.clone(), Err(Problem::Empty)));
        }
        ValueKind::Table(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            for (name, member) in members {
                flatten(&format!("{key}.{name}"), (&at.key(name), member), found);
            }
        }
        _ => match fact(key) {
            Ok(of) => condition(of, (at, value), found),
            Err(problem) => found.push((at.clone(), Err(problem))),
        },
    }
}

/// All of its values are read, whatever is wrong with one of them.
fn condition(of: Fact, (at, value): (&KeyPath, &Value), found: &mut Vec<Found>) {
    let values = match &value.kind {
        ValueKind::Array(values) if values.is_empty() => {
            return found.push((at.clone(), Err(Problem::Empty)));
        }
        ValueKind::Array(values) => values.iter().collect(),
        _ => vec![value],
    };
    let is_alone = !matches!(value.kind, ValueKind::Array(_));
    let (mut any_of, mut faults) = (Vec::new(), Vec::new());
    for (index, value) in values.into_iter().enumerate() {
        match wanted(&of, value) {
            Ok(scalar) => any_of.push(scalar),
            Err(problem) if is_alone => faults.push((at.clone(), Err(problem))),
            Err(problem) => faults.push((at.index(index), Err(problem))),
        }
    }
    if faults.is_empty() {
        found.push((at.clone(), Ok(Condition { of, any_of })));
    }
    found.append(&mut faults);
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

/// A version or a language that is none would never match.
fn wanted(of: &Fact, value: &Value) -> Result<Scalar, Problem> {
    let scalar = Scalar::of(&value::json(value)?).ok_or(Problem::Expected(
        "a text, a number, true or false, or a list of them",
    ))?;
    if *of == Fact::Language && scalar.as_str().parse::<Language>().is_err() {
        return Err(Problem::Expected(
            "a language tag such as \"en\" or \"pt-br\"",
        ));
    }
    let is_version = |text: &str| {
        ["DRAFT", "LIVE"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(text))
    };
    if *of == Fact::Version && !is_version(scalar.as_str()) {
        return Err(Problem::Expected("\"DRAFT\" or \"LIVE\""));
    }
    Ok(scalar)
}
