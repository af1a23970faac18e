//! A desk made by configuration alone.

use std::sync::Arc;

use super::{Connection, Context, Table};
use crate::{
    app::rotation::{Holder, Holders},
    config::{self, Fault},
    desks::{
        Desk,
        template::{Settings, SettingsError, Template},
    },
    domain::ids::DeskName,
    http,
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::TemplateDesk,
    context: &Context,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Vec<Fault>> {
    let table = Table::of_desk(name);
    let settings = Settings::compile(desk)
        .map_err(|faults| table.faults(faults, SettingsError::into_fault))?;
    let mut secrets = Holders::default();
    for (name, held) in settings.secrets() {
        if let Some(secret) = desk.secrets.get(name) {
            secrets.hold(secret, Holder::Presented(held.clone()));
        }
    }
    let hook = http::TemplateHook {
        token: secrets.accept(&desk.token),
        hook_key: secrets.accept(&desk.hook_key),
        hook: settings.hook().cloned().map(Arc::new),
    };
    Ok(Connection {
        adapter: Arc::new(Template::new(settings, context.outbound.clone())),
        hook: Some(http::DeskHook::Template(hook)),
        secrets,
        address: Some(table.address("api_url", "secrets", &desk.api_url)),
    })
}
