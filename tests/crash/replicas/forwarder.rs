//! A way between a replica and somebody else, for where there are no network namespaces: it hands on what it is given,
//! or keeps it to itself without a word. Connections are taken all the same, which a network that is cut does not do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::network::Lost;

#[derive(Debug)]
pub struct Forwarder {
    pub address: SocketAddr,
    lost: watch::Sender<Option<Lost>>,
}

impl Forwarder {
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (lost, watched) = watch::channel(None);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connect(near, to, watched.clone()));
            }
        });
        Self { address, lost }
    }

    /// None: nothing is lost any more.
    pub fn lose(&self, lost: Option<Lost>) {
        self.lost.send_replace(lost);
    }
}

async fn connect(near: TcpStream, to: SocketAddr, mut lost: watch::Receiver<Option<Lost>>) {
    // What is lost in either direction, a new connection cannot be made.
    if lost.wait_for(Option::is_none).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(to).await else {
        return;
    };
    let (near, far) = (near.into_split(), far.into_split());
    tokio::join!(
        carry(
            (near.0, far.1),
            (lost.clone(), |lost| lost == Some(Lost::All))
        ),
        carry((far.0, near.1), (lost, |lost| lost.is_some())),
    );
}

async fn carry(
    (mut from, mut to): (OwnedReadHalf, OwnedWriteHalf),
    (mut lost, stops): (watch::Receiver<Option<Lost>>, impl Fn(Option<Lost>) -> bool),
) {
    let mut bytes = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let flows = lost.wait_for(|lost| !stops(*lost)).await.is_ok();
        if !flows || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
