//! A certification authority of our own, made with `openssl` for one test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;
use tokio_rustls::rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

pub struct Authority {
    folder: TempDir,
}

const NEW_KEY: [&str; 5] = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
];
/// Of what is good for a long time.
const FOREVER: (&str, &str) = ("20200101000000Z", "20990101000000Z");
/// Of what was good for one day.
const EXPIRED: (&str, &str) = ("20200101000000Z", "20200102000000Z");
const SETTINGS: &str = "\
[ca]\ndefault_ca = own\n\
[own]\ndatabase = database\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\n\
[any]\ncommonName = supplied\n";

impl Authority {
    pub fn new() -> Self {
        let authority = Self {
            folder: TempDir::new().unwrap(),
        };
        fs::write(authority.file("settings"), SETTINGS).unwrap();
        fs::write(authority.file("database"), "").unwrap();
        authority.self_signed("authority", "/CN=Authority of one test", "CA:TRUE");
        authority
    }

    /// Its own certificate, for whoever is to believe it.
    pub fn certificate(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// A server whose certificate is in order.
    pub fn good(&self) -> Arc<ServerConfig> {
        self.issued("localhost", FOREVER)
    }

    pub fn expired(&self) -> Arc<ServerConfig> {
        self.issued("localhost", EXPIRED)
    }

    pub fn of_another_host(&self) -> Arc<ServerConfig> {
        self.issued("desk.example", FOREVER)
    }

    /// A server that nobody vouches for but itself.
    pub fn of_nobody(&self) -> Arc<ServerConfig> {
        self.self_signed("self", "/CN=localhost", "CA:FALSE");
        server(&self.file("self.pem"), &self.file("self.key"))
    }

    fn issued(&self, host: &str, (from, to): (&str, &str)) -> Arc<ServerConfig> {
        let name = format!("{host}-{to}");
        let file = |kind: &str| format!("{name}.{kind}");
        let (request, key, certificate) = (file("request"), file("key"), file("pem"));
        let subject = format!("/CN={host}");
        let asks = ["-subj", &subject, "-keyout", &key, "-out", &request];
        self.openssl(&[&["req"], &NEW_KEY[..], &asks].concat());
        fs::write(
            self.file("extensions"),
            format!("subjectAltName = DNS:{host}\n"),
        )
        .unwrap();
        let ca = "ca -batch -notext -config settings -extfile extensions -cert authority.pem -keyfile authority.key";
        let ca: Vec<_> = ca.split(' ').collect();
        let signs = [
            "-startdate",
            from,
            "-enddate",
            to,
            "-in",
            &request,
            "-out",
            &certificate,
        ];
        self.openssl(&[&ca[..], &signs].concat());
        server(&self.file(&certificate), &self.file(&key))
    }

    fn self_signed(&self, name: &str, subject: &str, constraint: &str) {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let constraint = format!("basicConstraints = critical, {constraint}");
        let rest = [
            "-subj",
            subject,
            "-days",
            "9",
            "-keyout",
            &key,
            "-out",
            &certificate,
            "-addext",
            &constraint,
            "-addext",
            "subjectAltName = DNS:localhost",
        ];
        self.openssl(&[&["req", "-x509"], &NEW_KEY[..], &rest].concat());
    }

    fn openssl(&self, arguments: &[&str]) {
        let command = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output();
        let ended = command.expect("openssl is installed");
        assert!(
            ended.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn server(certificate: &Path, key: &Path) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Arc::new(config.unwrap())
}
