//! The floors that the bridge is measured against, and what measures them. `benches/run` is the only caller; it pins
//! the floors to one core and the measuring commands to another.
//!
//! Floors answer the platform's `messages` call and carry none of what makes the bridge one: no authentication, repeats,
//! order, retries, log or retention. [`load`] and [`flow`] measure a floor, a peer or the bridge by the same code, so
//! that what they cost themselves is in all figures alike. Results are JSON, one line each.

mod bare;
mod console;
mod disk;
mod envelope;
mod figures;
mod flow;
mod group;
mod load;
mod message;
mod open;
mod processes;
mod relay;
mod target;
mod unnest;
mod vendors;
mod wire;
mod writer;

use clap::{Parser, Subcommand};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Floor: parses the message and answers.
    Bare(bare::Arguments),
    /// Floor: the same, and answers after event and outbox row are on disk.
    Group(group::Arguments),
    /// Floor: the same by PostgreSQL.
    Unnest(unnest::Arguments),
    /// Floor: as group, and calls a desk and settles the row.
    Relay(relay::Arguments),
    /// What one synced append costs here and now.
    Disk(disk::Arguments),
    /// Measures how many messages a server takes.
    Load(load::Arguments),
    /// Measures how long a message takes to the desk.
    Flow(flow::Arguments),
    /// Measures what open pages of the console cost, and how long a message takes to be painted.
    Console(console::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bare(arguments) => bare::run(&arguments),
        Command::Group(arguments) => group::run(&arguments),
        Command::Unnest(arguments) => unnest::run(&arguments),
        Command::Relay(arguments) => relay::run(&arguments),
        Command::Disk(arguments) => disk::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Flow(arguments) => flow::run(&arguments),
        Command::Console(arguments) => console::run(&arguments),
    }
}
