//! A desk made by configuration alone.

use std::sync::Arc;

use super::{Address, Connection, Context, faults_of};
use crate::{
    app::rotation::Holder,
    config::{self, Fault, KeyPath},
    desks::{
        Desk,
        template::{Settings, SettingsError, Template},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::TemplateDesk,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = KeyPath::default().key("desks").key(name.as_str());
    let settings = Settings::compile(desk)
        .map_err(|faults| faults_of(&table, faults, SettingsError::into_fault))?;
    let accepted = |secrets: &Option<_>| secrets.as_ref().map(Accepted::from).unwrap_or_default();
    let hook = http::TemplateHook {
        token: accepted(&desk.token),
        hook_key: accepted(&desk.hook_key),
        hook: settings.hook().cloned().map(Arc::new),
    };
    let mut secrets = vec![
        (
            format!("{table}.token"),
            Holder::Accepted(hook.token.clone()),
        ),
        (
            format!("{table}.hook_key"),
            Holder::Accepted(hook.hook_key.clone()),
        ),
    ];
    secrets.extend(settings.secrets().map(|(secret, rotating)| {
        let key = format!("{table}.secrets.{secret}");
        (key, Holder::Presented(rotating.clone()))
    }));
    Ok(Connection {
        adapter: Arc::new(Template::new(settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Template(hook)),
        secrets,
        address: Some(Address::new(
            &table,
            "api_url",
            "secrets",
            desk.api_url.as_url(),
        )),
    })
}
