//! How long a message takes from the platform's call until the desk is called, and how many get through.

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
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Result,
    figures::{Latencies, processor_time},
    message::Template,
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
    /// Where the vendors listen.
    #[arg(long)]
    vendors: SocketAddr,
    /// Messages a second, sent whether or not the ones before have arrived; each number is a measurement of its own.
    #[arg(long, value_delimiter = ',')]
    rates: Vec<u32>,
    /// So many under way at any time, after those.
    #[arg(long)]
    in_flight: Option<u64>,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Not counted, before each measurement.
    #[arg(long, default_value_t = 1.0)]
    warm: f64,
    #[arg(long, default_value_t = 2000)]
    conversations: u64,
    /// Hand the conversations over first.
    #[arg(long)]
    open: bool,
}

struct Round {
    template: Template,
    target: Target,
    vendors: Rc<Vendors>,
    conversations: u64,
    next: Cell<u64>,
    from: Instant,
    until: Instant,
    latencies: RefCell<Latencies>,
    idle: RefCell<Vec<Wire>>,
}

/// A message that has not reached the desk by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, measure_all(arguments))
}

async fn measure_all(arguments: &Arguments) -> Result<()> {
    let vendors = Vendors::listen(arguments.vendors).await?;
    if arguments.open {
        open::handovers(arguments.conversations, &arguments.url, &vendors).await?;
    }
    let mut next = 0;
    for rate in &arguments.rates {
        let round = Round::new(arguments, &vendors, next);
        measure(
            arguments,
            &round,
            json!({"rate": rate}),
            at_rate(&round, *rate),
        )
        .await?;
        next = round.next.get();
    }
    if let Some(in_flight) = arguments.in_flight {
        let round = Round::new(arguments, &vendors, next);
        let kind = json!({"in_flight": in_flight});
        measure(arguments, &round, kind, at_once(&round, in_flight)).await?;
    }
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    round: &Rc<Round>,
    mut line: serde_json::Value,
    sent: impl Future<Output = Result<()>>,
) -> Result<()> {
    let used = |pid| async move {
        tokio::time::sleep_until(round.from.into()).await;
        let before = processor_time(pid)?;
        tokio::time::sleep_until(round.until.into()).await;
        Result::Ok(processor_time(pid)?.saturating_sub(before))
    };
    let generator = used(std::process::id());
    let ((), server, generator) = tokio::try_join!(sent, used(arguments.pid), generator)?;
    let spread = round.latencies.take().spread();
    let count = f64::from(u32::try_from(spread.count)?);
    line["per_second"] = json!(count / arguments.seconds);
    line["p50_ms"] = json!(spread.p50_ms);
    line["p99_ms"] = json!(spread.p99_ms);
    line["max_ms"] = json!(spread.max_ms);
    line["cpu_ms_per_1000"] = json!(server.as_secs_f64() * 1_000_000.0 / count);
    line["server_busy"] = json!(server.as_secs_f64() / arguments.seconds);
    line["generator_busy"] = json!(generator.as_secs_f64() / arguments.seconds);
    println!("{line}");
    Ok(())
}

/// Open loop. A timer that is late sends what it missed at once; each latency counts from its own call.
async fn at_rate(round: &Rc<Round>, rate: u32) -> Result<()> {
    let mut tasks = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while Instant::now() < round.until {
        ticks.tick().await;
        let round = Rc::clone(round);
        tasks.spawn_local(async move {
            let wire = round.idle.borrow_mut().pop();
            let mut wire = match wire {
                Some(wire) => wire,
                None => Wire::connect(round.target.address).await?,
            };
            let number = round.number();
            let mut template = round.template.clone();
            round
                .message(
                    &mut wire,
                    &mut template,
                    (number, number % round.conversations),
                )
                .await?;
            round.idle.borrow_mut().push(wire);
            Result::<()>::Ok(())
        });
        while let Some(done) = tasks.try_join_next() {
            done??;
        }
    }
    all(tasks).await
}

/// Closed loop. Each sender has conversations of its own, so that no message waits for another's of its lane.
async fn at_once(round: &Rc<Round>, in_flight: u64) -> Result<()> {
    let mut tasks = JoinSet::new();
    for sender in 0..in_flight {
        let round = Rc::clone(round);
        tasks.spawn_local(async move {
            let mut wire = Wire::connect(round.target.address).await?;
            let mut template = round.template.clone();
            let own = round.conversations / in_flight;
            for turn in 0.. {
                if Instant::now() >= round.until {
                    break;
                }
                let conversation = sender * own + turn % own;
                let place = (round.number(), conversation);
                round.message(&mut wire, &mut template, place).await?;
            }
            Result::<()>::Ok(())
        });
    }
    all(tasks).await
}

async fn all(mut tasks: JoinSet<Result<()>>) -> Result<()> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

impl Round {
    fn new(arguments: &Arguments, vendors: &Rc<Vendors>, next: u64) -> Rc<Self> {
        let from = Instant::now() + Duration::from_secs_f64(arguments.warm);
        Rc::new(Self {
            template: Template::messages(&arguments.url),
            target: arguments.url.clone(),
            vendors: Rc::clone(vendors),
            conversations: arguments.conversations,
            next: Cell::new(next),
            from,
            until: from + Duration::from_secs_f64(arguments.seconds),
            latencies: RefCell::default(),
            idle: RefCell::default(),
        })
    }

    fn number(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    /// Sends one message, of a number and a conversation, and waits until it has been answered and is at the desk.
    async fn message(
        &self,
        wire: &mut Wire,
        template: &mut Template,
        (number, conversation): (u64, u64),
    ) -> Result<()> {
        let request = template.fill(number, conversation);
        let arrival = self.vendors.await_message(number);
        let start = Instant::now();
        let answer = wire.exchange(request).await?;
        if !answer.is_success() {
            return Err(format!("a message was refused: {}", answer.text()).into());
        }
        let arrived = timeout(PATIENCE, arrival)
            .await
            .map_err(|_| "a message did not reach the desk")??;
        if arrived >= self.from && arrived < self.until {
            self.latencies.borrow_mut().add(arrived - start);
        }
        Ok(())
    }
}
