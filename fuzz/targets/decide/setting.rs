//! What the operator has decided, as far as decisions depend on it.

use arbitrary::Arbitrary;
use handover_bridge::domain::{
    fallback::{Audience, Capabilities},
    ids::DeskName,
    policy::{BotPolicy, DeskPolicy, Notice, Policy, Texts, WhenUnsure},
    routing::Route,
};

#[derive(Arbitrary, Debug)]
pub(super) struct Setting {
    accept_in_doubt: bool,
    answer_pauses: bool,
    pause_steps: u8,
    resume_steps: u8,
    history: bool,
    session: bool,
    fallback: Option<bool>,
    takes_at_once: bool,
    one_at_most: bool,
    plain_user: bool,
    plain_agent: bool,
    silent: bool,
    observe: bool,
}

impl Setting {
    pub(super) fn policy(&self) -> Policy {
        let mut policy = Policy {
            observe: self.observe,
            ..Policy::default()
        };
        if self.accept_in_doubt {
            policy.limits.when_unsure = WhenUnsure::Accept;
        }
        let mut bot = BotPolicy {
            answer_pauses: self.answer_pauses,
            pause_steps: usize::from(self.pause_steps % 3),
            resume_steps: usize::from(self.resume_steps % 3),
            ..BotPolicy::default()
        };
        (bot.look_ups.history, bot.look_ups.session) = (self.history, self.session);
        if self.plain_user {
            bot.capabilities = Capabilities::text_only(Audience::User, 20);
        }
        policy.bots.insert("webshop".parse().unwrap(), bot);
        let mut desk = DeskPolicy {
            takes_at_once: self.takes_at_once,
            max_open: self.one_at_most.then_some(std::num::NonZeroU64::MIN),
            ..DeskPolicy::new()
        };
        if self.plain_agent {
            desk.capabilities = Capabilities::text_only(Audience::Agent, 20);
        }
        policy.desks.insert(team(), desk);
        if let Some(takes_at_once) = self.fallback {
            let second: DeskName = "second".parse().unwrap();
            let desk = DeskPolicy {
                takes_at_once,
                ..DeskPolicy::new()
            };
            policy.desks.insert(second.clone(), desk);
            policy.routes.push(Route {
                fallbacks: vec![second],
                ..Route::to(team())
            });
        }
        if !self.silent {
            let texts = Notice::ALL.map(|notice| (notice, format!("{notice:?}")));
            policy.texts = Texts([("en".to_owned(), texts.into())].into());
        }
        policy
    }
}

pub(super) fn team() -> DeskName {
    "team".parse().unwrap()
}
