//! `handover healthcheck`: for a container without a shell. One HTTP request by hand; a client would cost more than
//! the answer is worth.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::config::{Server, hooks};

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("no bridge answers at {address}")]
    NoAnswer {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("what answers at {address} is not alive")]
    NotAlive { address: SocketAddr },
}

pub(super) fn run(server: &Server) -> Result<(), super::Error> {
    Ok(ask(hooks::local(server.listen))?)
}

fn ask(address: SocketAddr) -> Result<(), Error> {
    let status_line = first_bytes(address).map_err(|source| Error::NoAnswer { address, source })?;
    if status_line.starts_with(b"HTTP/1.1 200") {
        Ok(())
    } else {
        Err(Error::NotAlive { address })
    }
}

fn first_bytes(address: SocketAddr) -> io::Result<[u8; 12]> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one piece: a server may answer and hang up as soon as it has seen the first line.
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = [0; 12];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn listener_that_says(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            assert!(stream.read(&mut request).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn a_bridge_that_answers_200_is_alive() {
        ask(listener_that_says(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        ))
        .unwrap();
    }

    #[test]
    fn anything_else_is_not() {
        let sick = listener_that_says("HTTP/1.1 503 Service Unavailable\r\n\r\n");
        assert!(matches!(ask(sick), Err(Error::NotAlive { .. })));
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert!(matches!(ask(closed), Err(Error::NoAnswer { .. })));
    }
}
