//! A desk on Chatwoot.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::Holder,
    config::{self, Fault},
    desks::{
        Desk,
        chatwoot::{Chatwoot, Reader, Settings, SettingsError, Signatures},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::Chatwoot,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let hook = http::ChatwootHook {
        hook_key: desk.hook_key.as_ref().map(Accepted::from),
        signatures: desk.webhook_secret.as_ref().map(Signatures::from),
        reader: Reader::new(name, desk),
    };
    let token = Holder::Presented(settings.api_access_token().clone());
    let mut secrets = vec![table.secret("api_access_token", token)];
    let hook_key = hook.hook_key.clone().map(Holder::Accepted);
    secrets.extend(hook_key.map(|key| table.secret("hook_key", key)));
    let signed = hook.signatures.as_ref();
    let signed = signed.map(|signatures| Holder::Verifying(signatures.secrets().clone()));
    secrets.extend(signed.map(|secret| table.secret("webhook_secret", secret)));
    Ok(Connection {
        secrets,
        adapter: Arc::new(Chatwoot::new(name, settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Chatwoot(hook)),
        address: Some(table.address("api_url", "api_access_token", &desk.api_url)),
    })
}
