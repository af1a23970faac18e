//! The way to the database: a pool that mends itself, statements that need no name, and transactions that are sent in
//! one go. Whoever takes it says whose patience it spends: a sender's, unless it is taken by [`Database::spending`].
//!
//! Nothing is prepared under a name, since a pooler in front of the database may hand each transaction to another of
//! its connections. Nothing is held across a round trip: what is to be written goes out whole, as one statement or
//! together with its BEGIN and its COMMIT, so a process that freezes holds nobody up.

use std::{future::Future, pin::Pin, task::Poll};

use deadpool_postgres::{Object, Pool};
use tokio::time::{error::Elapsed, timeout};
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    columns::Value,
    fault::Fault,
    patience::{self, Patience},
};

/// A connection of the pool may have been cut since it was used last; the next one may have been cut with it.
const READ_TRIES: usize = 3;
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

#[derive(Clone)]
pub(super) struct Database {
    pool: Pool,
    /// By which the server is told to end a statement.
    tls: Option<MakeRustlsConnect>,
    begin: Begin,
    patience: Patience,
}

/// How a transaction that writes is begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin {
    pub(super) sql: &'static str,
    /// One statement may be a transaction without it.
    pub(super) only_for_several: bool,
}

/// A connection that is in use. Broken, it does not go back to the pool.
pub(super) struct Connection {
    object: Option<Object>,
    /// An answer is still to come.
    waits: bool,
    tls: Option<MakeRustlsConnect>,
    begin: Begin,
    patience: Patience,
}

/// A statement with its values.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    sql: &'static str,
    values: Vec<Value>,
}

/// What the statements of a flight gave, in their order.
type Answers = Vec<Result<Vec<Row>, tokio_postgres::Error>>;
/// What one of them gave.
type Given<'f> = Pin<Box<dyn Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + Send + 'f>>;

impl Database {
    /// For senders.
    pub(super) fn new(pool: Pool, tls: Option<MakeRustlsConnect>, begin: Begin) -> Self {
        Self {
            pool,
            tls,
            begin,
            patience: Patience::Sender,
        }
    }

    pub(super) fn beginning(self, begin: Begin) -> Self {
        Self { begin, ..self }
    }

    /// For what no sender waits for.
    pub(super) fn spending(&self, patience: Patience) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    pub(super) async fn connection(&self) -> Result<Connection, Fault> {
        if self.pool.is_closed() {
            return Err(Fault::Closed);
        }
        match self.pool.get().await {
            Ok(object) => Ok(Connection {
                object: Some(object),
                waits: false,
                tls: self.tls.clone(),
                begin: self.begin,
                patience: self.patience,
            }),
            Err(_) if self.pool.is_closed() => Err(Fault::Closed),
            Err(error) => Err(Fault::Away(Box::new(error))),
        }
    }

    /// Reads what is committed.
    pub(super) async fn rows(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        let statement = Statement::new(sql, values);
        Ok(self.read(&statement).await?.1)
    }

    pub(super) async fn row(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, Fault> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Writes one statement, which is a transaction of its own. Says how many rows it changed or gave.
    pub(super) async fn write(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        let mut connection = self.connection().await?;
        connection.rows(&Statement::new(sql, values)).await
    }

    /// A first read of several, and the connection by which to go on.
    pub(super) async fn read(
        &self,
        statement: &Statement,
    ) -> Result<(Connection, Vec<Row>), Fault> {
        let (connection, mut answers) = self.snapshot(std::slice::from_ref(statement)).await?;
        Ok((connection, answers.pop().unwrap_or_default()))
    }

    /// The same with several statements. It finds out whether the connection is good: what has only been read may be
    /// read again.
    pub(super) async fn snapshot(
        &self,
        statements: &[Statement],
    ) -> Result<(Connection, Vec<Vec<Row>>), Fault> {
        let mut tries = 1;
        loop {
            let mut connection = self.connection().await?;
            match connection.snapshot(statements).await {
                Ok(rows) => return Ok((connection, rows)),
                Err(fault) if fault.is_worth_another_connection() && tries < READ_TRIES => {
                    tries += 1;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// What is in use comes back when it is done; nothing more is handed out.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

impl Connection {
    /// One statement, which is a transaction of its own.
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<Row>, Fault> {
        let statements = std::slice::from_ref(statement);
        let mut given = match self.patience.limit() {
            None => self.many(statements).await?,
            // The limit is the transaction's.
            Some(_) => self.in_one_go(self.begin.sql, statements).await?,
        };
        Ok(given.pop().unwrap_or_default())
    }

    /// Reads as of one moment, in one round trip.
    pub(super) async fn snapshot(
        &mut self,
        statements: &[Statement],
    ) -> Result<Vec<Vec<Row>>, Fault> {
        match statements {
            [one] => Ok(vec![self.rows(one).await?]),
            several => self.in_one_go(READ, several).await,
        }
    }

    /// Several statements in one round trip, each a transaction of its own.
    pub(super) async fn many(&mut self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, Fault> {
        self.waits = true;
        let answers = {
            let client = self.client()?;
            let sent = statements
                .iter()
                .map(|statement| -> Given<'_> { Box::pin(statement.run(client)) });
            timeout(self.patience.span(), in_order(sent.collect())).await
        };
        self.heed(answers)
    }

    /// A transaction, sent in one go. All of it is done, or nothing.
    pub(super) async fn transact(
        &mut self,
        statements: &[Statement],
    ) -> Result<Vec<Vec<Row>>, Fault> {
        match statements {
            // It begins when all of it has come: whoever freezes while sending it holds nobody up.
            [one] if self.begin.only_for_several => Ok(vec![self.rows(one).await?]),
            several => self.in_one_go(self.begin.sql, several).await,
        }
    }

    async fn in_one_go(
        &mut self,
        begin: &'static str,
        statements: &[Statement],
    ) -> Result<Vec<Vec<Row>>, Fault> {
        self.waits = true;
        let answers = {
            let client = self.client()?;
            let mut sent: Vec<Given<'_>> = Vec::with_capacity(statements.len() + 3);
            sent.push(simple(client, begin));
            if let Some(limit) = self.patience.limit() {
                sent.push(simple(client, limit));
            }
            for statement in statements {
                sent.push(Box::pin(statement.run(client)));
            }
            sent.push(simple(client, "COMMIT"));
            timeout(self.patience.span(), in_order(sent)).await
        };
        let mut given = self.heed(answers)?;
        given.pop();
        let before = given.len().saturating_sub(statements.len());
        Ok(given.split_off(before))
    }

    fn client(&self) -> Result<&Client, Fault> {
        match &self.object {
            Some(object) => Ok(object),
            None => Err(Fault::Closed),
        }
    }

    /// What was given in time. A connection that broke, or that still owes an answer, is let go; with it, where the server is
    /// out of service, all that nobody uses just now.
    fn heed(&mut self, answers: Result<Answers, Elapsed>) -> Result<Vec<Vec<Row>>, Fault> {
        let Ok(answers) = answers else {
            self.let_go();
            return Err(Fault::Late);
        };
        self.waits = false;
        let given = first_fault(answers);
        if let Err(fault) = &given
            && fault.breaks_connection()
            && let Some(object) = self.object.take()
        {
            let pool = Object::pool(&object).filter(|_| fault.is_out_of_service());
            drop(Object::take(object));
            if let Some(pool) = pool {
                pool.retain(|_, _| false);
            }
        }
        given
    }

    /// What a sender waits for may be a commit that waits for a standby. Called off, it would be kept by this server alone, and
    /// its repeat acknowledged: it is left to itself.
    fn let_go(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        if self.patience == Patience::Sender {
            drop(Object::take(object));
        } else {
            patience::call_off(object, self.tls.take());
        }
    }
}

/// Whoever waited for an answer may have gone. What a sender waits for is over in a moment, and the next one is given the
/// connection; behind anything else they would wait for too long.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.waits && self.patience != Patience::Sender {
            self.let_go();
        }
    }
}

impl Statement {
    pub(super) const fn new(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values }
    }

    async fn run(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        let values: Vec<(&(dyn ToSql + Sync), Type)> = self
            .values
            .iter()
            .map(|value| -> (&(dyn ToSql + Sync), Type) { (value, value.kind()) })
            .collect();
        client.query_typed(self.sql, &values).await
    }
}

fn simple<'f>(client: &'f Client, sql: &'static str) -> Given<'f> {
    Box::pin(async move {
        client.batch_execute(sql).await?;
        Ok(Vec::new())
    })
}

/// Sends them in their order, without waiting for one's answer before the next one goes out.
async fn in_order(mut given: Vec<Given<'_>>) -> Answers {
    let mut answers: Vec<Option<_>> = given.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waits = false;
        for (answer, given) in answers.iter_mut().zip(&mut given) {
            if answer.is_none() {
                match given.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => waits = true,
                }
            }
        }
        if waits {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// All of what was given, or the fault from which the others follow.
fn first_fault(answers: Answers) -> Result<Vec<Vec<Row>>, Fault> {
    let mut given = Vec::with_capacity(answers.len());
    let mut consequence = None;
    for answer in answers {
        match answer.map_err(Fault::from) {
            Ok(rows) => given.push(rows),
            Err(fault) if fault.is_consequence() => consequence = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    consequence.map_or(Ok(given), Err)
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}
