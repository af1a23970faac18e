//! What a command may end with instead of what was asked for, the exit code of each, and how it is told.

use std::{error::Error as StdError, io, process::ExitCode};

use super::{check, client, console, deliveries, erase, healthcheck, route, simulate, store};
use crate::{app, config::Faults, telemetry};

/// Why a command ends badly.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the configuration cannot be used")]
    Faults(#[source] Faults),
    #[error(
        "nothing is configured: give --config FILE, or set HANDOVER_CONFIG or HANDOVER__… variables; \
         `handover demo` runs without"
    )]
    NothingConfigured,
    #[error(
        "`handover demo` makes its own configuration and takes no --config; use `handover serve`"
    )]
    DemoWithConfig,
    #[error(transparent)]
    WhichBot(#[from] route::UsageError),
    #[error("no desk would be asked: {0}")]
    Declined(&'static str),
    #[error(transparent)]
    NotTaken(#[from] simulate::NotTaken),
    #[error(transparent)]
    Copy(#[from] store::UsageError),
    #[error("admin.token is not set, so the admin API takes nobody")]
    NoAdminToken,
    #[error(transparent)]
    App(app::Error),
    #[error(transparent)]
    Client(#[from] client::Error),
    #[error(transparent)]
    Health(#[from] healthcheck::Error),
    #[error(transparent)]
    Deliveries(#[from] deliveries::Refused),
    #[error(transparent)]
    Whom(#[from] erase::UsageError),
    #[error(transparent)]
    Erase(#[from] erase::Unfinished),
    #[error(transparent)]
    Check(#[from] check::NotInOrder),
    #[error(transparent)]
    Password(#[from] console::UnfitPassword),
    #[error("the password cannot be hashed on this machine")]
    Unhashable,
    #[error(transparent)]
    Telemetry(#[from] telemetry::LogError),
    #[error("the runtime did not start")]
    Runtime(#[source] io::Error),
    #[error("the terminal cannot be read or written")]
    Terminal(#[from] io::Error),
}

impl From<app::Error> for Error {
    /// What templates and secrets are found to be only when they are used is wrong with the configuration as well.
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Faults(faults) => Self::Faults(faults),
            other => Self::App(other),
        }
    }
}

impl Error {
    /// 2 for what the caller has to write differently, 1 for what went wrong on the way.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Faults(_)
            | Self::NothingConfigured
            | Self::DemoWithConfig
            | Self::WhichBot(_)
            | Self::Copy(_)
            | Self::Whom(_)
            | Self::NoAdminToken
            | Self::Password(_) => ExitCode::from(2),
            Self::Declined(_)
            | Self::NotTaken(_)
            | Self::App(_)
            | Self::Client(_)
            | Self::Health(_)
            | Self::Deliveries(_)
            | Self::Erase(_)
            | Self::Check(_)
            | Self::Unhashable
            | Self::Telemetry(_)
            | Self::Runtime(_)
            | Self::Terminal(_) => ExitCode::FAILURE,
        }
    }

    /// Whether nobody reads any more, as behind `| head`: nothing went wrong that anybody would want to be told.
    pub(super) fn is_of_a_closed_pipe(&self) -> bool {
        matches!(self, Self::Terminal(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error and what lies under it; faults one a line.
    pub(super) fn told(&self) -> String {
        if let Self::Faults(faults) = self {
            return format!("{faults}\nerror: {self} ({} to put right)", faults.len());
        }
        let mut told = format!("error: {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            told.push_str(": ");
            told.push_str(&error.to_string());
            cause = error.source();
        }
        told
    }
}
