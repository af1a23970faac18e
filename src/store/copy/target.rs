//! The side that is written: a database that holds nothing yet, and that nobody else looks at until all of it is there.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use secrecy::SecretString;
use tokio::time::timeout;
use tokio_postgres::{Client, Transaction, binary_copy::BinaryCopyInWriter, types::Type};

use super::{
    CopyError, Difference,
    fields::Field,
    source::Rows,
    tables::{self, NUMBER, Table},
};
use crate::{
    domain::time::Timestamp,
    store::postgres::{self, APPLICATION, Driven},
};

/// It takes as long as it takes, but for others who hold a table.
const BEGIN: &str = "SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '10s'";
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Target {
    client: Client,
    driven: Driven,
}

/// Everything or nothing.
pub(super) struct Writing<'t>(Transaction<'t>);

impl Target {
    /// Its tables are brought up to date, or made.
    pub(super) async fn open(
        url: &SecretString,
        password: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Self, CopyError> {
        let connected = postgres::alone(url, password).await;
        let (mut client, driven) = connected.map_err(CopyError::Target)?;
        nobody_works(&client).await?;
        postgres::migrate(&mut client, true, now)
            .await
            .map_err(CopyError::Target)?;
        Ok(Self { client, driven })
    }

    /// From here on nobody else reads or writes a row, until the copy is there or has been given up.
    pub(super) async fn begin(&mut self) -> Result<Writing<'_>, CopyError> {
        let transaction = self.client.transaction().await.map_err(refused)?;
        transaction.batch_execute(BEGIN).await.map_err(refused)?;
        let names = tables::ALL.iter().map(|table| table.name);
        let names: Vec<&str> = names.chain(["changes", "migrations", "replicas"]).collect();
        let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", "));
        transaction.batch_execute(&lock).await.map_err(refused)?;
        nobody_works(transaction.client()).await?;
        for table in tables::ALL.iter().filter(|table| table.name != "meta") {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
            let found = transaction.query_typed(&sql, &[]).await.map_err(refused)?;
            if !found.is_empty() {
                return Err(CopyError::NotEmpty { table: table.name });
            }
        }
        // The secret of the keys comes with the keys.
        let own = transaction.batch_execute("DELETE FROM meta").await;
        own.map_err(refused)?;
        Ok(Writing(transaction))
    }

    /// Waits until the database has been told, so that nobody finds a table still locked.
    pub(super) async fn close(self) {
        drop(self.client);
        // If it cannot be told, it finds out by itself.
        let _ = timeout(CLOSE_WITHIN, self.driven).await;
    }
}

impl Writing<'_> {
    pub(super) async fn write(&self, table: &Table, mut rows: Rows) -> Result<u64, CopyError> {
        let sink = self.0.copy_in::<_, Bytes>(&table.for_database()).await;
        let types: Vec<Type> = table
            .columns
            .iter()
            .map(|column| column.kind.of_postgres())
            .collect();
        let mut writer = pin!(BinaryCopyInWriter::new(sink.map_err(refused)?, &types));
        while let Some(row) = rows.next().await? {
            writer.as_mut().write_raw(&row).await.map_err(refused)?;
        }
        let written = writer.finish().await.map_err(refused)?;
        if table.is_numbered() {
            self.go_on_numbering(table).await?;
        }
        Ok(written)
    }

    /// Holds every row against the file's.
    pub(super) async fn compare(&self, table: &Table, mut rows: Rows) -> Result<u64, CopyError> {
        let nothing = Vec::<(i64, Type)>::new();
        let sql = table.of_database();
        let read = self.0.query_typed_raw(&sql, nothing).await;
        let mut read = pin!(read.map_err(refused)?);
        let mut equal = 0;
        loop {
            let wanted = rows.next().await?;
            let found = match read.try_next().await.map_err(refused)? {
                Some(row) => Some(fields(table, &row).map_err(refused)?),
                None => None,
            };
            let (row, difference) = match (wanted, found) {
                (None, None) => return Ok(equal),
                (Some(wanted), Some(found)) if wanted == found => {
                    equal += 1;
                    continue;
                }
                (Some(wanted), Some(found)) => {
                    let row = table.name_of(&wanted);
                    let is_other = row != table.name_of(&found);
                    let difference = if is_other {
                        Difference::Missing
                    } else {
                        differs(table, &wanted, &found)
                    };
                    (row, difference)
                }
                (Some(wanted), None) => (table.name_of(&wanted), Difference::Missing),
                (None, Some(found)) => (table.name_of(&found), Difference::Strange),
            };
            return Err(CopyError::Unequal {
                table: table.name,
                row,
                difference,
            });
        }
    }

    /// What plans statements knows how much there is.
    pub(super) async fn analyze(&self) -> Result<(), CopyError> {
        for table in &tables::ALL {
            let sql = format!("ANALYZE {}", table.name);
            self.0.batch_execute(&sql).await.map_err(refused)?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), CopyError> {
        self.0.commit().await.map_err(|error| {
            if error.code().is_some() {
                refused(error)
            } else {
                CopyError::Uncertain(Box::new(error))
            }
        })
    }

    /// The next number is one that no row has.
    async fn go_on_numbering(&self, table: &Table) -> Result<(), CopyError> {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{NUMBER}'), coalesce(max({NUMBER}), 1), count(*) > 0) \
             FROM {name}",
            name = table.name
        );
        self.0.batch_execute(&sql).await.map_err(refused)
    }
}

async fn nobody_works(client: &Client) -> Result<(), CopyError> {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND pid <> pg_backend_pid() AND application_name = '{APPLICATION}'"
    );
    let rows = client.query_typed(&sql, &[]).await.map_err(refused)?;
    let connections = match rows.first() {
        Some(row) => row.try_get(0).map_err(refused)?,
        None => 0,
    };
    match connections {
        0 => Ok(()),
        connections => Err(CopyError::InUse { connections }),
    }
}

fn fields(table: &Table, row: &tokio_postgres::Row) -> Result<Vec<Field>, tokio_postgres::Error> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| column.kind.of_database(row, at))
        .collect()
}

fn differs(table: &Table, wanted: &[Field], found: &[Field]) -> Difference {
    let mut both = wanted.iter().zip(found).zip(table.columns);
    let column = both.find(|((wanted, found), _)| wanted != found);
    column.map_or(Difference::Missing, |(_, column)| {
        Difference::Value(column.name)
    })
}

/// Without the detail, which may quote what is stored.
fn refused(error: tokio_postgres::Error) -> CopyError {
    match error.as_db_error() {
        Some(said) => CopyError::Refused {
            message: said.message().to_owned(),
            code: said.code().code().to_owned(),
        },
        None => CopyError::Broken(Box::new(error)),
    }
}
