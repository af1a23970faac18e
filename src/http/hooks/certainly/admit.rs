//! Who calls a hook of a Certainly bot, as far as path and header tell.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::{
    bots::certainly::hook::Reader,
    http::{
        State,
        hooks::BotHook,
        path::InPath,
        problem::Problem,
        secret::{self, Accepted},
        state::Caller,
    },
};

/// What opens the hooks of one bot, and how what comes in is read.
#[derive(Clone, Debug)]
pub struct CertainlyHook {
    pub hook_key: Accepted,
    pub credentials: Credentials,
    pub reader: Arc<Reader>,
}

/// What has to be shown besides the key.
#[derive(Clone, Debug)]
pub enum Credentials {
    None,
    Basic { user: String, password: Accepted },
    Bearer(Accepted),
}

/// A call of a known bot's platform that has shown all that it must.
pub(super) struct Admitted(pub(super) Arc<Reader>);

impl FromRequestParts<State> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let bot = path.get("bot").and_then(|name| state.bot(name));
        let hook = bot.and_then(|bot| match &bot.hook {
            BotHook::Certainly(hook) => Some(hook),
            BotHook::Chatlayer(_) => None,
        });
        let (nobody, key) = (
            Accepted::default(),
            path.get("hook_key").unwrap_or_default(),
        );
        // Both are compared whatever the other gives, so that the time does not tell which was wrong.
        let by_key = hook.map_or(&nobody, |hook| &hook.hook_key).matches(key);
        let shown = hook.is_some_and(|hook| hook.credentials.shown_by(&parts.headers));
        let admitted = hook.filter(|_| by_key && shown);
        admitted
            .map(|hook| Self(Arc::clone(&hook.reader)))
            .ok_or_else(|| state.refuse(caller))
    }
}

impl Credentials {
    fn shown_by(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::None => true,
            Self::Bearer(tokens) => tokens.matches(secret::bearer(headers).unwrap_or_default()),
            Self::Basic { user, password } => {
                let (name, word) = secret::basic(headers).unwrap_or_default();
                let by_name = Accepted::from_iter([user]).matches(&name);
                let by_word = password.matches(&word);
                by_name && by_word
            }
        }
    }
}
