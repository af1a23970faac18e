//! A desk on Aivo Live.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    config::{self, Fault, KeyPath},
    desks::{
        Desk,
        aivo_live::{AivoLive, Reader, Settings, SettingsError},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::AivoLive,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = KeyPath::default().key("desks").key(name.as_str());
    let settings = Settings::compile(desk)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let hook = http::AivoLiveHook {
        hook_key: Accepted::from(&desk.hook_key),
        reader: Reader::new(name, desk),
    };
    let secrets = vec![
        (
            format!("{table}.bot_token"),
            Holder::Presented(settings.bot_token().clone()),
        ),
        (
            format!("{table}.hook_key"),
            Holder::Accepted(hook.hook_key.clone()),
        ),
    ];
    Ok(Connection {
        adapter: Arc::new(AivoLive::new(settings, context.outbound.clone())),
        hook: Some(http::DeskHook::AivoLive(hook)),
        secrets,
        // What a probe calls.
        address: Some(Address::new(
            &table,
            "groups_url",
            "headers",
            desk.groups_url.as_url(),
        )),
    })
}
