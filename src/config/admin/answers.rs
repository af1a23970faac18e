//! `[admin.answers.*]`: what agents say often, by language, ready to be put into a reply.

use std::collections::BTreeMap;

use config::Value;

use crate::config::{fault::Problem, names::Language, section::Section, value};

/// By language, then by the name under which agents find it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, BTreeMap<String, String>>);

const PLACEHOLDERS: [&str; 3] = ["user}", "agent}", "bot}"];
/// Of a reply, in characters.
const LONGEST: usize = 4000;

impl Answers {
    /// By name, each in this language, else in the language without its region, else in English.
    pub fn in_language(&self, language: &str) -> BTreeMap<&str, &str> {
        let language = language.to_ascii_lowercase();
        let short = language.split(['-', '_']).next().unwrap_or_default();
        let mut answers = BTreeMap::new();
        for language in ["en", short, &language] {
            let known = self.0.get(language).into_iter().flatten();
            answers.extend(known.map(|(name, text)| (name.as_str(), text.as_str())));
        }
        answers
    }

    pub(super) fn read(section: Option<Section<'_>>) -> Self {
        let tables = section.map(Section::into_tables).unwrap_or_default();
        let languages = tables.into_iter().filter_map(|(language, mut table)| {
            let Ok(language) = language.parse::<Language>() else {
                table.fault_here(Problem::Expected(
                    "named by a language tag such as en or pt-br",
                ));
                return None;
            };
            let texts = table.take_values().into_iter();
            let texts = texts.filter_map(|(name, value)| match filled_later(&value) {
                Ok(text) => Some((name, text)),
                Err(problem) => {
                    table.fault(&name, problem);
                    None
                }
            });
            Some((language.to_string(), texts.collect()))
        });
        Self(languages.collect())
    }
}

impl<const N: usize> From<[(&str, &str, &str); N]> for Answers {
    /// Language, name and text.
    fn from(answers: [(&str, &str, &str); N]) -> Self {
        let mut by_language = BTreeMap::<_, BTreeMap<_, _>>::new();
        for (language, name, text) in answers {
            let of = by_language.entry(language.to_owned()).or_default();
            of.insert(name.to_owned(), text.to_owned());
        }
        Self(by_language)
    }
}

/// A text whose every `{…}` is a placeholder that can be filled.
fn filled_later(value: &Value) -> Result<String, Problem> {
    let text = value::text(value)?;
    let can_be_filled = |rest: &str| PLACEHOLDERS.iter().any(|known| rest.starts_with(known));
    if text.trim().is_empty() {
        return Err(Problem::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(Problem::LongerThan {
            limit: "4,000 characters",
        });
    }
    if !text.split('{').skip(1).all(can_be_filled) {
        return Err(Problem::UnknownPlaceholder {
            known: "{user}, {agent} and {bot}",
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_in_the_nearest_language_that_has_it() {
        let answers = Answers::from([
            ("en", "hello", "Hello {user}"),
            ("en", "bye", "Bye"),
            ("pt", "hello", "Olá {user}"),
            ("pt-br", "hello", "Oi {user}"),
        ]);
        let found = |language| {
            let found = answers.in_language(language);
            found.into_values().collect::<Vec<_>>().join("|")
        };
        assert_eq!(found("pt-BR"), "Bye|Oi {user}");
        assert_eq!(found("pt_PT"), "Bye|Olá {user}");
        assert_eq!(found("fr"), "Bye|Hello {user}");
        assert_eq!(found(""), "Bye|Hello {user}");
    }
}
