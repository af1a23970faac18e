//! How the words of the domain stand in columns.

use std::error::Error;

use bytes::BytesMut;
use serde::de::DeserializeOwned;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};
use uuid::Uuid;

use super::fault::Fault;
pub(super) use crate::store::columns::{
    asked_desk, copied, count, integer, lane, lane_id, message_columns, number, select_messages,
    transcript_columns,
};
use crate::{
    domain::{
        conversation::{Answer, Phase},
        dedupe::Fingerprint,
        delivery::Destination,
        effect::{Cause, WarningKind},
        ids::{
            BotName, ConversationId, DeliveryId, DeskName, ErasureId, ExternalId, HandoverId,
            LegId, MessageId, OperatorName,
        },
        message::Actor,
        policy::PausedBecause,
        reason::Reason,
        time::Timestamp,
    },
    store::{DeliveryState, SessionId},
    telemetry::traces::TraceParent,
};

type Boxed = Box<dyn Error + Sync + Send>;

/// What is given to a statement, with its type, so that the database need not be asked for it first.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Id(Option<Uuid>),
    Bytes(Option<Vec<u8>>),
    Switch(Option<bool>),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Ids(Vec<Option<Uuid>>),
    Hashes(Vec<Option<Vec<u8>>>),
    Switches(Vec<Option<bool>>),
}

/// Values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::postgres::columns::Value::from($value)),*]
    };
}
pub(super) use values;

impl Value {
    pub(super) const fn kind(&self) -> Type {
        match self {
            Self::Integer(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Id(_) => Type::UUID,
            Self::Bytes(_) => Type::BYTEA,
            Self::Switch(_) => Type::BOOL,
            Self::Integers(_) => Type::INT8_ARRAY,
            Self::Texts(_) => Type::TEXT_ARRAY,
            Self::Ids(_) => Type::UUID_ARRAY,
            Self::Hashes(_) => Type::BYTEA_ARRAY,
            Self::Switches(_) => Type::BOOL_ARRAY,
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match self {
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Id(value) => value.to_sql(kind, out),
            Self::Bytes(value) => value.to_sql(kind, out),
            Self::Switch(value) => value.to_sql(kind, out),
            Self::Integers(values) => values.to_sql(kind, out),
            Self::Texts(values) => values.to_sql(kind, out),
            Self::Ids(values) => values.to_sql(kind, out),
            Self::Hashes(values) => values.to_sql(kind, out),
            Self::Switches(values) => values.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A text as a column can hold it: the database has no character 0. JSON writes that otherwise, and goes as it is.
pub(in crate::store) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// What stands in a column as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Fault> {
    Ok(serde_json::from_str(row.try_get(column)?)?)
}

macro_rules! plain {
    ($($kind:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::$variant(Some(value))
            }
        }

        impl From<Option<$kind>> for Value {
            fn from(value: Option<$kind>) -> Self {
                Self::$variant(value)
            }
        }
    )+};
}

plain! {
    i64 => Integer,
    Uuid => Id,
    Vec<u8> => Bytes,
    bool => Switch,
}

/// Everything that is made of one of these is bound as it is.
macro_rules! made_of {
    ($($kind:ty => $variant:ident by $make:expr),+ $(,)?) => {$(
        impl From<&$kind> for Value {
            fn from(value: &$kind) -> Self {
                let make: fn(&$kind) -> _ = $make;
                Self::$variant(Some(make(value)))
            }
        }

        impl From<Option<&$kind>> for Value {
            fn from(value: Option<&$kind>) -> Self {
                let make: fn(&$kind) -> _ = $make;
                Self::$variant(value.map(make))
            }
        }

        impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::from(&value)
            }
        }

        impl From<Option<$kind>> for Value {
            fn from(value: Option<$kind>) -> Self {
                Self::from(value.as_ref())
            }
        }
    )+};
}

made_of! {
    String => Text by |text| storable(text),
    BotName => Text by |name| name.as_str().to_owned(),
    DeskName => Text by |name| name.as_str().to_owned(),
    OperatorName => Text by |name| name.as_str().to_owned(),
    ExternalId => Text by |id| storable(id.as_str()),
    Destination => Text by ToString::to_string,
    Reason => Text by |reason| storable(reason.label()),
    TraceParent => Text by ToString::to_string,
    Phase => Text by |phase| phase.label().to_owned(),
    Answer => Text by |answer| answer.label().to_owned(),
    Actor => Text by |actor| actor.label().to_owned(),
    PausedBecause => Text by |because| because.label().to_owned(),
    DeliveryState => Text by |state| state.label().to_owned(),
    Cause => Text by |cause| cause.label().to_owned(),
    WarningKind => Text by |kind| kind.label().to_owned(),
    Timestamp => Integer by |at| at.as_millis(),
    Fingerprint => Bytes by |print| print.0.to_vec(),
    SessionId => Bytes by |id| id.0.to_vec(),
    [u8; 16] => Bytes by |hash| hash.to_vec(),
    ConversationId => Id by |id| id.as_uuid(),
    HandoverId => Id by |id| id.as_uuid(),
    LegId => Id by |id| id.as_uuid(),
    MessageId => Id by |id| id.as_uuid(),
    DeliveryId => Id by |id| id.as_uuid(),
    ErasureId => Id by |id| id.as_uuid(),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(storable(text)))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(storable))
    }
}

impl From<Vec<Uuid>> for Value {
    fn from(ids: Vec<Uuid>) -> Self {
        Self::Ids(ids.into_iter().map(Some).collect())
    }
}

impl From<Vec<i64>> for Value {
    fn from(values: Vec<i64>) -> Self {
        Self::Integers(values.into_iter().map(Some).collect())
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts.iter().map(|text| Some(storable(text))).collect())
    }
}

macro_rules! read_ids {
    ($($id:ty),+ $(,)?) => {$(
        impl<'a> FromSql<'a> for $id {
            fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
                Uuid::from_sql(kind, raw).map(Self::from_uuid)
            }

            accepts!(UUID);
        }
    )+};
}

read_ids!(
    ConversationId,
    HandoverId,
    LegId,
    MessageId,
    DeliveryId,
    ErasureId
);

fn unknown_word() -> Boxed {
    "a word that this version does not know".into()
}

macro_rules! read_texts {
    ($($name:ty => $read:expr),+ $(,)?) => {$(
        impl<'a> FromSql<'a> for $name {
            fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
                let read: fn(&str) -> Result<Self, Boxed> = $read;
                read(<&str>::from_sql(kind, raw)?)
            }

            accepts!(TEXT);
        }
    )+};
}

read_texts! {
    BotName => |text| Ok(Self::new(text)?),
    DeskName => |text| Ok(Self::new(text)?),
    ExternalId => |text| Ok(Self::new(text)?),
    OperatorName => |text| Ok(Self::new(text)?),
    TraceParent => |text| Ok(text.parse()?),
    Destination => |text| Ok(text.parse()?),
    Reason => |text| Ok(text.into()),
    Phase => |text| Self::from_label(text).ok_or_else(unknown_word),
    Answer => |text| Self::from_label(text).ok_or_else(unknown_word),
    Actor => |text| Self::from_label(text).ok_or_else(unknown_word),
    PausedBecause => |text| Self::from_label(text).ok_or_else(unknown_word),
    DeliveryState => |text| Self::from_label(text).ok_or_else(unknown_word),
}

impl<'a> FromSql<'a> for Timestamp {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        i64::from_sql(kind, raw).map(Self::from_millis)
    }

    accepts!(INT8);
}

macro_rules! read_hashes {
    ($($hash:ty),+ $(,)?) => {$(
        impl<'a> FromSql<'a> for $hash {
            fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
                Ok(Self(<&[u8]>::from_sql(kind, raw)?.try_into()?))
            }

            accepts!(BYTEA);
        }
    )+};
}

read_hashes!(Fingerprint, SessionId);
