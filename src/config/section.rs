//! Reads one table of the merged tree key by key. A wrong value is reported and the reading goes on, which is how all
//! faults come at once; whatever nobody asked for is an unknown key.

mod list;

use std::{cell::RefCell, cmp::Ordering, collections::BTreeSet, mem};

use config::{Map, Value, ValueKind};

use super::{
    fault::{Fault, Faults, Place, Problem, Written},
    key::KeyPath,
    lines::Lines,
    source::default_keys,
    value::{self, is_from_environment},
};

/// Where all readers put the faults they find.
#[derive(Debug)]
pub(super) struct Report {
    lines: Lines,
    faults: RefCell<Vec<Fault>>,
}

/// One table. `None` from a reader means that a fault has been reported, or, for `optional`, that the key is absent.
/// Not `Debug`: the values are secrets as well.
pub(super) struct Section<'r> {
    key: KeyPath,
    /// What nobody has asked for yet.
    values: Map<String, Value>,
    /// What has been asked for: what an unknown key may have meant.
    asked: Vec<&'static str>,
    /// The keys that variables have set, to tell the place of a fault after the value has been taken.
    from_environment: BTreeSet<String>,
    wholly_from_environment: bool,
    report: &'r Report,
}

/// Where a value comes from; each is laid over those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Defaults,
    File,
    Environment,
}

impl Report {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            faults: RefCell::default(),
        }
    }

    pub(super) fn into_faults(self) -> Faults {
        self.faults.into_inner().into_iter().collect()
    }

    /// A table that variables alone have made is told by those variables: there is no place where it stands.
    fn add_unknown(&self, key: KeyPath, value: &Value, near: Option<Box<str>>) {
        let from_environment = is_from_environment(value);
        match &value.kind {
            ValueKind::Table(members) if from_environment => {
                for (inner, member) in members {
                    self.add_unknown(key.key(inner), member, None);
                }
            }
            _ => self.add(key, from_environment, Problem::UnknownKey { near }),
        }
    }

    fn add(&self, key: KeyPath, from_environment: bool, problem: Problem) {
        let place = self.place(&key, from_environment);
        self.faults.borrow_mut().push(Fault {
            key,
            place,
            problem,
        });
    }

    /// A member of a list, whose variable holds it as a whole.
    fn add_member(&self, list: &KeyPath, index: usize, from_environment: bool, problem: Problem) {
        let key = list.index(index);
        let place = if from_environment {
            Place::Variable(list.variable())
        } else {
            self.place(&key, from_environment)
        };
        self.faults.borrow_mut().push(Fault {
            key,
            place,
            problem,
        });
    }

    fn place(&self, key: &KeyPath, from_environment: bool) -> Place {
        if from_environment {
            Place::Variable(key.variable())
        } else {
            self.lines.place(key).unwrap_or(Place::Unwritten)
        }
    }
}

impl<'r> Section<'r> {
    pub(super) fn root(values: Map<String, Value>, report: &'r Report) -> Self {
        Self::new(KeyPath::default(), values, report)
    }

    fn new(key: KeyPath, values: Map<String, Value>, report: &'r Report) -> Self {
        let from_environment: BTreeSet<String> = values
            .iter()
            .filter(|(_, value)| is_from_environment(value))
            .map(|(key, _)| key.clone())
            .collect();
        let wholly_from_environment = !values.is_empty() && from_environment.len() == values.len();
        Self {
            key,
            values,
            asked: Vec::new(),
            from_environment,
            wholly_from_environment,
            report,
        }
    }

    /// The value of a key that must be there; `hint` says what to write.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
        hint: &'static str,
    ) -> Option<T> {
        if self.has(key) {
            return self.optional(key, parse);
        }
        self.asked.push(key);
        self.fault(key, Problem::Missing(hint));
        None
    }

    /// The value of a key that the compiled-in defaults always hold.
    pub(super) fn defaulted<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
    ) -> Option<T> {
        self.required(key, parse, "give it a value")
    }

    /// The value of a key that may be left out. A wrong value is reported and reads as left out.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
    ) -> Option<T> {
        self.asked.push(key);
        let value = self.values.remove(key)?;
        match parse(&value) {
            Ok(read) => Some(read),
            Err(problem) => {
                self.report
                    .add(self.key.key(key), is_from_environment(&value), problem);
                None
            }
        }
    }

    /// The table under `key`, empty if it is left out.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Section<'r>> {
        self.asked.push(key);
        match self.values.remove(key) {
            Some(value) => self.as_table(self.key.key(key), value),
            None => Some(Section::new(self.key.key(key), Map::new(), self.report)),
        }
    }

    /// The tables in the list under `key`, in order; none if it is left out.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Section<'r>> {
        self.asked.push(key);
        let at = self.key.key(key);
        match self
            .values
            .remove(key)
            .map(|value| (is_from_environment(&value), value.kind))
        {
            None => Vec::new(),
            Some((_, ValueKind::Array(members))) => members
                .into_iter()
                .enumerate()
                .filter_map(|(index, member)| self.as_table(at.index(index), member))
                .collect(),
            Some((from_environment, other)) => {
                let problem = value::wrong_type("a list of tables", &other);
                self.report.add(at, from_environment, problem);
                Vec::new()
            }
        }
    }

    /// Every table in this one, by its name, sorted. For sections whose keys the operator chooses.
    pub(super) fn into_tables(mut self) -> Vec<(String, Section<'r>)> {
        let values = mem::take(&mut self.values);
        let mut tables: Vec<_> = values
            .into_iter()
            .filter_map(|(key, value)| {
                let table = self.as_table(self.key.key(&key), value)?;
                Some((key, table))
            })
            .collect();
        tables.sort_by(|a, b| a.0.cmp(&b.0));
        tables
    }

    /// Every value in this table, by its name, sorted. For tables whose keys have a meaning of their own.
    pub(super) fn take_values(&mut self) -> Vec<(String, Value)> {
        let mut values: Vec<_> = mem::take(&mut self.values).into_iter().collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    }

    /// The keys that nobody has asked for yet.
    pub(super) fn keys(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    /// Two keys that say the same thing are laid over each other like one: what the higher layer says counts, and the other
    /// is as if it were not there. Both stay if one layer says both.
    pub(super) fn keep_the_higher(&mut self, one: &str, other: &str) {
        let lower = match self.layer(one).cmp(&self.layer(other)) {
            Ordering::Greater => other,
            Ordering::Less => one,
            Ordering::Equal => return,
        };
        self.values.remove(lower);
    }

    /// Whether `key` is there and has not been asked for. It counts as known.
    pub(super) fn refuse(&mut self, key: &str) -> bool {
        self.values.remove(key).is_some()
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(&mut self) {
        for (key, value) in mem::take(&mut self.values) {
            let near = nearest(&key, &self.asked)
                .map(Into::into)
                .or_else(|| self.elsewhere(&key));
            self.report.add_unknown(self.key.key(&key), &value, near);
        }
    }

    /// A rule on `key` is broken that its value alone could not show.
    pub(super) fn fault(&self, key: &str, problem: Problem) {
        self.report.add(
            self.key.key(key),
            self.from_environment.contains(key),
            problem,
        );
    }

    /// The same of what stands within the value of `key`.
    pub(super) fn fault_within(&self, (key, within): (&str, &KeyPath), problem: Problem) {
        let at = self.key.key(key).within(within);
        let from_environment = self.from_environment.contains(key);
        self.report.add(at, from_environment, problem);
    }

    /// The table as a whole breaks a rule.
    pub(super) fn fault_here(&self, problem: Problem) {
        self.report
            .add(self.key.clone(), self.wholly_from_environment, problem);
    }

    /// The whole key of `key` in this table.
    pub(super) fn key_of(&self, key: &str) -> KeyPath {
        self.key.key(key)
    }

    /// Where the table stands, for those who find faults in it only when they use it.
    pub(super) fn written(&self) -> Written {
        let place = self.report.place(&self.key, self.wholly_from_environment);
        Written {
            key: self.key.clone(),
            place,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Whether the operator has written it, in the file or as a variable.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.layer(key) > Some(Layer::Defaults)
    }

    /// None: it is not there.
    fn layer(&self, key: &str) -> Option<Layer> {
        if !self.has(key) {
            None
        } else if self.from_environment.contains(key) {
            Some(Layer::Environment)
        } else if self.report.lines.has(&self.key.key(key)) {
            Some(Layer::File)
        } else {
            Some(Layer::Defaults)
        }
    }

    /// The key of this name in another section, if there is just one: a line that slipped below the wrong heading. What
    /// one bot or desk does not know is no setting of the whole bridge.
    fn elsewhere(&self, key: &str) -> Option<Box<str>> {
        if self.key.parent()? != KeyPath::default() {
            return None;
        }
        let homes = default_keys();
        let mut homes = homes.iter().filter(|(_, name)| *name == key);
        match (homes.next(), homes.next()) {
            (Some((section, name)), None) => Some(format!("{section}.{name}").into()),
            _ => None,
        }
    }

    fn as_table(&self, key: KeyPath, value: Value) -> Option<Section<'r>> {
        let from_environment = is_from_environment(&value);
        match value.kind {
            ValueKind::Table(values) => Some(Section::new(key, values, self.report)),
            other => {
                self.report
                    .add(key, from_environment, value::wrong_type("a table", &other));
                None
            }
        }
    }
}

/// The known key that was most likely meant: at most two letters away.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|candidate| (distance(key, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, pair) in b.chars().zip(row.windows(2)) {
            if let [diagonal, above] = *pair {
                left = (diagonal + usize::from(from != to))
                    .min(above + 1)
                    .min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_key_that_was_meant() {
        let known = ["listen", "public_url", "drain"];
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("publicurl", &known), Some("public_url"));
        assert_eq!(nearest("colour", &known), None);
    }
}
