//! How long a message takes from the platform's call until the desk is called, and how many get through.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;
use tokio::{
    sync::oneshot,
    task::{JoinSet, LocalSet},
    time::{MissedTickBehavior, interval, timeout},
};

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
    /// Where messages go, with the query. Of several, each takes its turn.
    #[arg(long, value_delimiter = ',', required = true)]
    url: Vec<Target>,
    #[command(flatten)]
    processes: Processes,
    /// Where the vendors listen.
    #[arg(long)]
    vendors: SocketAddr,
    /// Messages a second, sent whether or not the ones before have arrived; each number is a measurement of its own.
    #[arg(long, value_delimiter = ',')]
    rates: Vec<u32>,
    /// So many under way at any time, after those.
    #[arg(long)]
    in_flight: Option<u64>,
    /// Of those, so many are of one conversation each time: answered one after the other, and on their way to the desk
    /// together. They have to reach it in their order.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    burst: u64,
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
    targets: Vec<(Target, Template)>,
    vendors: Rc<Vendors>,
    conversations: u64,
    next: Cell<u64>,
    from: Instant,
    until: Instant,
    latencies: RefCell<Latencies>,
    idle: RefCell<Vec<Sender>>,
}

/// Its connections and requests, one for each of the servers.
struct Sender(VecDeque<(Wire, Template)>);

/// A message that was answered.
struct Sent {
    arrival: oneshot::Receiver<Instant>,
    start: Instant,
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
        let first = arguments.url.first().ok_or("no URL")?;
        open::handovers(arguments.conversations, first, &vendors).await?;
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
        measure(
            arguments,
            &round,
            kind,
            at_once(&round, (in_flight, arguments.burst)),
        )
        .await?;
    }
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    round: &Rc<Round>,
    mut line: serde_json::Value,
    sent: impl Future<Output = Result<()>>,
) -> Result<()> {
    let times = (round.from, round.until);
    let ((), (used, generator)) = tokio::try_join!(sent, used(&arguments.processes, times))?;
    let spread = round.latencies.take().spread();
    let count = f64::from(u32::try_from(spread.count)?);
    line["per_second"] = json!(count / arguments.seconds);
    line["p50_ms"] = json!(spread.p50_ms);
    line["p99_ms"] = json!(spread.p99_ms);
    line["max_ms"] = json!(spread.max_ms);
    line["generator_busy"] = json!(generator.as_secs_f64() / arguments.seconds);
    used.tell(&mut line, (count, arguments.seconds));
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
            let idle = round.idle.borrow_mut().pop();
            let mut sender = match idle {
                Some(sender) => sender,
                None => Sender::connect(&round.targets).await?,
            };
            let number = round.number();
            let conversation = number % round.conversations;
            let sent = round.send(&mut sender, (number, conversation)).await?;
            round.arrive(sent).await?;
            round.idle.borrow_mut().push(sender);
            Result::<()>::Ok(())
        });
        while let Some(done) = tasks.try_join_next() {
            done??;
        }
    }
    all(tasks).await
}

/// Closed loop. Each sender has conversations of its own, so that no message waits for another's of its lane.
async fn at_once(round: &Rc<Round>, (in_flight, burst): (u64, u64)) -> Result<()> {
    let mut tasks = JoinSet::new();
    for place in 0..in_flight {
        let round = Rc::clone(round);
        tasks.spawn_local(async move {
            let mut sender = Sender::connect(&round.targets).await?;
            let own = round.conversations / in_flight;
            for turn in 0.. {
                if Instant::now() >= round.until {
                    break;
                }
                let conversation = place * own + turn % own;
                round.burst(&mut sender, (burst, conversation)).await?;
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
            targets: message::of_each(&arguments.url),
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

    /// Messages of one conversation, one after the other, until all of them are at the desk.
    async fn burst(&self, sender: &mut Sender, (count, conversation): (u64, u64)) -> Result<()> {
        let mut sent = Vec::new();
        for _ in 0..count {
            sent.push(self.send(sender, (self.number(), conversation)).await?);
        }
        let mut before = None;
        for one in sent {
            let arrived = self.arrive(one).await?;
            if before.is_some_and(|before| arrived < before) {
                return Err("a message has overtaken one of its conversation".into());
            }
            before = Some(arrived);
        }
        Ok(())
    }

    /// Sends one message, of a number and a conversation, and waits until it has been answered.
    async fn send(&self, sender: &mut Sender, place: (u64, u64)) -> Result<Sent> {
        let (mut wire, mut template) = sender.0.pop_front().ok_or("nowhere to send to")?;
        let (number, conversation) = place;
        let arrival = self.vendors.await_message(number);
        let request = template.fill(number, conversation);
        let start = Instant::now();
        let answer = wire.exchange(request).await?;
        if !answer.is_success() {
            return Err(format!("a message was refused: {}", answer.text()).into());
        }
        sender.0.push_back((wire, template));
        Ok(Sent { arrival, start })
    }

    /// Waits until a message is at the desk.
    async fn arrive(&self, sent: Sent) -> Result<Instant> {
        let arrived = timeout(PATIENCE, sent.arrival)
            .await
            .map_err(|_| "a message did not reach the desk")??;
        if arrived >= self.from && arrived < self.until {
            self.latencies.borrow_mut().add(arrived - sent.start);
        }
        Ok(arrived)
    }
}

impl Sender {
    async fn connect(targets: &[(Target, Template)]) -> Result<Self> {
        let mut all = VecDeque::new();
        for (target, template) in targets {
            all.push_back((Wire::connect(target.address).await?, template.clone()));
        }
        Ok(Self(all))
    }
}
