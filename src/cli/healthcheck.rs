//! `handover healthcheck`: for a container without a shell. One HTTP request by hand; a client would cost more than
//! the answer is worth.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
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

/// For the connection and the answer together.
const PATIENCE: Duration = Duration::from_secs(3);

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
    let until = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(left(until)?))?;
    // In one piece: a server may answer and hang up as soon as it has seen the first line.
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = [0; 12];
    let mut missing = &mut bytes[..];
    while !missing.is_empty() {
        stream.set_read_timeout(Some(left(until)?))?;
        match stream.read(missing)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => missing = missing.get_mut(read..).unwrap_or_default(),
        }
    }
    Ok(bytes)
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(io::ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn listener_that_says(answer: &'static str) -> SocketAddr {
        listener_that_drips(answer, Duration::ZERO)
    }

    /// Waits for so long behind each byte.
    fn listener_that_drips(answer: &'static str, rest: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            assert!(stream.read(&mut request).unwrap() > 0);
            for byte in answer.as_bytes() {
                if stream.write_all(&[*byte]).is_err() {
                    break;
                }
                thread::sleep(rest);
            }
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
    #[test]
    fn an_answer_that_drips_is_not_waited_for_longer_than_for_one_that_does_not_come() {
        let began = Instant::now();
        let slow = listener_that_drips("HTTP/1.1 200 OK\r\n\r\n", PATIENCE / 4);
        assert!(matches!(ask(slow), Err(Error::NoAnswer { .. })));
        assert!(began.elapsed() < PATIENCE * 2);
    }
}
