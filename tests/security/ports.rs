//! What a bridge listens on, as the kernel knows it.

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
};

use crate::process::Process;

/// Of a TCP socket in `/proc/net`.
const LISTENS: &str = "0A";

/// The sockets that the process has open, by inode.
fn sockets(pid: u32) -> BTreeSet<String> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let targets = links.filter_map(|link| fs::read_link(link.unwrap().path()).ok());
    targets
        .filter_map(|target| {
            let target = target.to_str()?;
            let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect()
}

/// Local address, state and inode of each socket in a table of the kernel.
fn table(name: &str) -> Vec<[String; 3]> {
    let text = fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
    let rows = text.lines().skip(1);
    rows.map(|row| {
        let columns: Vec<_> = row.split_whitespace().collect();
        [columns[1], columns[3], columns[9]].map(str::to_owned)
    })
    .collect()
}

/// As the kernel writes it: the address as one number in the machine's byte order.
fn address(text: &str) -> SocketAddr {
    let (ip, port) = text.split_once(':').unwrap();
    let ip = u32::from_str_radix(ip, 16).unwrap().to_ne_bytes();
    let port = u16::from_str_radix(port, 16).unwrap();
    SocketAddr::from((Ipv4Addr::from(ip), port))
}

#[tokio::test]
async fn it_listens_on_its_two_addresses_and_nowhere_else() {
    let process = Process::start("0s").await;
    let own = sockets(process.id());
    let of_it = |name: &str| {
        let mut rows = table(name);
        rows.retain(|[_, _, inode]| own.contains(inode));
        rows
    };
    let listening = of_it("tcp");
    let listening = listening.iter().filter(|[_, state, _]| state == LISTENS);
    let listening: BTreeSet<_> = listening.map(|[at, ..]| address(at)).collect();
    assert_eq!(listening, BTreeSet::from([process.public, process.admin]));
    for other in ["tcp6", "udp", "udp6"] {
        let found = of_it(other);
        assert!(found.is_empty(), "{other}: {found:?}");
    }
}
