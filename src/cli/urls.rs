//! `handover urls`: what to paste where. The only command that prints the URL of a hook, since that is a secret; the
//! console shows them to admins.

use std::io::{self, Write};

use secrecy::ExposeSecret as _;
use url::Url;

use super::Error;
use crate::{
    config::{
        AivoLive, Certainly, Chatlayer, Chatwoot, Config, HookAuth, Kind, Platform, TemplateDesk,
        WebhookDesk, hooks,
    },
    domain::ids::{BotName, DeskName},
};

pub(super) fn run(config: &Config) -> Result<(), Error> {
    write_all(&mut io::stdout().lock(), config)?;
    Ok(())
}

fn write_all(out: &mut impl Write, config: &Config) -> io::Result<()> {
    let base = hooks::base(&config.server);
    if config.server.public_url.is_none() {
        writeln!(
            out,
            "server.public_url is empty: these addresses work on this machine only.\n"
        )?;
    }
    for (name, bot) in &config.bots {
        match &bot.platform {
            Platform::Chatlayer(bot) => write_chatlayer(out, &base, name, bot)?,
            Platform::Certainly(bot) => write_certainly(out, &base, name, bot)?,
        }
    }
    for (name, desk) in &config.desks {
        match &desk.kind {
            Kind::AivoLive(desk) => write_aivo_live(out, &base, name, desk)?,
            Kind::Chatwoot(desk) => write_chatwoot(out, &base, name, desk)?,
            // Agents sign in; nobody outside calls it.
            Kind::Console(_) => {}
            Kind::Webhook(desk) => write_webhook(out, &base, name, desk)?,
            Kind::Template(desk) => write_template(out, &base, name, desk)?,
        }
    }
    Ok(())
}

fn write_chatlayer(
    out: &mut impl Write,
    base: &str,
    name: &BotName,
    bot: &Chatlayer,
) -> io::Result<()> {
    writeln!(
        out,
        "Bot {name} (Chatlayer), under Settings > Offloading > Webhook"
    )?;
    let hooks = hooks::chatlayer(base, name, bot);
    writeln!(
        out,
        "  API URL              {}",
        hooks.offloading.expose_secret()
    )?;
    if bot.hook_key.is_none() {
        writeln!(
            out,
            "                       Offloads are refused here until bots.{name}.hook_key is set"
        )?;
    }
    writeln!(
        out,
        "  Verify token         (the text of bots.{name}.verify_token)"
    )?;
    if let Some(channel) = hooks.channel {
        writeln!(out, "  and in the settings of its Webhook channel")?;
        writeln!(out, "  Webhook URL          {}", channel.expose_secret())?;
        writeln!(
            out,
            "  Verify token         (the text of bots.{name}.channel_verify_token)"
        )?;
    }
    writeln!(out)
}

fn write_aivo_live(
    out: &mut impl Write,
    base: &str,
    name: &DeskName,
    desk: &AivoLive,
) -> io::Result<()> {
    let hook = hooks::aivo_live(base, name, desk);
    let hook = hook.expose_secret();
    writeln!(out, "Desk {name} (Aivo Live), by a service request to Aivo")?;
    writeln!(out, "  Webhook of botId {}  {hook}", desk.bot_id)?;
    writeln!(out)
}

fn write_chatwoot(
    out: &mut impl Write,
    base: &str,
    name: &DeskName,
    desk: &Chatwoot,
) -> io::Result<()> {
    let hook = hooks::chatwoot(base, name, desk);
    let hook = hook.expose_secret();
    writeln!(
        out,
        "Desk {name} (Chatwoot), in the settings of inbox {}",
        desk.inbox_id
    )?;
    writeln!(out, "  Webhook URL          {hook}")?;
    writeln!(out)
}

fn write_certainly(
    out: &mut impl Write,
    base: &str,
    name: &BotName,
    bot: &Certainly,
) -> io::Result<()> {
    let hooks = hooks::certainly(base, name, bot);
    writeln!(
        out,
        "Bot {name} (Certainly), for the deployment {} alone",
        bot.deployment_id
    )?;
    writeln!(
        out,
        "  Webhook of a claim   POST {}",
        hooks.claim.expose_secret()
    )?;
    writeln!(
        out,
        "  Webhook of messages  POST {}",
        hooks.messages.expose_secret()
    )?;
    match &bot.hook_auth {
        HookAuth::None => {}
        HookAuth::Basic { user, password: _ } => writeln!(
            out,
            "  both with            basic authentication: {user}, and the text of bots.{name}.hook_password"
        )?,
        HookAuth::Bearer(_) => writeln!(
            out,
            "  both with            bearer authentication: the text of bots.{name}.hook_token"
        )?,
    }
    writeln!(out)
}

fn write_webhook(
    out: &mut impl Write,
    base: &str,
    name: &DeskName,
    desk: &WebhookDesk,
) -> io::Result<()> {
    writeln!(out, "Desk {name} (webhook)")?;
    let called = called(desk.url.as_url());
    writeln!(out, "  The bridge calls     {called}")?;
    writeln!(
        out,
        "  and signs with       (the text of desks.{name}.secret)"
    )?;
    write_desk_api(out, base, name)?;
    writeln!(out)
}

fn write_template(
    out: &mut impl Write,
    base: &str,
    name: &DeskName,
    desk: &TemplateDesk,
) -> io::Result<()> {
    writeln!(out, "Desk {name} (template)")?;
    let called = called(desk.api_url.as_url());
    writeln!(out, "  The bridge calls     {called}")?;
    if let Some(hook) = hooks::template(base, name, desk) {
        writeln!(out, "  Its webhook          {}", hook.expose_secret())?;
    }
    if desk.token.is_some() {
        write_desk_api(out, base, name)?;
    }
    writeln!(out)
}

fn write_desk_api(out: &mut impl Write, base: &str, name: &DeskName) -> io::Result<()> {
    writeln!(out, "  Events go to         POST {}", hooks::desk_api(base))?;
    writeln!(out, "  What was said        GET {}", hooks::handover(base))?;
    writeln!(
        out,
        "  both with            Authorization: Bearer (the text of desks.{name}.token)"
    )
}

/// As it is configured, to be compared; only the query is the desk's own matter, and may be a secret.
fn called(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn printed(settings: &str) -> String {
        let config = Config::load(&Source::text("handover.toml", settings)).unwrap();
        let mut out = Vec::new();
        write_all(&mut out, &config).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_the_keyed_url_and_no_other_secret() {
        let printed = printed(
            r#"
            [server]
            public_url = "https://bridge.example.com/"
            [bots.webshop]
            platform = "chatlayer"
            region = "eu"
            access_token = "canary-access"
            verify_token = "canary-verify"
            hook_key = ["first-key-of-the-hook", "second-key-of-the-hook"]
            [desks.custom]
            kind = "webhook"
            url = "https://desk.example.com/hooks?key=canary-query"
            secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            token = "canary-token-of-a-desk"
            "#,
        );
        assert!(printed.contains(
            "https://bridge.example.com/hooks/chatlayer/webshop/first-key-of-the-hook\n"
        ));
        let api = "https://bridge.example.com/api/v1/handovers/{id}";
        for line in [
            "  and signs with       (the text of desks.custom.secret)\n".to_owned(),
            format!("  Events go to         POST {api}/events\n"),
            format!("  What was said        GET {api}\n"),
        ] {
            assert!(printed.contains(&line), "{printed}");
        }
        let called = "The bridge calls     https://desk.example.com/hooks\n";
        assert!(printed.contains(called), "{printed}");
        assert!(!printed.contains("canary"), "{printed}");
        assert!(!printed.contains("second-key"), "{printed}");
    }

    #[test]
    fn a_desk_made_by_configuration_has_its_hook_or_the_desk_api() {
        let printed = printed(
            r#"
            [desks.tickets]
            kind = "template"
            api_url = "https://tickets.example.com/api"
            hook_key = "hook-key-of-the-tickets"
            secrets = { api = "canary" }
            requests.open = { method = "POST", url = "{{ desk.api_url }}" }
            requests.message = { method = "POST", url = "{{ desk.api_url }}" }
            hook = { reference = "body.id", event = "none" }
            "#,
        );
        let hook = "http://127.0.0.1:8080/hooks/template/tickets/hook-key-of-the-tickets\n";
        assert!(printed.contains(hook), "{printed}");
        assert!(
            !printed.contains("/api/v1/") && !printed.contains("canary"),
            "{printed}"
        );
    }

    #[test]
    fn an_inbox_of_chatwoot_has_its_hook_with_the_key_that_is_set() {
        let desk = r#"
            [desks.inbox]
            kind = "chatwoot"
            api_url = "https://chat.example.com"
            account_id = 1
            inbox_id = 2
            api_access_token = "canary-access"
            webhook_secret = "canary-secret"
            "#;
        let hook = "http://127.0.0.1:8080/hooks/chatwoot/inbox";
        let keyless = printed(desk);
        assert!(keyless.contains(&format!("{hook}\n")), "{keyless}");
        let keyed = printed(&format!(
            "{desk}hook_key = \"key-of-the-hook-of-the-inbox\""
        ));
        let path = format!("{hook}/key-of-the-hook-of-the-inbox\n");
        assert!(
            keyed.contains(&path) && keyed.contains("inbox 2"),
            "{keyed}"
        );
        assert!(!keyed.contains("canary"), "{keyed}");
    }

    #[test]
    fn prints_both_hooks_of_a_bot_on_certainly_and_how_to_authenticate() {
        let printed = printed(
            r#"
            [server]
            public_url = "https://bridge.example.com"
            [bots.fashion]
            platform = "certainly"
            deployment_id = "d7"
            access_token = "canary-access"
            hook_key = "key-of-the-hooks-of-fashion"
            hook_user = "certainly"
            hook_password = "canary-password"
            "#,
        );
        let hook = "https://bridge.example.com/hooks/certainly/fashion/key-of-the-hooks-of-fashion";
        assert!(
            printed.contains(&format!("POST {hook}/claim\n")),
            "{printed}"
        );
        assert!(
            printed.contains(&format!("POST {hook}/messages\n")),
            "{printed}"
        );
        assert!(
            printed.contains(
                "basic authentication: certainly, and the text of bots.fashion.hook_password\n"
            ),
            "{printed}"
        );
        assert!(
            printed.contains("deployment d7") && !printed.contains("canary"),
            "{printed}"
        );
    }

    #[test]
    fn says_what_is_missing_where_there_is_no_key() {
        let printed = printed(
            r#"
            [bots.webshop]
            platform = "chatlayer"
            region = "eu"
            access_token = "a"
            verify_token = "v"
            "#,
        );
        assert!(
            printed.contains("http://127.0.0.1:8080/hooks/chatlayer/webshop\n"),
            "{printed}"
        );
        assert!(
            printed.contains("until bots.webshop.hook_key is set"),
            "{printed}"
        );
    }
}
