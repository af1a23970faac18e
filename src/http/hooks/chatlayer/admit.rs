//! Who calls a Chatlayer hook, as far as path and query tell.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    ChatlayerHook,
    channel::{InDoubt, Turns},
    token::Presented,
};
use crate::{
    domain::ids::BotName,
    http::{
        State, hooks::BotHook, path::InPath, problem::Problem, secret::Accepted, state::Caller,
    },
};

/// A call of a known bot's platform that has shown nothing wrong, and its key or its token.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) bot: BotName,
    pub(super) hook: ChatlayerHook,
    pub(super) by_key: bool,
    pub(super) by_token: bool,
    pub(super) caller: Caller,
}

/// A call of a known bot's Webhook channel with the right key. Its token is in the body.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) bot: BotName,
    pub(super) channel_verify_token: Accepted,
    pub(super) turns: Turns,
    pub(super) in_doubt: InDoubt,
    pub(super) caller: Caller,
}

impl FromRequestParts<State> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let hook = path.get("bot").and_then(|name| hook_of(state, name));
        let nobody = Accepted::default();
        let keys = hook.map_or(&nobody, |(_, hook)| &hook.hook_key);
        let right = keys.matches(path.get("hook_key").unwrap_or_default());
        match hook {
            Some((bot, hook)) if right => Ok(Self {
                bot: bot.clone(),
                channel_verify_token: hook.channel_verify_token.clone(),
                turns: hook.turns.clone(),
                in_doubt: hook.in_doubt.clone(),
                caller,
            }),
            _ => Err(state.refuse(caller)),
        }
    }
}

impl FromRequestParts<State> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let Ok(path) = InPath::from_request_parts(parts, state).await;
        let token = Presented::in_query(parts.uri.query().unwrap_or_default());
        let shown = Shown {
            name: path.get("bot"),
            key: path.get("hook_key"),
            token: &token,
        };
        admit(state, &shown, caller).ok_or_else(|| state.refuse(caller))
    }
}

/// What a call shows of whom it is for, and of who makes it.
struct Shown<'a> {
    name: Option<&'a str>,
    key: Option<&'a str>,
    token: &'a Presented,
}

fn admit(state: &State, shown: &Shown<'_>, caller: Caller) -> Option<Admitted> {
    let Shown { name, key, token } = *shown;
    let bot = name.and_then(|name| hook_of(state, name));
    let nobody = Accepted::default();
    let (keys, tokens) = bot.map_or((&nobody, &nobody), |(_, hook)| {
        (&hook.hook_key, &hook.verify_token)
    });
    // Both are compared whatever the other gives, so that the time does not tell which was wrong.
    let by_key = key.map(|key| keys.matches(key));
    let by_token = match token {
        Presented::Nothing => None,
        Presented::Token(token) => Some(tokens.matches(token)),
        Presented::Unusable => Some(false),
    };
    let nothing_wrong = by_key != Some(false) && by_token != Some(false);
    let something_right = by_key == Some(true) || by_token == Some(true);
    (nothing_wrong && something_right).then_some(())?;
    Some(Admitted {
        bot: bot?.0.clone(),
        hook: bot?.1.clone(),
        by_key: by_key.is_some(),
        by_token: by_token.is_some(),
        caller,
    })
}

fn hook_of<'s>(state: &'s State, name: &str) -> Option<(&'s BotName, &'s ChatlayerHook)> {
    let bot = state.bot(name)?;
    match &bot.hook {
        BotHook::Chatlayer(hook) => Some((&bot.name, hook)),
        BotHook::Certainly(_) => None,
    }
}
