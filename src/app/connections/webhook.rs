//! A desk that speaks the bridge's own protocol.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    config::{self, Fault, KeyPath},
    desks::{
        Desk,
        webhook::{Settings, SettingsError, Webhook},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::WebhookDesk,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = KeyPath::default().key("desks").key(name.as_str());
    let settings = Settings::compile(desk)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let token = Accepted::from(&desk.token);
    let secrets = vec![
        (
            format!("{table}.secret"),
            Holder::Signing(settings.secrets().clone()),
        ),
        (format!("{table}.token"), Holder::Accepted(token.clone())),
    ];
    let clock = Arc::clone(&context.clock);
    Ok(Connection {
        adapter: Arc::new(Webhook::new(settings, context.outbound.clone(), clock)),
        hook: Some(http::DeskHook::Api { token }),
        secrets,
        address: Some(Address::new(&table, "url", "secret", desk.url.as_url())),
    })
}
