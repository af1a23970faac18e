//! The names that an operator gives: those of bots and desks follow the domain's rule, those of languages this one.

use std::{fmt, str::FromStr};

use config::Value;

use super::{fault::Problem, section::Section, value};

/// The tag of a language, `en` or `pt-br`, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Box<str>);

/// The text is no language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag")]
pub struct NotALanguage;

impl Language {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(value: &Value) -> Result<Self, Problem> {
        const EXPECTED: Problem = Problem::Expected("a language tag such as \"en\" or \"pt-br\"");
        value::text(value)?.parse().map_err(|_| EXPECTED)
    }
}

/// The name of a bot or of a desk.
pub(super) fn read<N: FromStr>(value: &Value) -> Result<N, Problem> {
    value::text(value)?.parse().map_err(|_| Problem::NotAName)
}

/// A table of a section whose keys are names. `None`: its name is none, which has been reported; the rest of it is read for
/// what else is wrong.
pub(super) type Named<'r, N> = (Option<N>, Section<'r>);

/// The tables of a section whose keys are names.
pub(super) fn named_tables<N: FromStr>(section: Option<Section<'_>>) -> Vec<Named<'_, N>> {
    let tables = section.map(Section::into_tables).unwrap_or_default();
    tables
        .into_iter()
        .map(|(name, table)| {
            let name = name.parse().ok();
            if name.is_none() {
                table.fault_here(Problem::NotAName);
            }
            (name, table)
        })
        .collect()
}

/// The names of those that have one.
pub(super) fn known<N: Clone, C: FromIterator<N>>(tables: &[Named<'_, N>]) -> C {
    tables.iter().filter_map(|(name, _)| name.clone()).collect()
}

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let text = text.to_ascii_lowercase().replace('_', "-");
        let mut parts = text.split('-');
        let starts_well = parts.next().is_some_and(|part| {
            (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase())
        });
        let goes_on_well = parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if starts_well && goes_on_well {
            Ok(Self(text.into()))
        } else {
            Err(NotALanguage)
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_compared_in_small_letters() {
        let tag: Language = "pt_BR".parse().unwrap();
        assert_eq!(tag.as_str(), "pt-br");
        for bad in ["", "e", "english", "en-", "e1"] {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
