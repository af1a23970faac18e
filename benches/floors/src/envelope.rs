//! What the floors read of a message: as little as a server can that has to know who wrote and what.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Result;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<'a> {
    pub event: &'a str,
    pub session_id: &'a str,
    #[serde(borrow)]
    pub messages: Vec<Item<'a>>,
}

#[derive(Deserialize)]
pub struct Item<'a> {
    #[serde(borrow)]
    pub message: Message<'a>,
}

#[derive(Deserialize)]
pub struct Message<'a> {
    pub id: &'a str,
    /// As it stands there, quotes included.
    #[serde(borrow)]
    pub text: &'a RawValue,
}

impl<'a> Envelope<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self> {
        let envelope: Self = serde_json::from_slice(body)?;
        if envelope.event != "messages" {
            return Err("a floor takes messages and nothing else".into());
        }
        Ok(envelope)
    }
}
