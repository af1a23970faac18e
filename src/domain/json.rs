//! Reads a JSON object that somebody outside has sent. What goes wrong is told without quoting what was sent.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::ids::NotAnExternalId;

#[derive(Debug, thiserror::Error)]
pub enum NotAnObject {
    #[error("not JSON")]
    Syntax(#[source] serde_json::Error),
    /// JSON of another shape. The cause is not kept: it would quote the body.
    #[error("JSON of another shape")]
    Shape,
}

/// A call to a hook that cannot be taken. None of these quotes what came.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is not json")]
    NotJson(#[source] serde_json::Error),
    #[error("the body is not utf-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("{field} is missing or is not what it must be")]
    Contract { field: &'static str },
    #[error("{field} cannot be used as an id")]
    Id {
        field: &'static str,
        source: NotAnExternalId,
    },
}

impl From<NotAnObject> for HookError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::Syntax(fault) => Self::NotJson(fault),
            NotAnObject::Shape => Self::Contract { field: "the body" },
        }
    }
}

/// # Errors
/// The text is not JSON, or not an object with such fields. An array is none: serde would fill the fields by its order.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotAnObject> {
    if !text.trim_start().starts_with('{') {
        let array_or_scalar: Result<IgnoredAny, _> = serde_json::from_str(text);
        return Err(array_or_scalar.map_or_else(NotAnObject::Syntax, |_| NotAnObject::Shape));
    }
    serde_json::from_str(text).map_err(|fault| {
        if fault.is_data() {
            NotAnObject::Shape
        } else {
            NotAnObject::Syntax(fault)
        }
    })
}

/// A whole number, also where it is written as text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A text or a number, digit by digit.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
