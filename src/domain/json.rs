//! Reads a JSON object that somebody outside has sent. What goes wrong is told without quoting what was sent.

use serde::{Deserialize, de::IgnoredAny};

#[derive(Debug, thiserror::Error)]
pub enum NotAnObject {
    #[error("not JSON")]
    Syntax(#[source] serde_json::Error),
    /// JSON of another shape. The cause is not kept: it would quote the body.
    #[error("JSON of another shape")]
    Shape,
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
