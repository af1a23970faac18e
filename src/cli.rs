//! The command line: one subcommand a file. Reads the configuration and hands over to `app`, or speaks to a bridge
//! that runs with the same configuration.

mod check;
mod client;
mod deliveries;
mod demo;
mod healthcheck;
mod migrate;
mod openapi;
mod route;
mod serve;
mod simulate;
mod urls;

use std::{env, error::Error as StdError, io, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    app,
    config::{Config, Faults, Source},
    telemetry,
};

/// Carries conversations between chatbots and human agents.
///
/// Without a subcommand: the development bridge (`demo`) if nothing is configured, else `serve`.
#[derive(Debug, Parser)]
#[command(name = "handover", version)]
struct Cli {
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "The configuration file [env: HANDOVER_CONFIG]"
    )]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bridge
    Serve,
    /// Run a bridge to try out: on this machine alone, with an emulated bot platform and a desk
    Demo,
    /// Read the configuration, say everything that is wrong with it, and end
    Check,
    /// Print what to paste where, secrets included
    Urls,
    Route(route::Options),
    /// Play a user against the running bridge
    Simulate(simulate::Options),
    /// See and settle what the running bridge owes to platforms and desks
    #[command(subcommand)]
    Deliveries(deliveries::Action),
    /// Print what desks and operators may call, as OpenAPI 3.1
    Openapi,
    /// End with success if the bridge on this machine is alive
    Healthcheck,
    /// Bring the store's tables up to date and end
    Migrate,
}

/// Why a command ends badly.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the configuration cannot be used")]
    Faults(#[source] Faults),
    #[error(
        "nothing is configured: give --config FILE, or set HANDOVER_CONFIG or HANDOVER__… variables; \
         `handover demo` runs without"
    )]
    NothingConfigured,
    #[error("the development bridge takes no --config; use `serve`")]
    DemoWithConfig,
    #[error(transparent)]
    Route(#[from] route::UsageError),
    #[error("no desk would be asked: {0}")]
    Declined(&'static str),
    #[error(transparent)]
    Simulate(#[from] simulate::UsageError),
    #[error("admin.token is not set, so the admin API takes nobody")]
    NoAdminToken,
    #[error(transparent)]
    App(#[from] app::Error),
    #[error(transparent)]
    Client(#[from] client::Error),
    #[error(transparent)]
    Health(#[from] healthcheck::Error),
    #[error(transparent)]
    Telemetry(#[from] telemetry::AlreadySet),
    #[error("the runtime did not start")]
    Runtime(#[source] io::Error),
    #[error("the terminal cannot be read or written")]
    Terminal(#[from] io::Error),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.told());
            error.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Error> {
    let named = cli.config.clone();
    let from_variable = env::var_os("HANDOVER_CONFIG")
        .filter(|file| !file.is_empty())
        .map(PathBuf::from);
    let source = Source::of_process(cli.config.or(from_variable));
    let command = cli.command.unwrap_or(if source.is_empty() {
        Command::Demo
    } else {
        Command::Serve
    });
    match command {
        Command::Serve if source.is_empty() => Err(Error::NothingConfigured),
        Command::Serve => serve::run(load(&source)?),
        Command::Demo if named.is_some() => Err(Error::DemoWithConfig),
        Command::Demo => demo::run(),
        Command::Check => check::run(&load(&source)?),
        Command::Urls => urls::run(&load(&source)?),
        Command::Route(options) => route::run(&load(&source)?, options),
        Command::Simulate(options) => simulate::run(&load(&source)?, options),
        Command::Deliveries(action) => deliveries::run(&load(&source)?, action),
        Command::Openapi => openapi::run(),
        Command::Healthcheck => healthcheck::run(&load(&source)?),
        Command::Migrate => migrate::run(load(&source)?),
    }
}

fn load(source: &Source) -> Result<Config, Error> {
    Config::load(source).map_err(Error::Faults)
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)
}

impl Error {
    /// 2 for what the caller has to write differently, 1 for what went wrong on the way.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Faults(_)
            | Self::NothingConfigured
            | Self::DemoWithConfig
            | Self::Route(_)
            | Self::Simulate(_)
            | Self::NoAdminToken
            | Self::App(app::Error::Chatlayer { .. } | app::Error::Webhook { .. }) => {
                ExitCode::from(2)
            }
            Self::Declined(_)
            | Self::App(_)
            | Self::Client(_)
            | Self::Health(_)
            | Self::Telemetry(_)
            | Self::Runtime(_)
            | Self::Terminal(_) => ExitCode::FAILURE,
        }
    }

    /// The error and what lies under it; faults one a line.
    fn told(&self) -> String {
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
