//! The vendors whom the bridge calls: a desk that takes all, or is called too fast, and a platform that takes all.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::oneshot, task::spawn_local, time::sleep};

use crate::{
    Result, message,
    wire::{Seen, Wire},
};

/// The desk's path; calls to all others are the platform's.
pub const DESK_PATH: &[u8] = b"POST /desk ";

#[derive(Debug, Default)]
pub struct Vendors {
    is_busy: Cell<bool>,
    calls: Cell<u64>,
    refused: Cell<u64>,
    awaited: RefCell<HashMap<u64, oneshot::Sender<Instant>>>,
}

const TAKEN: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
/// The longest that the bridge believes; no measurement lasts so long.
const BUSY: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 300\r\ncontent-length: 0\r\n\r\n";

impl Vendors {
    pub async fn listen(address: SocketAddr) -> Result<Rc<Self>> {
        let listener = TcpListener::bind(address).await?;
        let vendors = Rc::new(Self::default());
        let answering = Rc::clone(&vendors);
        spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let vendors = Rc::clone(&answering);
                spawn_local(async move {
                    if let Ok(wire) = Wire::new(stream)
                        && let Err(error) = vendors.answer(wire).await
                    {
                        eprintln!("a call to the vendors broke: {error}");
                    }
                });
            }
        });
        Ok(vendors)
    }

    /// From now on the desk says that it is called too fast.
    pub fn be_busy(&self) {
        self.is_busy.set(true);
    }

    /// How often the desk has said that it is busy.
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }

    /// When the message of this number reaches the desk.
    pub fn await_message(&self, number: u64) -> oneshot::Receiver<Instant> {
        let (arrived, arrival) = oneshot::channel();
        self.awaited.borrow_mut().insert(number, arrived);
        arrival
    }

    /// Waits until nobody has called for half a second.
    pub async fn quiet(&self) {
        loop {
            let calls = self.calls.get();
            sleep(Duration::from_millis(500)).await;
            if self.calls.get() == calls {
                return;
            }
        }
    }

    async fn answer(&self, mut wire: Wire) -> Result<()> {
        while let Some(call) = wire.receive().await? {
            let arrived = Instant::now();
            self.calls.set(self.calls.get() + 1);
            let taken = self.take(&call, arrived);
            wire.send(if taken { TAKEN } else { BUSY }).await?;
        }
        Ok(())
    }

    fn take(&self, call: &Seen<'_>, arrived: Instant) -> bool {
        if !call.first_line.starts_with(DESK_PATH) {
            return true;
        }
        if self.is_busy.get() {
            self.refused.set(self.refused.get() + 1);
            return false;
        }
        let number = message::number(call.body);
        if let Some(awaited) = number.and_then(|number| self.awaited.borrow_mut().remove(&number)) {
            let _ = awaited.send(arrived);
        }
        true
    }
}
