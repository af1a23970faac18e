//! A step that panics, as no rule of the program would have it.

use std::{
    backtrace::Backtrace,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use futures_util::poll;
use handover_bridge::{
    domain::time::{Clock, Timestamp},
    store::{
        Error, Store as _,
        postgres::{Options, Time},
    },
};
use tokio::time::timeout;

use super::Database;
use crate::world::{ManualClock, clock, policy, says};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_behind_a_batch_that_panics_is_done() {
    let (database, told) = (Database::new(), clock());
    let (reached, until_reached) = mpsc::channel();
    let (panic, until_panic) = mpsc::channel();
    let clock = Arc::new(Panics {
        clock: Arc::clone(&told),
        inside: Mutex::default(),
    });
    let options = Options {
        time: Time::Given(Arc::<Panics>::clone(&clock)),
        ..database.options(policy(), told)
    };
    let store = Arc::new(options.open().await.unwrap());
    *clock.inside.lock().unwrap() = Some((reached, until_panic));
    let first = Arc::clone(&store);
    let first = tokio::spawn(async move { first.apply(says("ann", "hello")).await });
    until_reached.recv().unwrap();
    let mut second = Box::pin(store.apply(says("bea", "hello")));
    assert!(poll!(&mut second).is_pending());
    panic.send(()).unwrap();
    let failed = first.await.unwrap();
    assert!(matches!(failed, Err(Error::Corrupt(_))), "{failed:?}");
    let done = timeout(Duration::from_secs(5), second).await;
    done.expect("nobody else has to come").unwrap();
}

/// Panics once, when a batch asks for the time.
#[derive(Debug)]
struct Panics {
    clock: Arc<ManualClock>,
    inside: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Clock for Panics {
    fn now(&self) -> Timestamp {
        let is_armed = self.inside.lock().unwrap().is_some();
        if is_armed
            && Backtrace::force_capture()
                .to_string()
                .contains("postgres/intake.rs")
        {
            let (reached, until_told) = self.inside.lock().unwrap().take().unwrap();
            reached.send(()).unwrap();
            until_told.recv().unwrap();
            panic!("on purpose");
        }
        self.clock.now()
    }
}
