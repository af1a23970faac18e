//! A desk made by configuration alone.

use std::sync::Arc;

use super::{Address, Connection, Ground};
use crate::{
    app::{Error, rotation::Holder},
    config,
    desks::{
        Desk,
        template::{Settings, Template},
    },
    domain::ids::DeskName,
    http::{self, secret::Accepted},
};

pub(super) fn connect(
    name: &DeskName,
    desk: &config::TemplateDesk,
    ground: &Ground,
) -> Result<Connection<dyn Desk, Option<http::DeskHook>>, Error> {
    let settings = Settings::compile(desk).map_err(|source| Error::Template {
        desk: name.clone(),
        source,
    })?;
    let table = format!("desks.{name}");
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
        adapter: Arc::new(Template::new(settings, ground.outbound.clone())),
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
