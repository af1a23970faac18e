//! The names that an operator gives to bots, desks and languages.

use std::{borrow::Borrow, fmt, str::FromStr};

use config::Value;

use super::{fault::Problem, section::Section, value};

/// The name of a bot or a desk: `[a-z][a-z0-9_]{0,31}`, never two underscores in a row, since that is what separates
/// the parts of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// The tag of a language, `en` or `pt-br`, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Box<str>);

/// The text has not the form that it needs to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the required form")]
pub struct Malformed;

impl Name {
    const LONGEST: usize = 32;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(value: &Value) -> Result<Self, Problem> {
        value::text(value)?.parse().map_err(|_| Problem::NotAName)
    }

    /// One name or a list of names.
    pub(super) fn read_list(value: &Value) -> Result<Vec<Self>, Problem> {
        let names = value::texts(value)?;
        if names.is_empty() {
            return Err(Problem::Empty);
        }
        names
            .iter()
            .map(|name| name.parse().map_err(|_| Problem::NotAName))
            .collect()
    }
}

impl Language {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language without its region: `pt` of `pt-br`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    pub(super) fn read(value: &Value) -> Result<Self, Problem> {
        const EXPECTED: Problem = Problem::Expected("a language tag such as \"en\" or \"pt-br\"");
        value::text(value)?.parse().map_err(|_| EXPECTED)
    }
}

/// The tables of a section whose keys are names, those with a bad name reported and left out.
pub(super) fn named_tables(section: Option<Section<'_>>) -> Vec<(Name, Section<'_>)> {
    let tables = section.map(Section::into_tables).unwrap_or_default();
    tables
        .into_iter()
        .filter_map(|(name, table)| {
            let name = name.parse().ok();
            if name.is_none() {
                table.fault_here(Problem::NotAName);
            }
            Some((name?, table))
        })
        .collect()
}

impl FromStr for Name {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase());
        let is_made_of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if starts_well
            && text.len() <= Self::LONGEST
            && text.chars().all(is_made_of)
            && !text.contains("__")
        {
            Ok(Self(text.into()))
        } else {
            Err(Malformed)
        }
    }
}

impl FromStr for Language {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
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
            Err(Malformed)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_small_letters_digits_and_single_underscores() {
        for good in [
            "a",
            "webshop",
            "web_shop_2",
            "a23456789012345678901234567890_2",
        ] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "2shop",
            "_shop",
            "web__shop",
            "Web",
            "web-shop",
            "a234567890123456789012345678901_3",
        ] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn language_tags_are_compared_in_small_letters() {
        let tag: Language = "pt_BR".parse().unwrap();
        assert_eq!((tag.as_str(), tag.primary()), ("pt-br", "pt"));
        for bad in ["", "e", "english", "en-", "e1"] {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
