//! How long an answer is waited for, and what becomes of a statement that nobody waits for any more.
//!
//! The server does not notice by itself that nobody listens: it would go on with what it does, and wait for locks, while the
//! pool has opened another connection in the place of this one. So it is told, unless a sender's message may be in it. Where
//! it is not told it ends by itself whatever is part of a transaction with a limit.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::mutant::at_most;

/// Long enough for a busy database, and short enough for a sender to be told 503 while it still listens.
const SENDER: Duration = Duration::from_millis(1800);
/// What is owed in an outage may be a million rows, and whoever watches it has to be told just then.
const READER: Duration = Duration::from_secs(5);
/// What looks at much of what is kept takes seconds.
const NOBODY: Duration = Duration::from_secs(30);
/// Then it goes on in vain until it wants to answer.
const TOLD_WITHIN: Duration = Duration::from_millis(1500);

/// Whose patience a statement spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Of somebody who sent something, or of what somebody sent: a step, and whatever a step may have to wait for.
    Sender,
    /// Of somebody who asks for counts or a list.
    Reader,
    /// Of upkeep and of erasure. Whoever asks for one of these says how long they wait, and drops the call.
    Nobody,
}

impl Patience {
    pub(super) fn span(self) -> Duration {
        at_most(match self {
            Self::Sender => SENDER,
            Self::Reader => READER,
            Self::Nobody => NOBODY,
        })
    }

    /// The same for the server, where a transaction is not begun with it.
    pub(super) const fn limit(self) -> Option<&'static str> {
        match self {
            Self::Sender => None,
            Self::Reader => Some("SET LOCAL statement_timeout = '5s'"),
            Self::Nobody => Some("SET LOCAL statement_timeout = '30s'"),
        }
    }
}

/// Has the server end what it does for this connection, which is good for nothing any more.
pub(super) fn call_off(object: Object, tls: Option<MakeRustlsConnect>) {
    // Its place in the pool is free at once.
    let client = Object::take(object);
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    runtime.spawn(async move {
        let token = client.cancel_token();
        let told = async {
            match tls {
                Some(tls) => token.cancel_query(tls).await,
                None => token.cancel_query(NoTls).await,
            }
        };
        // Nothing better can be done where the server cannot be reached.
        let _ = timeout(at_most(TOLD_WITHIN), told).await;
        // A pooler in between gives up what it was told of a client that is gone.
        drop(client);
    });
}
