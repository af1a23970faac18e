//! A desk on Chatwoot.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    config::{self, Fault, KeyPath},
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
    let table = KeyPath::default().key("desks").key(name.as_str());
    let settings = Settings::compile(desk)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let hook = http::ChatwootHook {
        hook_key: desk.hook_key.as_ref().map(Accepted::from),
        signatures: desk.webhook_secret.as_ref().map(Signatures::from),
        reader: Reader::new(name, desk),
        clock: Arc::clone(&context.clock),
    };
    let token = settings.api_access_token().clone();
    let mut secrets = vec![("api_access_token", Holder::Presented(token))];
    let key = hook.hook_key.clone();
    secrets.extend(key.map(|key| ("hook_key", Holder::Accepted(key))));
    let signatures = hook.signatures.as_ref();
    secrets.extend(signatures.map(|signatures| {
        let secrets = signatures.secrets().clone();
        ("webhook_secret", Holder::Verifying(secrets))
    }));
    let secrets = secrets.into_iter();
    Ok(Connection {
        secrets: secrets
            .map(|(key, holder)| (format!("{table}.{key}"), holder))
            .collect(),
        adapter: Arc::new(Chatwoot::new(name, settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Chatwoot(hook)),
        address: Some(Address::new(
            &table,
            "api_url",
            "api_access_token",
            desk.api_url.as_url(),
        )),
    })
}
