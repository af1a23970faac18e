//! What a replica does unasked: it renews its leases, looks each second whether anything has become due, tells the
//! others where it may be worth looking, and listens to them.

use std::{future::poll_fn, mem, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::{
    background::Background,
    columns::values,
    connect::Way,
    fault::Fault,
    hints::{self, Hint},
    lanes, replicas,
    work::Ground,
};

/// Three times a lease, so that one that fails costs nothing.
const RENEW_EACH: Duration = Duration::from_secs(5);
/// The truth, if every hint is lost.
const LOOK_EACH: Duration = Duration::from_secs(1);
/// So often others are told at most.
const TELL_EACH: Duration = Duration::from_millis(20);
/// A listener whose connection was cut comes again after this.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
const CHANNEL: &str = "handover_bridge";
/// The commit of a notice need not be on the disk: after a crash nobody listens who could have missed it.
const TELL: &str = "SELECT set_config('synchronous_commit', 'off', TRUE), pg_notify($1, $2)";

pub(super) fn start(ground: &Arc<Ground>, background: &Background, listen: Option<Way>) {
    let run = |task: TaskOf| {
        background.run(task.run(Arc::clone(ground)));
    };
    run(TaskOf::Renewing);
    run(TaskOf::Dropped);
    run(TaskOf::Looking);
    if let Some(way) = listen {
        run(TaskOf::Telling);
        run(TaskOf::Listening(Box::new(way)));
    }
}

enum TaskOf {
    Renewing,
    Dropped,
    Looking,
    Telling,
    Listening(Box<Way>),
}

impl TaskOf {
    async fn run(self, ground: Arc<Ground>) {
        match self {
            Self::Renewing => renewing(&ground).await,
            Self::Dropped => giving_back(&ground).await,
            Self::Looking => looking(&ground).await,
            Self::Telling => telling(&ground).await,
            Self::Listening(way) => listening(&ground, &way).await,
        }
    }
}

async fn renewing(ground: &Ground) {
    let mut tick = interval(RENEW_EACH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // Tried again at the next tick, and once more before the lease is over.
        if let Err(fault) = lanes::renew(ground).await {
            tracing::debug!(error = %fault, "leases could not be renewed");
        }
        if let Err(fault) = lanes::shorten(ground).await {
            tracing::debug!(error = %fault, "leases could not be looked at");
        }
        if let Err(fault) = lanes::sweep(ground).await {
            tracing::debug!(error = %fault, "lanes could not be taken away");
        }
    }
}

async fn giving_back(ground: &Ground) {
    loop {
        ground.leases.dropped.notified().await;
        while lanes::give_back_dropped(ground).await.is_err() {
            sleep(LOOK_EACH).await;
        }
    }
}

/// Rings for whatever is due and nobody holds.
async fn looking(ground: &Ground) {
    let mut tick = interval(LOOK_EACH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(fault) = look(ground).await {
            tracing::debug!(error = %fault, "the store could not be looked at");
        }
    }
}

async fn look(ground: &Ground) -> Result<(), Fault> {
    // From one destination to the next by their index: of each it is looked until the first lane that is due.
    let sql = "WITH RECURSIVE d (destination) AS ((SELECT destination FROM lanes WHERE due_at IS NOT NULL \
                ORDER BY destination LIMIT 1) UNION ALL SELECT (SELECT l.destination FROM lanes l \
                WHERE l.due_at IS NOT NULL AND l.destination > d.destination ORDER BY l.destination LIMIT 1) \
                FROM d WHERE d.destination IS NOT NULL) \
               SELECT destination, FALSE FROM d WHERE EXISTS (SELECT 1 FROM lanes l WHERE l.destination = d.destination \
                AND l.due_at <= $1 AND (l.owner IS NULL OR l.leased_until <= handover_clock())) \
               UNION ALL (SELECT NULL, FALSE FROM conversations WHERE wake_at <= $1 AND bot = ANY($2) LIMIT 1) \
               UNION ALL (SELECT NULL, TRUE FROM erasures WHERE finished_at IS NULL LIMIT 1)";
    let values = values![ground.clock.now(), replicas::bots(&ground.policy)];
    for row in ground.database.rows(sql, values).await? {
        ground.memory.heard(&match row.try_get(0)? {
            Some(destination) => Hint::Due(destination),
            None if row.try_get(1)? => Hint::Erasing,
            None => Hint::Timer,
        });
    }
    ground.memory.heard(&Hint::Changed);
    Ok(())
}

/// Outside the steps that it tells of, since the database lets one transaction with a notice commit after another.
async fn telling(ground: &Ground) {
    loop {
        ground.memory.hinting.notified().await;
        sleep(TELL_EACH).await;
        let notice = hints::notice(ground.leases.owner, ground.memory.take_hints());
        // What is not told is found by looking.
        drop(ground.database.write(TELL, values![CHANNEL, notice]).await);
    }
}

async fn listening(ground: &Ground, way: &Way) {
    let mut failing = false;
    loop {
        let begun = || {
            if mem::take(&mut failing) {
                tracing::info!("the database is listened to again");
            }
        };
        if let Err(fault) = listen(ground, way, begun).await
            && !mem::replace(&mut failing, true)
        {
            fault.warn("the database cannot be listened to, what other replicas do is seen late");
        }
        sleep(LISTEN_AGAIN).await;
    }
}

async fn listen(ground: &Ground, way: &Way, begun: impl FnOnce()) -> Result<(), Fault> {
    let (notices, mut told) = mpsc::channel(NOTICES);
    let (client, driven) = if let Some(tls) = &way.tls {
        let (client, connection) = way.config.connect(tls.clone()).await.map_err(unreached)?;
        (client, drive(connection, notices))
    } else {
        let (client, connection) = way.config.connect(NoTls).await.map_err(unreached)?;
        (client, drive(connection, notices))
    };
    let listening = async {
        begin(&client).await?;
        begun();
        // Whatever was told before is found by looking.
        while let Some(notice) = told.recv().await {
            take(ground, &notice);
        }
        Ok(())
    };
    tokio::pin!(driven);
    tokio::select! {
        () = &mut driven => Ok(()),
        done = listening => done,
    }
}

fn unreached(error: tokio_postgres::Error) -> Fault {
    match error.code() {
        Some(_) => error.into(),
        None => Fault::Away(Box::new(error)),
    }
}

/// As many notices wait for whoever takes them in; more than that are left to looking.
const NOTICES: usize = 256;

type Driven = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Keeps the connection going, until it ends.
fn drive<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    notices: mpsc::Sender<String>,
) -> Driven
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    Box::pin(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notice) = message {
                drop(notices.try_send(notice.payload().to_owned()));
            }
        }
    })
}

async fn begin(client: &Client) -> Result<(), Fault> {
    client
        .batch_execute("LISTEN handover_bridge")
        .await
        .map_err(Fault::from)
}

fn take(ground: &Ground, notice: &str) {
    for hint in hints::told(notice, ground.leases.owner) {
        ground.memory.heard(&hint);
    }
}
