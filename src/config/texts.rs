//! `[texts.*]`: what the user is told, by language. An empty text is not sent.

use std::collections::BTreeMap;

use config::Value;

use super::{
    fault::Problem,
    name::{Language, Malformed},
    section::Section,
    value,
};

/// The texts of every language. English is always there.
#[derive(Clone, Debug)]
pub struct Texts {
    pub english: LanguageTexts,
    /// The other languages; a text that one of them leaves out is the English one.
    pub others: BTreeMap<Language, LanguageTexts>,
}

/// The texts of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageTexts {
    pub handing_over: String,
    /// May hold `{position}`.
    pub waiting: String,
    /// May hold `{name}`.
    pub joined: String,
    pub transferred: String,
    pub away: String,
    pub reconnecting: String,
    pub nobody: String,
    pub ended: String,
    pub ended_repeat: String,
}

impl Texts {
    const ENGLISH: &'static str = "en";

    /// The texts of a language, of the language without its region, or nothing.
    pub fn of(&self, language: &Language) -> Option<&LanguageTexts> {
        if let Some(texts) = self.others.get(language) {
            return Some(texts);
        }
        match language.primary() {
            Self::ENGLISH => Some(&self.english),
            primary => primary
                .parse()
                .ok()
                .and_then(|primary: Language| self.others.get(&primary)),
        }
    }

    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let english = section
            .table(Self::ENGLISH)
            .and_then(|table| LanguageTexts::read(table, None))?;
        let mut others = BTreeMap::new();
        for (language, table) in section.into_tables() {
            match language.parse() {
                Ok(language) => {
                    others.extend(
                        LanguageTexts::read(table, Some(&english)).map(|texts| (language, texts)),
                    );
                }
                Err(Malformed) => table.fault_here(Problem::Expected(
                    "named by a language tag such as en or pt-br",
                )),
            }
        }
        Some(Self { english, others })
    }
}

impl LanguageTexts {
    /// `rest` speaks where this language has no text of its own.
    fn read(mut section: Section<'_>, rest: Option<&Self>) -> Option<Self> {
        let mut text = |key, known, of: fn(&Self) -> &String| {
            let own = section.has(key);
            match rest {
                Some(rest) if !own => Some(of(rest).clone()),
                _ => section.defaulted(key, |value| checked(value, known)),
            }
        };
        let handing_over = text("handing_over", &[], |texts| &texts.handing_over);
        let waiting = text("waiting", &["position"], |texts| &texts.waiting);
        let joined = text("joined", &["name"], |texts| &texts.joined);
        let transferred = text("transferred", &[], |texts| &texts.transferred);
        let away = text("away", &[], |texts| &texts.away);
        let reconnecting = text("reconnecting", &[], |texts| &texts.reconnecting);
        let nobody = text("nobody", &[], |texts| &texts.nobody);
        let ended = text("ended", &[], |texts| &texts.ended);
        let ended_repeat = text("ended_repeat", &[], |texts| &texts.ended_repeat);
        section.finish();
        Some(Self {
            handing_over: handing_over?,
            waiting: waiting?,
            joined: joined?,
            transferred: transferred?,
            away: away?,
            reconnecting: reconnecting?,
            nobody: nobody?,
            ended: ended?,
            ended_repeat: ended_repeat?,
        })
    }
}

/// A text whose every `{…}` is a placeholder that will be filled.
fn checked(value: &Value, known: &'static [&'static str]) -> Result<String, Problem> {
    let text = value::text(value)?;
    let all_known = text.split('{').skip(1).all(|rest| {
        rest.split_once('}')
            .is_some_and(|(placeholder, _)| known.contains(&placeholder))
    });
    if all_known {
        Ok(text)
    } else {
        Err(Problem::UnknownPlaceholder {
            known: known.first().copied(),
        })
    }
}
