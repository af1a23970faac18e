//! A desk on Aivo Live.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    config::{self, Fault},
    desks::{
        Desk,
        aivo_live::{AivoLive, Reader, Settings, SettingsError},
    },
    domain::ids::DeskName,
    http,
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::AivoLive,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    let bot_token = Holder::Presented(settings.bot_token().clone());
    secrets.hold(&desk.bot_token, bot_token);
    let hook = http::AivoLiveHook {
        hook_key: secrets.accept(&desk.hook_key),
        reader: Reader::new(name, desk),
    };
    Ok(Connection {
        adapter: Arc::new(AivoLive::new(settings, context.outbound.clone())),
        hook: Some(http::DeskHook::AivoLive(hook)),
        secrets,
        // What a probe calls.
        address: Some(table.address("groups_url", "headers", &desk.groups_url)),
    })
}
