//! How the words of the domain stand in columns.

use std::error::Error;

use serde::de::DeserializeOwned;
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};
use uuid::Uuid;

use super::fault::Fault;
use crate::{
    domain::{
        conversation::{Answer, Phase},
        delivery::Destination,
        ids::{
            BotName, ConversationId, DeliveryId, DeskName, ErasureId, HandoverId, LegId, MessageId,
            OperatorName,
        },
        message::Actor,
        time::Timestamp,
    },
    store::{DeliveryState, SessionId},
};

type Unreadable = Box<dyn Error + Sync + Send>;

/// A count as a column holds it; none of ours comes near the end of the range.
pub(super) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored; a negative one is a fault of the database and read as 0.
pub(super) fn count(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// What stands in a column as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Fault> {
    Ok(serde_json::from_str(row.try_get(column)?)?)
}

macro_rules! reads {
    ($($kind:ty, $stored:ty, $read:expr;)+) => {$(
        impl<'a> FromSql<'a> for $kind {
            fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Unreadable> {
                let read: fn($stored) -> Result<Self, Unreadable> = $read;
                read(<$stored>::from_sql(of, raw)?)
            }

            fn accepts(of: &Type) -> bool {
                <$stored>::accepts(of)
            }
        }
    )+};
}

reads! {
    ConversationId, Uuid, |id| Ok(Self::from_uuid(id));
    HandoverId, Uuid, |id| Ok(Self::from_uuid(id));
    LegId, Uuid, |id| Ok(Self::from_uuid(id));
    MessageId, Uuid, |id| Ok(Self::from_uuid(id));
    DeliveryId, Uuid, |id| Ok(Self::from_uuid(id));
    ErasureId, Uuid, |id| Ok(Self::from_uuid(id));
    BotName, String, |name| Ok(Self::new(name)?);
    DeskName, String, |name| Ok(Self::new(name)?);
    OperatorName, String, |name| Ok(Self::new(name)?);
    Timestamp, i64, |at| Ok(Self::from_millis(at));
    SessionId, Vec<u8>, |id| Ok(Self(id.try_into().map_err(|_| "not 32 bytes")?));
    Phase, String, |word| Ok(word_of(word).unwrap_or(Self::Unknown));
    Answer, String, word_of;
    Actor, String, word_of;
    DeliveryState, String, |word| {
        let states = [Self::Pending, Self::Retrying, Self::Delivered, Self::Dead, Self::Cancelled];
        let named = states.into_iter().find(|state| state.as_str() == word);
        named.ok_or_else(|| "not the state of a delivery".into())
    };
    Destination, String, |name| match name.split_once(':') {
        Some(("bot", name)) => Ok(Self::Bot(BotName::new(name)?)),
        Some(("desk", name)) => Ok(Self::Desk(DeskName::new(name)?)),
        _ => Err("not a destination".into()),
    };
}

/// A member of a closed list by its word.
fn word_of<T: DeserializeOwned>(word: String) -> Result<T, Unreadable> {
    Ok(serde_json::from_value(serde_json::Value::String(word))?)
}
