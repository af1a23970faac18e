//! A JSON value whose strings lie in the text that it was read from. Most of what a platform sends is looked at once, so
//! nothing is copied for it; what is kept becomes a [`Value`].

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

#[derive(Clone, Debug)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    List(Vec<Self>),
    /// Its members in their order. Where a name stands twice, the last counts.
    Object(Vec<(Cow<'t, str>, Self)>),
}

impl<'t> Json<'t> {
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let found = self.members().iter().rfind(|(member, _)| member == name);
        found.map(|(_, value)| value)
    }

    pub(super) fn into_member(self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let found = members.into_iter().rfind(|(member, _)| member == name);
        found.map(|(_, value)| value)
    }

    /// None for what is no object.
    pub(super) fn members(&self) -> &[(Cow<'t, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    pub(super) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }
}

impl From<&Json<'_>> for Value {
    fn from(json: &Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(is) => Self::Bool(*is),
            Json::Number(number) => Self::Number(number.clone()),
            Json::Text(text) => Self::from(text.as_ref()),
            Json::List(values) => values.iter().map(Self::from).collect(),
            Json::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, value)| (name.as_ref(), value))
                    .collect()
            }
        }
    }
}

impl<'t, 'de: 't> Deserialize<'de> for Json<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// The name of a member. A `Cow` alone would be read as one that owns its text.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = object.next_entry()? {
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_a_value_of_the_same_text_is() {
        for text in [
            "null",
            "[true, -1, 18446744073709551615, 1.5, 1e300]",
            r#"{"z": "a\u0020b", "\u0061": {"x": [[], {}]}, "b": "ü"}"#,
            r#"{"a": 1, "b": 2, "a": {"c": null}}"#,
        ] {
            let json: Json<'_> = serde_json::from_str(text).unwrap();
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Value::from(&json).to_string(), value.to_string());
            for (name, member) in value.as_object().into_iter().flatten() {
                assert_eq!(&Value::from(json.get(name).unwrap()), member);
                assert_eq!(
                    &Value::from(&json.clone().into_member(name).unwrap()),
                    member
                );
            }
        }
        for text in ["", "1e400", r#""\ud800""#, "[1,]", r#"{"a"}"#] {
            assert!(serde_json::from_str::<Json<'_>>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_string_without_escapes_is_not_copied() {
        let json: Json<'_> = serde_json::from_str(r#"{"name": ["text"]}"#).unwrap();
        let [(name, Json::List(values))] = json.members() else {
            panic!("one list")
        };
        assert!(matches!(name, Cow::Borrowed("name")));
        assert!(matches!(values[..], [Json::Text(Cow::Borrowed("text"))]));
    }
}
