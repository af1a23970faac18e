//! The command line: one subcommand a file. Reads the configuration and hands over to `app`, or speaks to a bridge
//! that runs with the same configuration.

mod admin;
mod check;
mod client;
mod console;
mod deliveries;
mod demo;
mod erase;
mod error;
mod healthcheck;
mod migrate;
mod openapi;
mod route;
mod serve;
mod simulate;
mod store;
mod urls;
mod version;

use std::{
    env, num::NonZero, path::PathBuf, process::ExitCode, thread::available_parallelism,
    time::Duration,
};

use clap::{Parser, Subcommand};

use self::error::Error;
use crate::{
    app,
    config::{Config, Server, Source, Upkeep},
};

/// Carries conversations between chatbots and human agents
///
/// Without a subcommand: the development bridge (`demo`) if nothing is configured, else `serve`. Configured means: there
/// is --config FILE, or `HANDOVER_CONFIG`, or a variable `HANDOVER__SECTION__KEY`. The three are laid over each other in
/// that order, and all of them over the defaults; config/default.toml describes every setting.
#[derive(Debug, Parser)]
#[command(name = "handover", version, after_long_help = GENERAL)]
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
    ///
    /// Listens to bot platforms, desks and operators, and delivers what it owes, until SIGTERM (which goes on accepting
    /// for server.drain first) or SIGINT; a second signal stops at once. SIGHUP has the files of secrets read again. Logs
    /// go to standard error.
    #[command(after_long_help = SERVE)]
    Serve,
    /// Run a bridge to try out: on this machine alone, with an emulated bot platform and a desk
    ///
    /// Needs no account, makes its own configuration and takes no --config: it prints a link that opens the chat beside the
    /// desk. Keeps its data in data/, and leaves its configuration there for the other commands.
    #[command(after_long_help = DEMO)]
    Demo(demo::Options),
    /// Read the configuration, say everything that is wrong with it, and end
    ///
    /// Does what a start would do with the configuration, and starts nothing. Every fault is told at once, with file and
    /// line, or with the variable that holds it; what is allowed and yet asks for a second look is a warning.
    #[command(after_long_help = CHECK)]
    Check(check::Options),
    /// Print what to paste where, with the keys of hooks
    ///
    /// Prints for each bot and each desk what has to be entered on the other side. The address of a hook is a secret, as
    /// long as it holds a hook key, and this is the only command that shows it. Of several hook keys it prints the first.
    /// Every other secret is only named, by its key in the configuration.
    #[command(after_long_help = URLS)]
    Urls,
    /// Say which desk would be asked for an agent, and why
    ///
    /// Goes through [[routes]] as the bridge would and tells of each why it does not match, until one does; then of each
    /// desk of that route whether it is open at that time. Reads the configuration and calls nobody.
    #[command(after_long_help = ROUTE)]
    Route(route::Options),
    /// Play a user against the running bridge
    ///
    /// Calls the hook of a configured bot as its platform would, and tells what the bridge answers. What an agent writes
    /// goes to the platform, so it does not appear here. With --offload or --say it ends with 1 if not all of it was taken.
    ///
    /// A real platform does not know the user that is played, unless --bot-id and --session are of a real conversation.
    /// If it answers the bridge's calls with 404, the handover ends as soon as an agent joins or writes; with 401 or 403 the
    /// bot is paused for a minute, for its real users too.
    #[command(after_long_help = SIMULATE)]
    Simulate(simulate::Options),
    /// See and settle what the running bridge owes to platforms and desks
    ///
    /// A delivery is one call that the bridge owes. One that was refused for good is dead: it can be sent again under its
    /// old id, so that whoever had it already knows it, or be given up.
    #[command(subcommand, after_long_help = DELIVERIES)]
    Deliveries(deliveries::Action),
    /// Have the running bridge forget a user
    ///
    /// Ends what is open for the user (the bot is resumed and the desk told), has the platform delete the session's data,
    /// and then removes every trace: messages, names, handovers, deliveries, dead letters, warnings. What stays is keyed
    /// hashes by which a late repeat is known, and says nothing of anybody. Tells what it waits for, and goes on in the
    /// bridge if it is not waited for: a platform that does not answer is asked for a day and then given up.
    #[command(after_long_help = ERASE)]
    Erase(erase::Options),
    /// Say who may sign in at the console
    ///
    /// The console is the web page at /console on admin.listen. Users stand in the configuration, with a hash of their
    /// password; there is no default password. While there are none, admin.token signs in.
    #[command(subcommand, after_long_help = CONSOLE)]
    Console(console::Action),
    /// Print what desks and operators may call, as OpenAPI 3.1
    ///
    /// The document that a running bridge serves at /openapi.json: the desk API, the webhooks that a desk is sent, and the
    /// admin API. Needs no configuration.
    #[command(after_long_help = OPENAPI)]
    Openapi,
    /// End with success if the bridge on this machine is alive
    ///
    /// Asks /livez at server.listen, and gives up after 3 seconds. For containers, which have no shell and no curl.
    #[command(after_long_help = HEALTHCHECK)]
    Healthcheck,
    /// Bring the store's tables up to date and end
    ///
    /// For those who run with store.migrate = false. With SQLite, stop the bridge first. With PostgreSQL it can run while
    /// older bridges serve.
    #[command(after_long_help = MIGRATE)]
    Migrate,
    /// Back the store up, or move it into a database for many replicas
    ///
    /// Opens the store itself, with the same configuration. A backup is the store at one moment, taken while the bridge
    /// works with it, and a bridge starts from it as it is. A move is for bridges that are stopped: every row is written
    /// into an empty PostgreSQL database, read back and compared, all of it or nothing. The file stays as it is.
    #[command(subcommand, after_long_help = STORE)]
    Store(store::Action),
}

const GENERAL: &str = "\
Exit codes:
  0  done
  1  runtime failure or negative result (declined, unreachable, probe failed)
  2  usage or configuration error

Examples:
  handover                                       try it out, without any configuration
  handover --config handover.toml check          is the configuration right?
  handover --config handover.toml check --probe  and does everybody answer?
  handover --config handover.toml urls           what to enter at the platforms and desks
  handover --config handover.toml serve          run it";
const SERVE: &str = "\
Examples:
  handover --config handover.toml serve
  HANDOVER_CONFIG=/etc/handover.toml HANDOVER__SERVER__LISTEN=0.0.0.0:80 handover serve
  kill -HUP PID                    after the file of a secret has been written anew";
const DEMO: &str = "\
Examples:
  handover demo
  handover demo --bot certainly --desk aivo-live       the same with other emulated systems on both sides
  handover --config data/demo.toml deliveries list     while it runs";
const CHECK: &str = "\
Ends with 2 if there is a fault, and with 1 if a probe finds that somebody does not answer.

Examples:
  handover --config handover.toml check
  handover --config handover.toml check --probe";
const URLS: &str = "\
Examples:
  handover --config handover.toml urls";
const ROUTE: &str = "\
Ends with 0 if a desk would be asked, and with 1 if the handover would be declined.

Examples:
  handover --config handover.toml route --bot webshop --language nl --payload '{\"department\": \"sales\"}'
  handover --config handover.toml route --version LIVE --user tier=gold --at 2026-12-25T10:00:00+01:00
  handover --config handover.toml route --session '{\"tier\": \"gold\"}' --json";
const SIMULATE: &str = "\
Examples:
  handover --config handover.toml simulate                                a talk, line by line
  handover --config handover.toml simulate --offload --say 'Are you there?'
  handover --config handover.toml simulate --bot webshop --version LIVE --session s1 --say hello";
const OPENAPI: &str = "\
Examples:
  handover openapi > openapi.json
  handover openapi | jq '.webhooks | keys'";

const DELIVERIES: &str = "\
Needs admin.token, and speaks to the admin API at admin.listen.

Examples:
  handover --config handover.toml deliveries list --state dead
  handover --config handover.toml deliveries retry ID
  handover --config handover.toml deliveries skip ID";
const ERASE: &str = "\
Needs admin.token, and speaks to the admin API at admin.listen. Ends with 1 if it is not finished after two minutes, or if
the platform did not delete its part, with 2 if no bot is called as --bot says. A delivery that is skipped is not waited
for.

Examples:
  handover --config handover.toml erase --session ID
  handover --config handover.toml erase --user ID --bot webshop --version LIVE
  handover --config handover.toml erase --user ID --keep-at-platform --no-wait
  handover --config handover.toml erase --follow ERASURE";
const CONSOLE: &str = "\
Examples:
  handover console user add ann
  handover console user add ben --role admin
  printf '%s' \"$PASSWORD\" | handover console user add ann --password-stdin >> handover.toml";
const HEALTHCHECK: &str = "\
Examples:
  handover --config handover.toml healthcheck && echo alive";
const MIGRATE: &str = "\
Examples:
  handover --config handover.toml migrate";
const STORE: &str = "\
Examples:
  handover --config handover.toml store backup /backups/handover-2026-01-01.db
  handover --config handover.toml store copy --from sqlite:data/handover.db --to postgres://owner@db.example.com/bridge
  HANDOVER__STORE__PASSWORD_FILE=/run/secrets/owner handover store copy --from sqlite:old.db --to postgres://…";

/// For what is about to finish by itself.
const LAST_WORK: Duration = Duration::from_millis(500);

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_of_a_closed_pipe() {
                eprintln!("{}", error.told());
            }
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
        Command::Demo(demo::Options::default())
    } else {
        Command::Serve
    });
    match command {
        Command::Serve
        | Command::Check(_)
        | Command::Urls
        | Command::Route(_)
        | Command::Simulate(_)
        | Command::Deliveries(_)
        | Command::Erase(_)
        | Command::Migrate
            if source.is_empty() =>
        {
            Err(Error::NothingConfigured)
        }
        Command::Serve => serve::run(source),
        Command::Demo(_) if named.is_some() => Err(Error::DemoWithConfig),
        Command::Demo(options) => demo::run(options, &source),
        Command::Check(options) => check::run(&load(&source)?, options),
        Command::Urls => urls::run(&load(&source)?),
        Command::Route(options) => route::run(&load(&source)?, options),
        Command::Simulate(options) => simulate::run(&load(&source)?, options),
        Command::Deliveries(action) => deliveries::run(&load(&source)?, action),
        Command::Erase(options) => erase::run(&load(&source)?, &options),
        Command::Console(action) => console::run(action),
        Command::Openapi => openapi::run(),
        Command::Healthcheck => healthcheck::run(&Server::load(&source).map_err(Error::Faults)?),
        Command::Migrate => migrate::run(upkeep(&source)?),
        Command::Store(action) => store::run(upkeep(&source)?, action),
    }
}

fn load(source: &Source) -> Result<Config, Error> {
    Config::load(source).map_err(Error::Faults)
}

fn upkeep(source: &Source) -> Result<Upkeep, Error> {
    Upkeep::load(source).map_err(Error::Faults)
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let processors = available_parallelism().map_or(1, NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers(processors))
        .enable_all()
        .build()
        .map_err(Error::Runtime)
}

/// Runs a bridge to its end, and ends with it: a thread that still waits, for the file of a secret on a disk that hangs or
/// for a name server that is away, has nothing left to do, and is not waited for.
fn run_to_end(bridge: impl Future<Output = Result<(), app::Error>>) -> Result<(), Error> {
    let runtime = runtime()?;
    let ended = runtime.block_on(bridge);
    runtime.shutdown_timeout(LAST_WORK);
    ended?;
    Ok(())
}

/// One a processor, up to what the bridge makes use of: one thread writes to the store, and the rest waits for others. A
/// machine may have hundreds of processors, and the container on it a limit of threads.
fn workers(processors: usize) -> usize {
    const MOST: usize = 16;
    processors.min(MOST)
}

#[cfg(test)]
mod tests;
