//! A desk made by configuration alone.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::Holder,
    config::{self, Fault},
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
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let accepted = |secrets: &Option<_>| secrets.as_ref().map(Accepted::from).unwrap_or_default();
    let hook = http::TemplateHook {
        token: accepted(&desk.token),
        hook_key: accepted(&desk.hook_key),
        hook: settings.hook().cloned().map(Arc::new),
    };
    let mut secrets = vec![
        table.secret("token", Holder::Accepted(hook.token.clone())),
        table.secret("hook_key", Holder::Accepted(hook.hook_key.clone())),
    ];
    secrets.extend(settings.secrets().map(|(name, secret)| {
        let key = format!("secrets.{name}");
        table.secret(&key, Holder::Presented(secret.clone()))
    }));
    Ok(Connection {
        adapter: Arc::new(Template::new(settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Template(hook)),
        secrets,
        address: Some(table.address("api_url", "secrets", &desk.api_url)),
    })
}
