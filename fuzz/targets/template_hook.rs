//! What a desk posts that is made by configuration alone, read by the expressions of the documentation's examples and by
//! some that are less careful.
//!
//! Laws: whatever the body is, each of its events is told, passed over or said to be not understood; what is told names a
//! conversation in a text that can be kept; what is said of a failure quotes nothing.
#![no_main]

use std::sync::LazyLock;

use handover_bridge::{
    config::{Config, Kind, Source},
    desks::template::{Hook, Settings, hook::About},
    http::body::check_depth,
};
use handover_fuzz::target;

const EXPRESSIONS: [&str; 3] = [
    r#"
        reference = "body.ticket.id"
        key = "body.id"
        event = "{ 'type': 'message', 'content': { 'type': 'text', 'text': body.text } } if body.kind == 'reply' else { 'type': 'closed', 'reason': body.ticket.state } if body.kind == 'closed' else none"
    "#,
    r#"
        list = "body.events"
        handover = "item.handover"
        reference = "item.room ~ '-' ~ (body.account | default(0))"
        event = "item.event"
        key = "headers['x-id'] | default(item)"
    "#,
    r#"
        list = "body"
        reference = "item | string | upper"
        event = "{ 'type': item.type, 'content': item.content, 'agent': item.agent, 'reason': item | join(',') }"
    "#,
];

static HOOKS: LazyLock<Vec<Hook>> = LazyLock::new(|| EXPRESSIONS.map(hook).to_vec());

target!(|bytes: &[u8]| {
    if check_depth(bytes).is_err() {
        return;
    }
    for hook in HOOKS.iter() {
        let Ok(heard) = hook.hear([("x-id", "1")].into_iter(), bytes) else {
            continue;
        };
        for told in heard.told {
            if let About::Reference(reference) = told.about {
                assert!((1..=256).contains(&reference.len()));
            }
        }
        for error in heard.not_understood {
            let said = format!("{error} {error:?}");
            assert!(said.len() < 1000, "{said}");
        }
    }
});

fn hook(expressions: &str) -> Hook {
    let text = format!(
        r#"
        [desks.tickets]
        kind = "template"
        api_url = "https://tickets.example.com"
        hook_key = "hook-key-of-this-target"
        requests.open = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
        requests.message = {{ method = "POST", url = "{{{{ desk.api_url }}}}" }}
        [desks.tickets.hook]
        {expressions}
        "#
    );
    let config = Config::load(&Source::text("fuzz.toml", text)).expect("a good configuration");
    let Some(Kind::Template(desk)) = config.desks.into_values().next().map(|desk| desk.kind) else {
        panic!("of another kind")
    };
    let settings = Settings::compile(&desk).expect("good expressions");
    settings.hook().expect("it has a hook").clone()
}
