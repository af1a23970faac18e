//! How many messages a server takes: a closed loop on each of so many kept connections, every message another.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;
use tokio::{
    task::{JoinSet, LocalSet},
    time::sleep_until,
};

use crate::{
    Result,
    figures::{Latencies, processor_time},
    message::{self, Template},
    open,
    target::Target,
    vendors::Vendors,
    wire::Wire,
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where messages go, with the query.
    #[arg(long)]
    url: Target,
    /// The server's process, whose processor time is counted.
    #[arg(long)]
    pid: u32,
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
    template: Template,
    target: Target,
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
            open::handovers(arguments.conversations, &arguments.url, &vendors).await?;
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

/// One measurement, of messages from this number on; the next number.
async fn measure(arguments: &Arguments, connections: u64, next: u64) -> Result<u64> {
    let from = Instant::now() + Duration::from_secs_f64(arguments.warm);
    let until = from + Duration::from_secs_f64(arguments.seconds);
    let round = Rc::new(Round {
        template: Template::messages(&arguments.url),
        target: arguments.url.clone(),
        conversations: arguments.conversations,
        repeat: arguments.repeat,
        next: Cell::new(next),
        from,
        until,
        latencies: RefCell::default(),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        tasks.spawn_local(send(Rc::clone(&round)));
    }
    let used = |pid| async move {
        sleep_until(from.into()).await;
        let before = processor_time(pid)?;
        sleep_until(until.into()).await;
        Result::Ok(processor_time(pid)?.saturating_sub(before))
    };
    let (server, generator) = tokio::try_join!(used(arguments.pid), used(std::process::id()))?;
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let spread = round.latencies.take().spread();
    let count = f64::from(u32::try_from(spread.count)?);
    println!(
        "{}",
        json!({
            "connections": connections,
            "per_second": count / arguments.seconds,
            "p50_ms": spread.p50_ms,
            "p99_ms": spread.p99_ms,
            "max_ms": spread.max_ms,
            "cpu_ms_per_1000": server.as_secs_f64() * 1_000_000.0 / count,
            "server_busy": server.as_secs_f64() / arguments.seconds,
            "generator_busy": generator.as_secs_f64() / arguments.seconds,
            "body_bytes": message::size(&arguments.url)?,
        })
    );
    Ok(round.next.get())
}

async fn send(round: Rc<Round>) -> Result<()> {
    let mut template = round.template.clone();
    let mut wire = Wire::connect(round.target.address).await?;
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
