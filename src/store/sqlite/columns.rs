//! How the words of the domain stand in columns.

use rusqlite::{
    Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, Value, ValueRef},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::fault::Fault;
pub(super) use crate::store::columns::{
    asked_desk, copied, count, integer, lane, lane_id, number, select_messages, transcript_columns,
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

/// What stands in a column as JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(Fault::from(error)))
    })
}

/// An id whose kind the query alone knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AnyId(pub(super) Uuid);

impl AnyId {
    pub(super) const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    pub(super) const fn as_uuid(self) -> Uuid {
        self.0
    }
}

macro_rules! ids {
    ($($id:ty),+ $(,)?) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Owned(Value::Blob(self.as_uuid().as_bytes().to_vec())))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::from_slice(value.as_blob()?).map(Self::from_uuid).map_err(FromSqlError::other)
            }
        }
    )+};
}

ids!(
    AnyId,
    ConversationId,
    HandoverId,
    LegId,
    MessageId,
    DeliveryId,
    ErasureId
);

macro_rules! names {
    ($($name:ty),+ $(,)?) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.as_str().as_bytes())))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::new(value.as_str()?).map_err(FromSqlError::other)
            }
        }
    )+};
}

names!(BotName, DeskName, ExternalId, OperatorName);

macro_rules! labels {
    ($($kind:ty),+ $(,)?) => {$(
        impl ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.label().as_bytes())))
            }
        }

        impl FromSql for $kind {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::from_label(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }
    )+};
}

labels!(
    Phase,
    Answer,
    Actor,
    PausedBecause,
    DeliveryState,
    Cause,
    WarningKind
);

impl ToSql for Reason {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(
            self.label().as_bytes(),
        )))
    }
}

impl FromSql for Reason {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::from)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_millis().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_millis)
    }
}

impl ToSql for TraceParent {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for TraceParent {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

impl ToSql for Fingerprint {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for Fingerprint {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Self)
    }
}

impl ToSql for SessionId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for SessionId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

impl ToSql for Destination {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Destination {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}
