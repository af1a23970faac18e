//! `[texts.*]`: what the user is told, by language. What a language leaves out is said in English.

use std::collections::BTreeMap;

use config::Value;

use super::{fault::Problem, names::Language, section::Section, value};
use crate::domain::policy::{Notice, Texts};

pub(super) fn read(section: Section<'_>) -> Texts {
    let mut texts = BTreeMap::new();
    for (language, table) in section.into_tables() {
        match language.parse::<Language>() {
            Ok(language) => {
                texts.insert(language.to_string(), read_language(table));
            }
            Err(_) => table.fault_here(Problem::Expected(
                "named by a language tag such as en or pt-br",
            )),
        }
    }
    Texts(texts)
}

fn read_language(mut section: Section<'_>) -> BTreeMap<Notice, String> {
    let texts = Notice::ALL.into_iter().filter_map(|notice| {
        let text = section.optional(notice.label(), filled_later)?;
        Some((notice, text))
    });
    let texts = texts.collect();
    section.finish();
    texts
}

/// A text whose every `{…}` is a placeholder that can be filled.
fn filled_later(value: &Value) -> Result<String, Problem> {
    let text = value::text(value)?;
    let can_be_filled = |rest: &str| rest.starts_with("name}") || rest.starts_with("position}");
    if text.split('{').skip(1).all(can_be_filled) {
        Ok(text)
    } else {
        Err(Problem::UnknownPlaceholder {
            known: "{name} and {position}",
        })
    }
}
