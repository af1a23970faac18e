//! The pool and its connections: where the database is, and how the way to it is kept from being read.

use std::{net::IpAddr, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode},
    error::SqlState,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{OpenError, mutant};
use crate::{
    config::{Database, TlsMode},
    mutant::at_most,
};

/// A caller is told 503 rather than kept waiting for a connection.
const WAIT_FOR_CONNECTION: Duration = Duration::from_millis(1500);
const CONNECT_WITHIN: Duration = Duration::from_millis(1500);
/// A peer that is gone without a word is noticed within some seconds.
const SILENCE: Duration = Duration::from_secs(5);
/// As what bridges are known to the database.
pub(in crate::store) const APPLICATION: &str = "handover-bridge";
/// A database that writes much at once may take nothing for a while.
const STALL: Duration = Duration::from_mins(5);

/// How connections are made.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) config: Config,
    /// None: the way leads nowhere that could be listened to, or TLS is switched off.
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Way {
    /// `sslmode` counts as libpq has it, but that `require` and everything above it check the certificate as
    /// `verify-full` does: an unchecked certificate keeps nobody out. Left out, it is `verify-full`, and `prefer` on
    /// loopback and on sockets, where that means without TLS.
    pub(super) fn of(url: &str) -> Result<Self, OpenError> {
        let Database { mut config, tls } = Database::at(url).map_err(OpenError::Url)?;
        // Where both are given, it is the address that is called.
        let local = config.get_hosts().iter().all(is_local)
            && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        config.ssl_mode(match tls {
            Some(TlsMode::Disable) => SslMode::Disable,
            Some(TlsMode::Prefer) => SslMode::Prefer,
            None if local => SslMode::Prefer,
            Some(TlsMode::Require) | None => SslMode::Require,
        });
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(at_most(CONNECT_WITHIN));
        }
        if mutant::notices_silence() {
            config.keepalives_idle(SILENCE);
            config.keepalives_interval(SILENCE);
            config.tcp_user_timeout(SILENCE * 2);
        }
        #[cfg(feature = "mutants")]
        mutant::weaken(&mut config);
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            // Nobody on the machine itself has a certificate for it that could be checked.
            SslMode::Prefer if local => None,
            _ => {
                let client = ClientConfig::with_platform_verifier().map_err(OpenError::Tls)?;
                Some(MakeRustlsConnect::new(client))
            }
        };
        Ok(Self { config, tls })
    }

    pub(super) fn with(mut self, password: Option<&SecretString>) -> Self {
        if let Some(password) = password {
            self.config.password(password.expose_secret());
        }
        self
    }

    /// Of the same role by another way, which need not be told it twice.
    pub(super) fn with_password_of(mut self, other: &Self) -> Self {
        let is_same = self.config.get_user() == other.config.get_user();
        if let (true, None, Some(password)) = (
            is_same,
            self.config.get_password(),
            other.config.get_password(),
        ) {
            self.config.password(password);
        }
        self
    }

    /// Without TLS, though nobody has said so.
    fn is_plain(&self) -> bool {
        self.tls.is_none() && self.config.get_ssl_mode() == SslMode::Prefer
    }

    /// Why the pool has got no connection.
    pub(super) fn refused(&self, error: PoolError) -> OpenError {
        let by_server = matches!(&error, PoolError::Backend(error) if lets_nobody_in(error));
        refused(self.is_plain() && by_server, error)
    }

    pub(super) fn pool(&self, size: usize) -> Result<Pool, OpenError> {
        let settings = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match &self.tls {
            Some(tls) => Manager::from_config(self.config.clone(), tls.clone(), settings),
            None => Manager::from_config(self.config.clone(), NoTls, settings),
        };
        Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(at_most(WAIT_FOR_CONNECTION)))
            .create_timeout(Some(at_most(CONNECT_WITHIN)))
            .recycle_timeout(Some(at_most(CONNECT_WITHIN)))
            .build()
            .map_err(|error| OpenError::Unreachable(Arc::new(error)))
    }
}

/// One connection of its own, for work that takes its time, and what keeps it going until the client is dropped.
pub(in crate::store) async fn alone(
    url: &SecretString,
    password: Option<&SecretString>,
) -> Result<(Client, Driven), OpenError> {
    let mut way = Way::of(url.expose_secret())?.with(password);
    way.config.tcp_user_timeout(STALL);
    let is_plain = way.is_plain();
    let connected = if let Some(tls) = way.tls {
        let connected = way.config.connect(tls).await;
        connected.map(|(client, connection)| (client, tokio::spawn(connection)))
    } else {
        let connected = way.config.connect(NoTls).await;
        connected.map(|(client, connection)| (client, tokio::spawn(connection)))
    };
    connected.map_err(|error| refused(is_plain && lets_nobody_in(&error), error))
}

fn lets_nobody_in(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

fn refused(may_want_tls: bool, error: impl std::error::Error + Send + Sync + 'static) -> OpenError {
    let error = Arc::new(error);
    if may_want_tls {
        OpenError::NotLetIn(error)
    } else {
        OpenError::Unreachable(error)
    }
}

pub(in crate::store) type Driven = JoinHandle<Result<(), tokio_postgres::Error>>;

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;

    fn mode(url: &str) -> SslMode {
        Way::of(url).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn a_way_over_a_network_is_checked_unless_it_is_said_otherwise() {
        assert_eq!(mode("postgres://u@db.example.com/h"), SslMode::Require);
        assert_eq!(mode("postgres://u@127.0.0.1/h"), SslMode::Prefer);
        assert_eq!(mode("postgres://u@/h?host=/run/pg"), SslMode::Prefer);
        for far in ["postgres://u@/h", "postgres://u@localhost/h"] {
            assert_eq!(mode(&format!("{far}?hostaddr=10.1.2.3")), SslMode::Require);
            assert_eq!(mode(&format!("{far}?hostaddr=127.0.0.1")), SslMode::Prefer);
        }
        let verified = "postgres://u@db.example.com/h?sslmode=verify-full&application_name=x";
        assert_eq!(mode(verified), SslMode::Require);
        assert!(Way::of(verified).unwrap().tls.is_some());
        let plain = "postgres://u@db.example.com/h?sslmode=disable";
        assert_eq!(mode(plain), SslMode::Disable);
        assert!(Way::of(plain).unwrap().tls.is_none());
    }

    #[test]
    fn a_listener_has_the_password_of_the_store_where_it_is_of_the_same_role_and_has_none() {
        let password = |listen: &str| {
            let store = Way::of("postgres://u:of-the-store@pooler/h").unwrap();
            let listen = Way::of(listen).unwrap().with_password_of(&store);
            let password = listen.config.get_password().map(<[u8]>::to_vec);
            password.map(|password| String::from_utf8(password).unwrap())
        };
        let of_the_store = Some("of-the-store".to_owned());
        assert_eq!(password("postgres://u@db/h"), of_the_store);
        let own = password("postgres://u:own@db/h");
        assert_eq!(own, Some("own".to_owned()));
        assert_eq!(password("postgres://another@db/h"), None);
    }

    /// Whoever is let in by TLS alone.
    #[tokio::test]
    async fn a_server_on_this_machine_that_wants_tls_is_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            client.read_exact(&mut length).unwrap();
            let asked = u64::from(u32::from_be_bytes(length)) - 4;
            std::io::copy(&mut (&client).take(asked), &mut std::io::sink()).unwrap();
            let said = b"SFATAL\0C28000\0Mno pg_hba.conf entry, no encryption\0\0";
            let length = u32::try_from(said.len() + 4).unwrap();
            client.write_all(b"E").unwrap();
            client.write_all(&length.to_be_bytes()).unwrap();
            client.write_all(said).unwrap();
        });
        let url = format!("postgres://u@127.0.0.1:{port}/h").into();
        let refused = alone(&url, None).await.unwrap_err();
        assert!(matches!(refused, OpenError::NotLetIn(_)), "{refused:?}");
    }

    #[test]
    fn a_mode_that_nobody_knows_is_refused() {
        assert!(Way::of("postgres://u@db.example.com/h?sslmode=maybe").is_err());
    }
}
