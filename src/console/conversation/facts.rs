//! What is known of a user and of the way here, beside the transcript.

use maud::{Markup, html};
use serde_json::Value;

use super::{context::Context, open_handover};
use crate::{
    console::{
        ages,
        icons::icon,
        texts::{self, happened, languages},
    },
    domain::{
        effect::{Cause, JournalEntry},
        ids::DeskName,
    },
    store::{ConversationView, InboxHandover},
};

pub(super) fn facts(view: &ConversationView, context: &Context<'_>) -> Markup {
    let state = &view.state;
    let payload = state
        .handover
        .as_ref()
        .and_then(|open| open.payload.as_ref());
    html! {
        aside.context.scroller #context tabindex="0" aria-label=(texts::ABOUT) {
            header.context__head {
                h2 { (texts::ABOUT) }
                a.btn.btn--bare.btn--icon.context__close href="#talk" aria-label=(texts::BACK_TO_THE_TRANSCRIPT) { (icon("x")) }
            }
            section {
                h3 { (texts::USER) }
                dl.facts {
                    dt { (texts::NAME) } dd dir="auto" { (context.user_name()) }
                    @if let Some(language) = &state.profile.language { dt { (texts::LANGUAGE) } dd { (languages::language(language)) } }
                    dt { (texts::ID) } dd.mono dir="auto" { (state.key.user.as_str()) }
                    (fields(state.profile.user.fields.iter()))
                }
            }
            section {
                h3 { (texts::CONNECTION) }
                dl.facts {
                    @if let Some(channel) = &state.profile.channel { dt { (texts::CHANNEL) } dd dir="auto" { (channel) } }
                    dt { (texts::BOT_NAME) } dd { (state.key.bot.as_str()) }
                    dt { (texts::REALM) } dd.mono dir="auto" { (state.key.realm) }
                    @if let Some(open) = open_handover(view) { dt { (texts::DESK) } dd { (called(open.desk())) } }
                    dt { (texts::CONVERSATION) } dd.mono { (state.id) }
                }
            }
            @if let Some(payload) = payload.filter(|payload| says_something(payload)) { section { h3 { (texts::FROM_THE_BOT) } dl.facts { (told(payload)) } } }
            @for handover in view.handovers.iter().rev() { (passage(handover, view, context)) }
        }
    }
}

fn fields<'v>(fields: impl Iterator<Item = (&'v String, &'v Value)>) -> Markup {
    html! { @for (name, value) in fields { dt.mono dir="auto" { (name) } dd dir="auto" { (plain(value)) } } }
}

fn says_something(payload: &Value) -> bool {
    !payload.is_null()
        && payload
            .as_object()
            .is_none_or(|members| !members.is_empty())
}

fn told(payload: &Value) -> Markup {
    payload.as_object().map_or_else(
        || html! { dt { (texts::PAYLOAD) } dd dir="auto" { (plain(payload)) } },
        |members| fields(members.iter()),
    )
}

/// How one handover has gone so far.
fn passage(handover: &InboxHandover, view: &ConversationView, context: &Context<'_>) -> Markup {
    let of_it = |entry: &&JournalEntry| entry.handover == Some(handover.id);
    let steps = view.journal.iter().filter(of_it);
    html! {
        section {
            h3 { (texts::HANDOVER) span.num { (called(handover.desk.as_ref())) } }
            ol.journal {
                @for step in steps.filter(|step| step.cause != Cause::Noted) {
                    @if let Some(words) = happened::happened(step, &context.people) {
                        li class=(at(step.cause)) { (ages::time_of(step.at)) span dir="auto" { (words) } }
                    }
                }
            }
            dl.facts { dt { (texts::ID) } dd.mono { (handover.id) } }
        }
    }
}

fn called(desk: Option<&DeskName>) -> &str {
    desk.map_or(texts::NO_DESK, DeskName::as_str)
}

const fn at(cause: Cause) -> &'static str {
    match cause {
        Cause::Requested | Cause::Assigned | Cause::SentOn | Cause::FellBack => "at-wait",
        Cause::Joined | Cause::TakenOver => "at-agent",
        Cause::Resumed | Cause::BotSpeaksAgain => "at-bot",
        Cause::DeadLetter | Cause::BotSpokeOver | Cause::LateMessage => "at-bad",
        _ => "",
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
