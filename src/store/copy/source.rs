//! The side that is read: one file, as of one moment, by a thread that stays a few rows ahead.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::ValueRef,
};
use tokio::sync::mpsc;

use super::{
    CopyError,
    fields::Field,
    tables::{STORABLE, Table},
};
use crate::{
    domain::{conversation::Conversation, time::Timestamp},
    store::{
        columns::integer,
        postgres::{is_awaited, storable},
        sqlite::{AtRest, micros},
    },
};

/// As many rows wait for whoever takes them. A row may have some megabytes.
const AHEAD: usize = 16;

pub(super) struct Source(Arc<Mutex<AtRest>>);

/// The rows of a table, in order.
pub(super) struct Rows(mpsc::Receiver<Result<Read, CopyError>>);

enum Read {
    Row(Vec<Field>),
    /// Said, and not merely fallen silent.
    End,
}

impl Source {
    pub(super) fn open(path: &Path, now: Timestamp) -> Result<Self, CopyError> {
        if !path.is_file() {
            return Err(CopyError::NoSource {
                path: path.to_owned(),
            });
        }
        let at_rest = AtRest::open(path).map_err(CopyError::Source)?;
        teach(&at_rest.connection, now).map_err(CopyError::Unreadable)?;
        let as_of_now = at_rest.connection.execute_batch("BEGIN");
        as_of_now.map_err(CopyError::Unreadable)?;
        Ok(Self(Arc::new(Mutex::new(at_rest))))
    }

    pub(super) fn rows(&self, table: &'static Table) -> Rows {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let at_rest = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let at_rest = at_rest.lock().unwrap_or_else(PoisonError::into_inner);
            let end = read(&at_rest.connection, table, &sender);
            // Whoever wanted them may have gone.
            let _ = sender.blocking_send(end.map(|()| Read::End));
        });
        Rows(receiver)
    }
}

impl Rows {
    /// None: there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Field>>, CopyError> {
        match self.0.recv().await {
            Some(Ok(Read::Row(row))) => Ok(Some(row)),
            Some(Ok(Read::End)) => Ok(None),
            Some(Err(error)) => Err(error),
            None => Err(CopyError::Interrupted),
        }
    }
}

fn read(
    connection: &Connection,
    table: &'static Table,
    sender: &mpsc::Sender<Result<Read, CopyError>>,
) -> Result<(), CopyError> {
    let mut statement = connection
        .prepare(&table.of_file())
        .map_err(CopyError::Unreadable)?;
    let mut rows = statement.query([]).map_err(CopyError::Unreadable)?;
    while let Some(row) = rows.next().map_err(CopyError::Unreadable)? {
        let mut fields = Vec::with_capacity(table.columns.len());
        for (at, column) in table.columns.iter().enumerate() {
            let value = row.get_ref(at).map_err(CopyError::Unreadable)?;
            let unfit = || CopyError::Unfit {
                table: table.name,
                row: table.name_of(&fields),
                column: column.name,
            };
            fields.push(column.kind.of_file(value).ok_or_else(unfit)?);
        }
        if sender.blocking_send(Ok(Read::Row(fields))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The words in which `tables` asks for what no column of the file holds.
fn teach(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let revision = integer(micros(now));
    connection.create_scalar_function("handover_revision", 0, flags, move |_| Ok(revision))?;
    connection.create_scalar_function("handover_bytes", 1, flags, |called| {
        Ok(bytes(called.get_raw(0)))
    })?;
    connection.create_scalar_function("handover_desk", 1, flags, |called| {
        let state: Option<Conversation> = parsed(called)?;
        let desk = state.as_ref().and_then(Conversation::desk);
        Ok(desk.map(|desk| desk.as_str().to_owned()))
    })?;
    connection.create_scalar_function("handover_awaited", 1, flags, |called| {
        Ok(parsed(called)?.as_ref().is_some_and(is_awaited))
    })?;
    connection.create_collation(STORABLE, |one: &str, other: &str| {
        storable(one).cmp(&storable(other))
    })
}

/// What a newer version wrote is not known here, and is copied all the same.
fn parsed<T: serde::de::DeserializeOwned>(called: &Context<'_>) -> rusqlite::Result<Option<T>> {
    Ok(serde_json::from_str(called.get_raw(0).as_str()?).ok())
}

/// A value of `meta`: integers as PostgreSQL's `int8send` writes them.
fn bytes(value: ValueRef<'_>) -> Option<Vec<u8>> {
    Some(match value {
        ValueRef::Null => return None,
        ValueRef::Integer(integer) => integer.to_be_bytes().to_vec(),
        ValueRef::Real(real) => real.to_be_bytes().to_vec(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
    })
}
