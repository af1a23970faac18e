//! `handover demo`, and `handover` alone where nothing is configured: a bridge to try out.

use clap::{Args, ValueEnum};

use super::{Error, run_to_end};
use crate::{
    app::{self, DemoBot, DemoDesk, DemoOptions},
    config::Source,
    telemetry,
};

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Options {
    /// Where users talk to the bot
    #[arg(long, value_enum, value_name = "PLATFORM", default_value_t)]
    bot: Bot,
    /// Where agents answer
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    desk: Desk,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Bot {
    /// An emulated Chatlayer
    #[default]
    Chatlayer,
    /// An emulated Certainly
    Certainly,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Desk {
    /// The bridge's own console
    #[default]
    Console,
    /// A desk page of its own, by the bridge's protocol
    Webhook,
    /// An emulated Aivo Live
    AivoLive,
    /// An emulated Chatwoot
    Chatwoot,
}

/// `unread`: what a bridge that is not to try out would be configured with.
pub(super) fn run(options: Options, unread: &Source) -> Result<(), Error> {
    if !unread.is_empty() {
        eprintln!(
            "note: `handover demo` makes its own configuration and reads neither HANDOVER_CONFIG nor HANDOVER__…"
        );
    }
    let _last_lines = telemetry::init_for_development()?;
    let bot = match options.bot {
        Bot::Chatlayer => DemoBot::Chatlayer,
        Bot::Certainly => DemoBot::Certainly,
    };
    let desk = match options.desk {
        Desk::Console => DemoDesk::Console,
        Desk::Webhook => DemoDesk::Webhook,
        Desk::AivoLive => DemoDesk::AivoLive,
        Desk::Chatwoot => DemoDesk::Chatwoot,
    };
    run_to_end(app::demo(DemoOptions { bot, desk }))
}
