//! A desk on Chatwoot.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    config::{self, Fault, Secrets},
    desks::{
        Desk,
        chatwoot::{Chatwoot, Reader, Settings, SettingsError, Signatures},
    },
    domain::ids::DeskName,
    http,
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::Chatwoot,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    let token = Holder::Presented(settings.api_access_token().clone());
    secrets.hold(&desk.api_access_token, token);
    let hook_key = desk.hook_key.as_ref();
    let hook_key = hook_key.map(|key| secrets.accept(key));
    let verify = |secret: &Secrets| {
        let signatures = Signatures::from(secret);
        secrets.hold(secret, Holder::Verifying(signatures.secrets().clone()));
        signatures
    };
    let hook = http::ChatwootHook {
        hook_key,
        signatures: desk.webhook_secret.as_ref().map(verify),
        reader: Reader::new(name, desk),
    };
    Ok(Connection {
        secrets,
        adapter: Arc::new(Chatwoot::new(name, settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Chatwoot(hook)),
        address: Some(table.address("api_url", "api_access_token", &desk.api_url)),
    })
}
