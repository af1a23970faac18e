//! A desk that speaks the bridge's own protocol.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    config::{self, Fault},
    desks::{
        Desk,
        webhook::{Settings, SettingsError, Webhook},
    },
    domain::ids::DeskName,
    http,
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::WebhookDesk,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    let signing = Holder::Signing(settings.secrets().clone());
    secrets.hold(&desk.secret, signing);
    let token = secrets.accept(&desk.token);
    let clock = Arc::clone(&context.clock);
    Ok(Connection {
        adapter: Arc::new(Webhook::new(settings, context.outbound.clone(), clock)),
        hook: Some(http::DeskHook::Api { token }),
        secrets,
        address: Some(table.address("url", "secret", &desk.url)),
    })
}
