//! `[texts.*]`: what the user is told, by language. What a language leaves out is said in English.

use std::collections::BTreeMap;

use config::Value;

use super::{fault::Problem, names::Language, section::Section, value};
use crate::domain::policy::{Notice, Texts};

/// With the keys of their texts.
pub(super) const NOTICES: [(&str, Notice); 9] = [
    ("handing_over", Notice::HandingOver),
    ("waiting", Notice::Waiting),
    ("joined", Notice::Joined),
    ("transferred", Notice::Transferred),
    ("away", Notice::Away),
    ("reconnecting", Notice::Reconnecting),
    ("nobody", Notice::Nobody),
    ("ended", Notice::Ended),
    ("ended_repeat", Notice::EndedRepeat),
];

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
    let texts = NOTICES
        .into_iter()
        .filter_map(|(key, notice)| Some((notice, section.optional(key, filled_later)?)));
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
