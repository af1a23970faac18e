//! `handover demo`, and `handover` alone where nothing is configured: a bridge to try out.

use clap::{Args, ValueEnum};

use super::{Error, runtime};
use crate::{
    app::{self, DemoBot, DemoOptions},
    telemetry,
};

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Options {
    /// Where users talk to the bot
    #[arg(long, value_enum, value_name = "PLATFORM", default_value_t)]
    bot: Bot,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Bot {
    /// An emulated Chatlayer
    #[default]
    Chatlayer,
    /// An emulated Certainly
    Certainly,
}

pub(super) fn run(options: Options) -> Result<(), Error> {
    telemetry::init_for_development()?;
    let bot = match options.bot {
        Bot::Chatlayer => DemoBot::Chatlayer,
        Bot::Certainly => DemoBot::Certainly,
    };
    runtime()?.block_on(app::demo(DemoOptions { bot }))?;
    Ok(())
}
