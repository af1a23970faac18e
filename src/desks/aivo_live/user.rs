//! Who the user is: the five documented fields, and everything else that is known as free data.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    config::Extra,
    desks::known::{Details, Known},
    domain::delivery::About,
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

/// Where the transcript stands in the free data.
const TRANSCRIPT: &str = "transcript";

impl User {
    /// `transcript` is what was said before, in words.
    pub(super) fn of(
        about: &About,
        hash: String,
        extra: Extra,
        transcript: Option<String>,
    ) -> Self {
        let mut known = Known::of(about);
        let Details {
            first_name,
            last_name,
            email,
            phone,
        } = known.details(about);
        let mut extra_values = known.into_free(about);
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

fn written(values: Map<String, Value>, extra: Extra) -> Value {
    match extra {
        Extra::Object => Value::Object(values),
        Extra::List => values
            .into_iter()
            .map(|(name, value)| Value::Object(Map::from_iter([(name, value)])))
            .collect(),
    }
}
