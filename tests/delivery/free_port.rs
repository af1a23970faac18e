//! Ports for processes that listen where they are told to.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Range,
    path::Path,
    process,
    sync::{Mutex, PoisonError},
};

/// Below those that the system hands out by itself, and apart from those of the crash tests.
const PORTS: Range<u16> = 12_000..24_000;

/// A loopback address that nobody listens on. Until this process ends no other test is given it: between finding a port
/// and listening on it, another one would find the same.
pub fn free_address() -> SocketAddr {
    static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ports");
    fs::create_dir_all(&folder).unwrap();
    let count = PORTS.end - PORTS.start;
    let begin = u16::try_from(process::id() % u32::from(count)).unwrap();
    for next in 0..count {
        let port = PORTS.start + (begin + next) % count;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let held = File::create(folder.join(port.to_string())).unwrap();
        if held.try_lock().is_ok() && TcpListener::bind(address).is_ok() {
            HELD.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(held);
            return address;
        }
    }
    panic!("every port is taken");
}
