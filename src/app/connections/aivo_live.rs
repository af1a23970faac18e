//! A desk on Aivo Live.

use std::sync::Arc;

use super::{Address, Connection, Ground};
use crate::{
    app::{Error, rotation::Holder},
    config,
    desks::{
        Desk,
        aivo_live::{AivoLive, Reader, Settings},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::AivoLive,
    ground: &Ground,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Error> {
    let settings = Settings::compile(desk).map_err(|source| Error::AivoLive {
        desk: name.clone(),
        source: Box::new(source),
    })?;
    let table = format!("desks.{name}");
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
        adapter: Arc::new(AivoLive::new(settings, ground.outbound.clone())),
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
