//! Why a call failed, and the class by which `delivery` treats it.
//!
//! Nothing here prints more of a destination than its host, nor anything that it answered.

use std::{error::Error, fmt, io, time::Duration};

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::Value;

use super::{address::AddressRefused, template::TemplateError, url::UrlError};
use crate::domain::{delivery::Failure, retry::ErrorClass};

/// A call that did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the name {host} cannot be looked up")]
    Lookup {
        host: String,
        source: reqwest::Error,
    },
    #[error("no connection to {host}")]
    Connect {
        host: String,
        source: reqwest::Error,
    },
    #[error("the certificate of {host} is not valid")]
    Certificate {
        host: String,
        source: reqwest::Error,
    },
    #[error("{host} speaks no TLS that is taken")]
    OutdatedTls {
        host: String,
        source: reqwest::Error,
    },
    #[error("the certificate of {host} cannot be checked, this machine has no root certificates")]
    NoRoots { host: String },
    #[error("{host} is not to be called")]
    AddressRefused {
        host: String,
        source: AddressRefused,
    },
    #[error("{host} did not answer in time")]
    TimedOut {
        host: String,
        source: reqwest::Error,
    },
    #[error("the call to {host} broke off")]
    Broken {
        host: String,
        source: reqwest::Error,
    },
    #[error(transparent)]
    Refused(Box<Refusal>),
    #[error("{host} answered {status} with a body that cannot be read")]
    Unreadable {
        host: String,
        status: StatusCode,
        fault: Option<serde_json::error::Category>,
    },
    #[error("the call to {host} cannot be written")]
    Unsendable { host: String, source: Unsendable },
    #[error("the call has no address")]
    Url(#[from] UrlError),
    #[error("the call cannot be filled in")]
    Template(#[from] TemplateError),
}

/// An answer outside 2xx.
#[derive(thiserror::Error)]
#[error("{host} answered {status}")]
pub struct Refusal {
    pub host: String,
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// For adapters that must look for a vendor's code in it; never printed.
    pub body: Bytes,
}

/// What of a call cannot be put on the wire. Headers are told by their names alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("the header {0} has characters in its name that it must not have")]
    HeaderName(String),
    #[error("the header {0} has characters in its value that it must not have")]
    HeaderValue(String),
    #[error("the body cannot be written as json")]
    Body,
    #[error("the address is not usable")]
    Url,
}

impl CallError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Lookup { .. } | Self::Connect { .. } | Self::AddressRefused { .. } => {
                ErrorClass::NotSent
            }
            // All of them wait for somebody who mends the destination: calling again is no help.
            Self::Certificate { .. } | Self::OutdatedTls { .. } | Self::NoRoots { .. } => {
                ErrorClass::Certificate
            }
            Self::TimedOut { .. } | Self::Broken { .. } => ErrorClass::Ambiguous,
            Self::Refused(refusal) => refusal.class(),
            Self::Unreadable { .. } => ErrorClass::Unreadable,
            Self::Unsendable { .. } | Self::Url(_) | Self::Template(_) => ErrorClass::Rejected,
        }
    }

    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    pub fn metric_label(&self) -> &'static str {
        self.class().label()
    }

    /// Sorts what the HTTP client reports. A failure before the connection stood is told from one after it.
    pub(super) fn from_transport(host: String, source: reqwest::Error) -> Self {
        let refused =
            chain(&source).find_map(|fault| fault.downcast_ref::<AddressRefused>().copied());
        let source = source.without_url();
        if let Some(refused) = refused {
            Self::AddressRefused {
                host,
                source: refused,
            }
        } else if tls_fault(&source).is_some_and(is_of_certificate) {
            Self::Certificate { host, source }
        } else if tls_fault(&source).is_some_and(is_of_version) {
            Self::OutdatedTls { host, source }
        } else if source.is_dns() {
            Self::Lookup { host, source }
        } else if source.is_connect() {
            Self::Connect { host, source }
        } else if source.is_timeout() {
            Self::TimedOut { host, source }
        } else {
            Self::Broken { host, source }
        }
    }
}

impl From<CallError> for Failure {
    /// What delivery settles by. What went wrong in detail is written to the log here, since it goes no further.
    fn from(error: CallError) -> Self {
        let status = match &error {
            CallError::Refused(refusal) => Some(refusal.status.as_u16()),
            CallError::Unreadable { status, .. } => Some(status.as_u16()),
            _ => None,
        };
        let causes = chain(&error)
            .skip(1)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ");
        tracing::debug!(
            error.class = error.metric_label(),
            error.causes = causes,
            %error,
            "a call failed"
        );
        Self {
            class: error.class(),
            status,
            retry_after: error.retry_after(),
            unasked: false,
        }
    }
}

impl Refusal {
    fn class(&self) -> ErrorClass {
        match self.status.as_u16() {
            300..=399 => ErrorClass::Redirected,
            401 | 403 => ErrorClass::Unauthorized,
            404 | 410 => ErrorClass::Gone,
            // 520 to 530 are what content networks answer when the server behind them is away.
            408 | 425 | 500 | 502..=504 | 520..=530 => ErrorClass::Busy,
            409 => ErrorClass::Duplicate,
            429 => ErrorClass::RateLimited,
            422 if says_duplicate(&self.body) => ErrorClass::Duplicate,
            400 | 413 | 415 | 422 => ErrorClass::Rejected,
            _ => ErrorClass::Unsupported,
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("host", &self.host)
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

/// Whether an error body names a duplicate. Only fields that hold codes and headings are believed: a server that
/// quotes the message back must not have it counted as delivered because the user wrote the word.
fn says_duplicate(body: &[u8]) -> bool {
    const FIELDS: [&str; 7] = [
        "code",
        "error",
        "error_code",
        "reason",
        "status",
        "title",
        "type",
    ];

    fn search(value: &Value, depth: u8) -> bool {
        let Some(deeper) = depth.checked_sub(1) else {
            return false;
        };
        match value {
            Value::Array(items) => items.iter().any(|item| search(item, deeper)),
            Value::Object(fields) => fields.iter().any(|(name, value)| match value {
                Value::String(text) => {
                    FIELDS.contains(&name.as_str())
                        && text.to_ascii_lowercase().contains("duplicate")
                }
                _ => search(value, deeper),
            }),
            _ => false,
        }
    }
    serde_json::from_slice(body).is_ok_and(|answer| search(&answer, 4))
}

fn tls_fault<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    chain(error).find_map(|fault| fault.downcast_ref())
}

fn is_of_certificate(fault: &rustls::Error) -> bool {
    matches!(fault, rustls::Error::InvalidCertificate(_))
}

/// A server says that it has no version in common with us, or goes on in one that we did not offer.
fn is_of_version(fault: &rustls::Error) -> bool {
    matches!(
        fault,
        rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
    )
}

/// An error and what caused it, also where an I/O error hides the cause inside itself.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&fault| cause(fault))
}

fn cause<'a>(fault: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match fault
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inside) => Some(inside),
        None => fault.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &'static str) -> ErrorClass {
        let status = StatusCode::from_u16(status).unwrap();
        let refusal = Refusal {
            host: "desk.example".into(),
            status,
            retry_after: None,
            body: body.as_bytes().into(),
        };
        CallError::Refused(Box::new(refusal)).class()
    }

    #[test]
    fn every_status_has_its_class() {
        let rows: [(&[u16], ErrorClass); 9] = [
            (&[300, 301, 302, 303, 304, 307, 308], ErrorClass::Redirected),
            (&[401, 403], ErrorClass::Unauthorized),
            (&[404, 410], ErrorClass::Gone),
            (&[408, 425, 500, 502, 503, 504, 522, 530], ErrorClass::Busy),
            (&[409], ErrorClass::Duplicate),
            (&[429], ErrorClass::RateLimited),
            (&[400, 413, 415, 422], ErrorClass::Rejected),
            (&[402, 405, 406, 418, 451], ErrorClass::Unsupported),
            (&[501, 505, 599, 999], ErrorClass::Unsupported),
        ];
        for (statuses, class) in rows {
            for status in statuses {
                assert_eq!(refusal(*status, ""), class, "{status}");
            }
        }
    }

    #[test]
    fn a_422_is_a_duplicate_only_where_a_code_says_so() {
        assert_eq!(
            refusal(422, r#"{"errors":[{"code":"DUPLICATE_MESSAGE"}]}"#),
            ErrorClass::Duplicate
        );
        assert_eq!(
            refusal(422, r#"{"error":"duplicate"}"#),
            ErrorClass::Duplicate
        );
        assert_eq!(
            refusal(422, r#"{"error":"too long","text":"is this a duplicate?"}"#),
            ErrorClass::Rejected
        );
        assert_eq!(refusal(422, "duplicate"), ErrorClass::Rejected);
    }

    #[test]
    fn an_invalid_certificate_is_found_inside_an_io_error() {
        let inner = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert!(tls_fault(&outer).is_some_and(is_of_certificate));
        let cut = io::Error::new(
            io::ErrorKind::InvalidData,
            rustls::Error::HandshakeNotComplete,
        );
        assert!(
            !tls_fault(&cut).is_some_and(|fault| is_of_certificate(fault) || is_of_version(fault))
        );
    }

    #[test]
    fn a_refusal_never_prints_its_body() {
        let body = Bytes::from_static(b"canary");
        let refusal = Refusal {
            host: "desk.example".into(),
            status: StatusCode::BAD_REQUEST,
            retry_after: None,
            body,
        };
        let error = CallError::Refused(Box::new(refusal));
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert_eq!(error.to_string(), "desk.example answered 400 Bad Request");
    }
}
