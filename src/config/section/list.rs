//! Settings of several members. Each is judged by itself, so that all that is wrong with a list comes at once and is told
//! of the member that it is about.

use config::{Value, ValueKind};

use super::Section;
use crate::config::{
    fault::Problem,
    value::{self, is_from_environment},
};

impl Section<'_> {
    /// The list under `key`, which may be left out. What stands there alone is its only member.
    pub(in crate::config) fn list<T>(
        &mut self,
        key: &'static str,
        parse: impl FnMut(&Value) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        self.each(key, value::members, parse)
    }

    /// The same where an empty one says nothing.
    pub(in crate::config) fn filled_list<T>(
        &mut self,
        key: &'static str,
        parse: impl FnMut(&Value) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        self.each(key, value::some_members, parse)
    }

    /// The same where it must be there; `hint` says what to write.
    pub(in crate::config) fn required_list<T>(
        &mut self,
        key: &'static str,
        parse: impl FnMut(&Value) -> Result<T, Problem>,
        hint: &'static str,
    ) -> Option<Vec<T>> {
        if self.has(key) {
            return self.filled_list(key, parse);
        }
        self.required(key, |_| Err(Problem::Empty), hint)
    }

    /// Whatever `apart` makes of the value under `key`, read one by one.
    pub(in crate::config) fn each<T>(
        &mut self,
        key: &'static str,
        apart: impl FnOnce(&Value) -> Result<Vec<Value>, Problem>,
        mut parse: impl FnMut(&Value) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        self.asked.push(key);
        let value = self.values.remove(key)?;
        let (list, from_environment) = (self.key.key(key), is_from_environment(&value));
        let members = match apart(&value) {
            Ok(members) => members,
            Err(problem) => {
                self.report.add(list, from_environment, problem);
                return None;
            }
        };
        let is_alone = members.len() == 1 && !matches!(value.kind, ValueKind::Array(_));
        let (mut good, mut is_good) = (Vec::new(), true);
        for (index, member) in members.iter().enumerate() {
            match parse(member) {
                Ok(one) => good.push(one),
                Err(problem) => {
                    is_good = false;
                    if is_alone {
                        self.report.add(list.clone(), from_environment, problem);
                    } else {
                        let report = &self.report;
                        report.add_member(&list, index, from_environment, problem);
                    }
                }
            }
        }
        is_good.then_some(good)
    }

    /// The table under `key`, whose keys the operator chooses, sorted by them. Empty where it is left out.
    pub(in crate::config) fn named<T>(
        &mut self,
        key: &'static str,
        mut parse: impl FnMut(&Value) -> Result<T, Problem>,
    ) -> Option<Vec<(String, T)>> {
        let mut table = self.table(key)?;
        let (mut good, mut is_good) = (Vec::new(), true);
        for (name, value) in table.take_values() {
            match parse(&value) {
                Ok(one) => good.push((name, one)),
                Err(problem) => {
                    is_good = false;
                    table.fault(&name, problem);
                }
            }
        }
        is_good.then_some(good)
    }
}
