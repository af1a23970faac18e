//! How many messages a server takes: a closed loop on each of so many kept connections, every message another.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use crate::{
    Result,
    figures::Latencies,
    message::{self, Template},
    open,
    processes::{Processes, used},
    target::Target,
    vendors::Vendors,
    wire::Wire,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where messages go, with the query. Of several, connections are spread over them.
    #[arg(long, value_delimiter = ',', required = true)]
    url: Vec<Target>,
    #[command(flatten)]
    processes: Processes,
    /// How many connections; each number is a measurement of its own.
    #[arg(long, value_delimiter = ',')]
    connections: Vec<u64>,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Not counted, before each measurement.
    #[arg(long, default_value_t = 2.0)]
    warm: f64,
    #[arg(long, default_value_t = 2000)]
    conversations: u64,
    /// Hand the conversations over first, with this as the vendors' address; the desk is busy after that.
    #[arg(long)]
    open: Option<SocketAddr>,
    /// Send each conversation's one message again and again.
    #[arg(long)]
    repeat: bool,
}

/// What the connections of one measurement share.
struct Round {
    targets: Vec<(Target, Template)>,
    conversations: u64,
    repeat: bool,
    next: Cell<u64>,
    from: Instant,
    until: Instant,
    latencies: RefCell<Latencies>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, measure_all(arguments))
}

async fn measure_all(arguments: &Arguments) -> Result<()> {
    let vendors = match arguments.open {
        Some(address) => {
            let vendors = Vendors::listen(address).await?;
            open::handovers(arguments.conversations, first(arguments)?, &vendors).await?;
            vendors.be_busy();
            Some(vendors)
        }
        None => None,
    };
    let mut next = 0;
    for connections in &arguments.connections {
        next = measure(arguments, *connections, next).await?;
    }
    if let Some(vendors) = vendors
        && !arguments.connections.is_empty()
        && vendors.refused() == 0
    {
        return Err("the desk was never called, so that it cannot have been paused".into());
    }
    Ok(())
}

fn first(arguments: &Arguments) -> Result<&Target> {
    arguments.url.first().ok_or_else(|| "no URL".into())
}

/// One measurement, of messages from this number on; the next number.
async fn measure(arguments: &Arguments, connections: u64, next: u64) -> Result<u64> {
    let from = Instant::now() + Duration::from_secs_f64(arguments.warm);
    let until = from + Duration::from_secs_f64(arguments.seconds);
    let round = Rc::new(Round {
        targets: message::of_each(&arguments.url),
        conversations: arguments.conversations,
        repeat: arguments.repeat,
        next: Cell::new(next),
        from,
        until,
        latencies: RefCell::default(),
    });
    let mut tasks = JoinSet::new();
    let targets = round.targets.iter().cycle();
    for ((target, template), _) in targets.zip(0..connections) {
        let (target, template) = (target.clone(), template.clone());
        tasks.spawn_local(send(Rc::clone(&round), target, template));
    }
    let (used, generator) = used(&arguments.processes, (from, until)).await?;
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let spread = round.latencies.take().spread();
    let count = f64::from(u32::try_from(spread.count)?);
    let mut line = json!({
        "connections": connections,
        "per_second": count / arguments.seconds,
        "p50_ms": spread.p50_ms,
        "p99_ms": spread.p99_ms,
        "max_ms": spread.max_ms,
        "generator_busy": generator.as_secs_f64() / arguments.seconds,
        "body_bytes": message::size(first(arguments)?)?,
    });
    used.tell(&mut line, (count, arguments.seconds));
    println!("{line}");
    Ok(round.next.get())
}

async fn send(round: Rc<Round>, target: Target, mut template: Template) -> Result<()> {
    let mut wire = Wire::connect(target.address).await?;
    loop {
        let number = round.next.replace(round.next.get() + 1);
        let conversation = number % round.conversations;
        let number = if round.repeat { conversation } else { number };
        let request = template.fill(number, conversation);
        let start = Instant::now();
        let answer = wire.exchange(request).await?;
        let end = Instant::now();
        if !answer.is_success() {
            return Err(format!("a message was refused: {}", answer.text()).into());
        }
        if end >= round.until {
            return Ok(());
        }
        if end >= round.from {
            round.latencies.borrow_mut().add(end - start);
        }
    }
}
