//! A value of a row, the same whichever database it was read from.

use std::{error::Error, fmt};

use bytes::BytesMut;
use rusqlite::types::ValueRef;
use tokio_postgres::{
    Row,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use uuid::Uuid;

use crate::store::postgres::storable;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Text,
    Id,
    Bytes,
    Switch,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Nothing,
    Integer(i64),
    /// As PostgreSQL holds it: without a character 0.
    Text(String),
    Id(Uuid),
    Bytes(Vec<u8>),
    Switch(bool),
}

impl Kind {
    pub(super) const fn of_postgres(self) -> Type {
        match self {
            Self::Integer => Type::INT8,
            Self::Text => Type::TEXT,
            Self::Id => Type::UUID,
            Self::Bytes => Type::BYTEA,
            Self::Switch => Type::BOOL,
        }
    }

    /// None: it is not what the column is for.
    pub(super) fn of_file(self, value: ValueRef<'_>) -> Option<Field> {
        Some(match (self, value) {
            (_, ValueRef::Null) => Field::Nothing,
            (Self::Integer, ValueRef::Integer(integer)) => Field::Integer(integer),
            (Self::Switch, ValueRef::Integer(switch @ (0 | 1))) => Field::Switch(switch == 1),
            (Self::Text, ValueRef::Text(text)) => {
                Field::Text(storable(std::str::from_utf8(text).ok()?))
            }
            (Self::Id, ValueRef::Blob(id)) => Field::Id(Uuid::from_slice(id).ok()?),
            (Self::Bytes, ValueRef::Blob(bytes)) => Field::Bytes(bytes.to_vec()),
            _ => return None,
        })
    }

    pub(super) fn of_database(self, row: &Row, at: usize) -> Result<Field, tokio_postgres::Error> {
        let field = match self {
            Self::Integer => row.try_get::<_, Option<_>>(at)?.map(Field::Integer),
            Self::Text => row.try_get::<_, Option<_>>(at)?.map(Field::Text),
            Self::Id => row.try_get::<_, Option<_>>(at)?.map(Field::Id),
            Self::Bytes => row.try_get::<_, Option<_>>(at)?.map(Field::Bytes),
            Self::Switch => row.try_get::<_, Option<_>>(at)?.map(Field::Switch),
        };
        Ok(field.unwrap_or(Field::Nothing))
    }
}

impl ToSql for Field {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Nothing => Ok(IsNull::Yes),
            Self::Integer(integer) => integer.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Id(id) => id.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Switch(switch) => switch.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// As an operator reads it, to find the row.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Integer(integer) => integer.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Id(id) => id.fmt(f),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Switch(switch) => switch.fmt(f),
        }
    }
}
