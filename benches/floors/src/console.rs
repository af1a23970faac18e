//! Messages at a steady rate to a bridge whose conversations operators look at: what their open pages cost it, and how
//! long a message takes from the platform's call until it is painted.

mod browser;
mod operator;
mod page;
mod traffic;
mod watched;

use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};
use tokio::{
    task::{LocalSet, spawn_local},
    time::{sleep, sleep_until},
};

use self::{
    operator::Operator,
    page::{Looked, Page, Tally},
    traffic::Traffic,
    watched::Watched,
};
use crate::{Result, figures::processor_time, open, target::Target, vendors::Vendors};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where messages go, with the query.
    #[arg(long)]
    url: Target,
    /// Where the console is: `http://ADDRESS`.
    #[arg(long)]
    console: String,
    /// The server's process, whose processor time is counted.
    #[arg(long)]
    pid: u32,
    /// Where the vendors listen.
    #[arg(long)]
    vendors: SocketAddr,
    /// Everybody's password; their names are `agent_1` and so on.
    #[arg(long)]
    password: String,
    /// Open handovers.
    #[arg(long, default_value_t = 5000)]
    conversations: u64,
    /// Messages a second, whether or not the ones before have been answered.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Open pages, half of them of the inbox, half of a conversation. Two are in a browser, where painting is waited for.
    #[arg(long, default_value_t = 20)]
    consoles: usize,
    /// How many conversations each of the operators has.
    #[arg(long, default_value_t = 20)]
    share: usize,
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Not counted, before that.
    #[arg(long, default_value_t = 3.0)]
    warm: f64,
}

/// What is not on a page by then never comes.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, measure(arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let vendors = Vendors::listen(arguments.vendors).await?;
    open::handovers(arguments.conversations, &arguments.url, &vendors).await?;
    let operators = operators(arguments).await?;
    vendors.quiet().await;
    let line = match operators.as_slice() {
        [talking, looking, others @ ..] => {
            let watched = Watched::open(talking, looking).await?;
            let measured = with_browsers(arguments, others, &watched).await;
            watched.close().await?;
            measured?
        }
        others => under(arguments, others, &traffic(arguments)).await?,
    };
    println!("{line}");
    Ok(())
}

/// Signs everybody in and has each claim their share, one after the other: all want those who wait longest.
async fn operators(arguments: &Arguments) -> Result<Vec<Operator>> {
    let mut operators = Vec::new();
    for number in 1..=arguments.consoles {
        let name = format!("agent_{number}");
        let operator = Operator::sign_in(&arguments.console, &name, &arguments.password).await?;
        operator.claim(arguments.share).await?;
        operators.push(operator);
    }
    Ok(operators)
}

async fn with_browsers(
    arguments: &Arguments,
    others: &[Operator],
    watched: &Watched,
) -> Result<Value> {
    watched.begin().await?;
    let traffic = traffic(arguments);
    traffic.favour(watched.talked);
    let mut line = under(arguments, others, &traffic).await?;
    sleep(PATIENCE).await;
    let [talk, row] = watched.pixels(&traffic.sent()).await?;
    line["talk"] = json!(talk);
    line["row"] = json!(row);
    Ok(line)
}

fn traffic(arguments: &Arguments) -> Traffic {
    let from = Instant::now() + Duration::from_secs_f64(arguments.warm);
    let until = from + Duration::from_secs_f64(arguments.seconds);
    Traffic::new(&arguments.url, arguments.conversations, (from, until))
}

/// What the bridge does while messages come and the pages of these operators are open.
async fn under(arguments: &Arguments, operators: &[Operator], traffic: &Traffic) -> Result<Value> {
    let tally = Rc::new(Tally::default());
    for (number, operator) in operators.iter().enumerate() {
        let looked = if number % 2 == 0 {
            Looked::Inbox
        } else {
            Looked::Conversation(operator.own().await?.id)
        };
        let page = Page::open(operator.clone(), looked, Rc::clone(&tally)).await?;
        spawn_local(async move {
            if let Err(error) = page.stay_open().await {
                eprintln!("an open page broke: {error}");
            }
        });
    }
    let (from, until) = traffic.span();
    let used = |pid| async move {
        sleep_until(from.into()).await;
        let before = processor_time(pid)?;
        sleep_until(until.into()).await;
        Result::Ok(processor_time(pid)?.saturating_sub(before))
    };
    let counted = async {
        sleep_until(from.into()).await;
        tally.reset();
        sleep_until(until.into()).await;
        Result::Ok(tally.counts())
    };
    let (hooks, server, generator, counts) = tokio::try_join!(
        traffic.send(arguments.rate),
        used(arguments.pid),
        used(std::process::id()),
        counted
    )?;
    let seconds = arguments.seconds;
    let messages = f64::from(u32::try_from(hooks.count)?);
    Ok(json!({
        "per_second": messages / seconds,
        "p50_ms": hooks.p50_ms,
        "p95_ms": hooks.p95_ms,
        "p99_ms": hooks.p99_ms,
        "max_ms": hooks.max_ms,
        "cpu_ms_per_1000": server.as_secs_f64() * 1_000_000.0 / messages,
        "cpu_ms_per_message": server.as_secs_f64() * 1000.0 / messages,
        "server_busy": server.as_secs_f64() / seconds,
        "generator_busy": generator.as_secs_f64() / seconds,
        "events_per_second": f64::from(counts.events) / seconds,
        "pages_per_second": f64::from(counts.pages) / seconds,
        "page_kb": f64::from(counts.bytes) / 1024.0 / f64::from(counts.pages.max(1)),
    }))
}
