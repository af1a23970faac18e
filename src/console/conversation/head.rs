//! What stands above a transcript: whose it is, and who has it.

use maud::{Markup, html};

use super::{context::Context, open_handover};
use crate::{
    console::{
        icons::icon,
        texts::{self, languages},
    },
    domain::conversation::PauseState,
    store::ConversationView,
};

pub(super) fn head(view: &ConversationView, context: &Context<'_>) -> Markup {
    html! {
        header.talk__head {
            a.btn.btn--bare.btn--icon.talk__back href="/console" aria-label=(texts::BACK_TO_THE_LIST) { (icon("back")) }
            div.talk__who {
                h2.clip dir="auto" { (context.user_name()) }
                p.talk__sub { span.clip dir="auto" { (where_from(view)) } (tags(view, context)) }
            }
            a.btn.btn--bare.btn--icon.talk__more href="#context" aria-label=(texts::ABOUT) { (icon("info")) }
        }
    }
}

fn where_from(view: &ConversationView) -> String {
    let state = &view.state;
    let language = state.handover.as_ref().map(|open| open.language.clone());
    let parts = [
        Some(state.key.bot.to_string()),
        state.profile.channel.clone(),
        language
            .or_else(|| state.profile.language.clone())
            .map(|code| languages::short(&code).to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn tags(view: &ConversationView, context: &Context<'_>) -> Markup {
    let Some(open) = open_handover(view) else {
        let words = match view.state.handover {
            Some(_) => texts::BACK_TO_THE_BOT,
            None => texts::WITH_THE_BOT,
        };
        return html! { span.tag.tag--bot { (words) } };
    };
    html! {
        @match &open.operator {
            Some(operator) if *operator == context.who.operator => span.tag.tag--agent { (texts::YOURS_TAG) },
            Some(operator) => span.tag { (texts::WITH) (context.called(operator)) },
            None => span.tag { @if let Some(desk) = open.desk() { (desk.as_str()) ", " } (texts::phase(open.phase)) },
        }
        @if open.pause != PauseState::Paused { span.tag.tag--warn { (texts::NOT_PAUSED) } }
    }
}
