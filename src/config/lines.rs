//! On which line of the operator's file each key stands. The merged tree no longer knows it.

use std::{collections::HashMap, ops::Range, path::PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    fault::{Fault, Faults, Place, Problem},
    key::KeyPath,
};

/// The lines of one file, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    file: PathBuf,
    of: HashMap<KeyPath, usize>,
}

impl Lines {
    /// Every key of `text`, or every place where it is not TOML.
    pub(super) fn read(file: PathBuf, text: &str) -> Result<Self, Faults> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors
                .into_iter()
                .map(|error| syntax_fault(&file, text, error))
                .collect());
        }
        let mut lines = Self {
            file,
            of: HashMap::new(),
        };
        lines.walk_table(&KeyPath::default(), table.get_ref(), text);
        Ok(lines)
    }

    /// Whether the file writes this very key.
    pub(super) fn has(&self, key: &KeyPath) -> bool {
        self.of.contains_key(key)
    }

    /// The place of `key`, or of the nearest table around it that the file writes.
    pub(super) fn place(&self, key: &KeyPath) -> Option<Place> {
        let mut key = Some(key.clone());
        while let Some(at) = key {
            if let Some(line) = self.of.get(&at) {
                return Some(Place::File {
                    file: self.file.clone(),
                    line: *line,
                });
            }
            key = at.parent();
        }
        None
    }

    fn walk_table(&mut self, at: &KeyPath, table: &DeTable<'_>, text: &str) {
        for (key, value) in table {
            let inner = at.key(key.get_ref());
            self.of.insert(inner.clone(), line_at(text, &key.span()));
            self.walk(&inner, value, text);
        }
    }

    fn walk(&mut self, at: &KeyPath, value: &Spanned<DeValue<'_>>, text: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.walk_table(at, table, text),
            DeValue::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    let inner = at.index(index);
                    self.of.insert(inner.clone(), line_at(text, &member.span()));
                    self.walk(&inner, member, text);
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}

fn syntax_fault(file: &std::path::Path, text: &str, error: toml::de::Error) -> Fault {
    let line = error.span().map_or(1, |span| line_at(text, &span));
    let place = Place::File {
        file: file.to_owned(),
        line,
    };
    Fault {
        key: KeyPath::default(),
        place,
        problem: Problem::Syntax(error),
    }
}

/// Counted from one, as editors do.
fn line_at(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}
