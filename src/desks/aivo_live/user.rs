//! Who the user is: the five documented fields, and everything else that is known as free data.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    config::Extra,
    desks::known::{Details, Known},
    domain::delivery::Job,
};

#[derive(Serialize)]
pub(super) struct User {
    hash: String,
    firstname: String,
    lastname: String,
    email: String,
    phone: String,
    extra: Value,
}

/// A value is shown up to here: it stands in a narrow column beside the conversation.
const LONGEST_VALUE: usize = 1000;
/// More of them come of a payload that was meant for a program.
const MOST_VALUES: usize = 50;
/// Where the transcript stands in the free data.
const TRANSCRIPT: &str = "transcript";

impl User {
    /// `transcript` is what was said before, in words.
    pub(super) fn of(job: &Job, hash: String, extra: Extra, transcript: Option<String>) -> Self {
        let mut known = Known::of(job);
        let Details {
            first_name,
            last_name,
            email,
            phone,
        } = known.details(job);
        let mut free = about(job);
        for (name, value) in known.rest() {
            free.insert(name.to_owned(), shown(value));
        }
        free.retain(|_, value| !value.is_null());
        let mut extra_values: Map<String, Value> = free.into_iter().take(MOST_VALUES).collect();
        if let Some(transcript) = transcript {
            extra_values.insert(TRANSCRIPT.to_owned(), transcript.into());
        }
        Self {
            hash,
            firstname: first_name.unwrap_or_default(),
            lastname: last_name.unwrap_or_default(),
            email: email.unwrap_or_default(),
            phone: phone.unwrap_or_default(),
            extra: written(extra_values, extra),
        }
    }
}

/// What the bridge itself can say. What platform or bot tell under the same name goes over it.
fn about(job: &Job) -> Map<String, Value> {
    let profile = &job.profile;
    let about = [
        ("bot", Some(job.key.bot.as_str())),
        ("channel", profile.channel.as_deref()),
        ("language", Some(job.handover.language.as_str())),
        ("session_id", Some(job.key.user.as_str())),
        ("user_id", profile.user.id.as_deref()),
    ];
    let about = about.into_iter();
    let mut about: Map<_, _> = about
        .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
        .collect();
    about.insert("handover_id".to_owned(), job.handover.id.to_string().into());
    if let Some(payload) = &job.handover.payload
        && !payload.is_object()
    {
        about.insert("payload".to_owned(), shown(payload));
    }
    about
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

fn written(values: Map<String, Value>, extra: Extra) -> Value {
    match extra {
        Extra::Object => Value::Object(values),
        Extra::List => values
            .into_iter()
            .map(|(name, value)| Value::Object(Map::from_iter([(name, value)])))
            .collect(),
    }
}
