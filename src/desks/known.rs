//! What platform and bot tell of a user, looked through by name.

use serde_json::{Map, Value};

use crate::domain::delivery::About;

/// In the order in which it is looked through: the platform's fields, then the bot's payload.
pub(super) struct Known<'a>(Vec<(&'a str, &'a Value)>);

/// What desks have a place for, as far as it is known.
pub(super) struct Details {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
}

/// A value is shown up to here: it stands in a narrow column, or among others.
const LONGEST_VALUE: usize = 1000;
/// More of them come of a payload that was meant for a program.
const MOST_VALUES: usize = 50;

impl<'a> Known<'a> {
    pub(super) fn of(about: &'a About) -> Self {
        let fields = about.profile.user.fields.iter();
        let payload = about.handover.payload.as_ref().and_then(Value::as_object);
        let all = fields.chain(payload.into_iter().flat_map(Map::iter));
        Self(all.map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// What the profile names goes before what goes by such a name.
    pub(super) fn details(&mut self, about: &About) -> Details {
        let user = &about.profile.user;
        let mut one = |told: Option<&String>, names: &[&str]| {
            let found = self.take(names);
            told.cloned().or(found)
        };
        Details {
            first_name: one(user.first_name.as_ref(), &["firstname", "name"]),
            last_name: one(user.last_name.as_ref(), &["lastname", "surname"]),
            email: one(None, &["email", "mail"]),
            phone: one(None, &["phone", "phonenumber", "mobile"]),
        }
    }

    /// What the bridge itself can say, and what has not been taken, which goes over that under the same name. No more than
    /// an agent would read.
    pub(super) fn into_free(self, about: &About) -> Map<String, Value> {
        let mut free = told_by_bridge(about);
        for (name, value) in self.0 {
            free.insert(name.to_owned(), shown(value));
        }
        free.retain(|_, value| !value.is_null());
        free.into_iter().take(MOST_VALUES).collect()
    }

    /// The first text or number under one of the names, whatever their case and dashes. It is not told a second time.
    fn take(&mut self, names: &[&str]) -> Option<String> {
        let at = names.iter().find_map(|wanted| {
            let mut known = self.0.iter();
            known.position(|(name, value)| plain(name) == *wanted && text(value).is_some())
        })?;
        let (_, value) = self.0.remove(at);
        text(value)
    }
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.collect::<String>().to_lowercase()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn told_by_bridge(about: &About) -> Map<String, Value> {
    let profile = &about.profile;
    let told = [
        ("bot", Some(about.key.bot.as_str())),
        ("channel", profile.channel.as_deref()),
        ("version", profile.version.as_deref()),
        ("language", Some(about.handover.language.as_str())),
        ("session_id", Some(about.key.user.as_str())),
        ("user_id", profile.user.id.as_deref()),
    ];
    let told = told.into_iter();
    let mut told: Map<_, _> = told
        .filter_map(|(name, value)| Some((name.to_owned(), shown(&value?.into()))))
        .collect();
    told.insert(
        "handover_id".to_owned(),
        about.handover.id.to_string().into(),
    );
    if let Some(payload) = &about.handover.payload
        && !payload.is_object()
    {
        told.insert("payload".to_owned(), shown(payload));
    }
    told
}

/// Numbers and switches as they are; what has parts as the text of its JSON.
fn shown(value: &Value) -> Value {
    let short = |text: String| match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => short(text.clone()).into(),
        Value::Array(_) | Value::Object(_) => short(value.to_string()).into(),
    }
}
