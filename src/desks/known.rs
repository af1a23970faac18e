//! What platform and bot tell of a user, looked through by name.

use serde_json::{Map, Value};

use crate::domain::delivery::Job;

/// In the order in which it is looked through: the platform's fields, then the bot's payload.
pub(super) struct Known<'a>(Vec<(&'a str, &'a Value)>);

/// What desks have a place for, as far as it is known.
pub(super) struct Details {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
}

impl<'a> Known<'a> {
    pub(super) fn of(job: &'a Job) -> Self {
        let fields = job.profile.user.fields.iter();
        let payload = job.handover.payload.as_ref().and_then(Value::as_object);
        let all = fields.chain(payload.into_iter().flat_map(Map::iter));
        Self(all.map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// What the profile names goes before what goes by such a name.
    pub(super) fn details(&mut self, job: &Job) -> Details {
        let user = &job.profile.user;
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

    /// What has not been taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.into_iter()
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
