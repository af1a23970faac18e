//! What stands around a transcript: who has it, what is known of the user, and what can be done now.

use maud::{Markup, html};

use super::Draft;
use crate::{
    clock::new_id,
    console::{session::SignedIn, texts},
    domain::conversation::{Handover, PauseState, Phase},
    store::ConversationView,
};

pub(super) fn where_from(view: &ConversationView) -> String {
    let state = &view.state;
    let language = state.handover.as_ref().map(|open| open.language.clone());
    let parts = [
        Some(state.key.bot.to_string()),
        state.profile.channel.clone(),
        language.or_else(|| state.profile.language.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn tag(view: &ConversationView, who: &SignedIn) -> Markup {
    let Some(open) = open(view) else {
        return html! { span.tag.tag--bot { (bot_has_it(view)) } };
    };
    html! {
        @match &open.operator {
            Some(operator) if *operator == who.operator => span.tag.tag--agent { (texts::YOURS_TAG) },
            Some(operator) => span.tag { (operator.as_str()) },
            None => span.tag { (open.leg.desk.as_str()) ", " (texts::phase(open.phase)) },
        }
        @if open.pause != PauseState::Paused { span.tag.tag--warn { (texts::NOT_PAUSED) } }
    }
}

fn bot_has_it(view: &ConversationView) -> &'static str {
    match view.state.handover {
        Some(_) => texts::BACK_TO_THE_BOT,
        None => texts::WITH_THE_BOT,
    }
}

/// The handover that can still be acted on.
fn open(view: &ConversationView) -> Option<&Handover> {
    let open = view.state.handover.as_ref();
    open.filter(|open| open.phase != Phase::Closing)
}

pub(super) fn doing(view: &ConversationView, who: &SignedIn, draft: &Draft) -> Markup {
    let at = format!("/console/conversations/{}", view.state.id);
    let Some(open) = open(view) else {
        return html! {
            (refused(draft))
            div.ended {
                @if view.state.handover.is_some() {
                    p { (texts::IS_ON_THE_WAY_BACK) }
                } @else {
                    p { (texts::BOT_HAS_THE_USER) }
                    form method="post" action={ (at) "/take-over" } { (once()) button.btn type="submit" { (texts::TAKE_OVER) } }
                }
                @if let Some(ended) = view.handovers.last() { (note((&at, &ended.id.to_string()), &draft.as_note())) }
            }
        };
    };
    let handover = open.id.to_string();
    let mine = open.operator.as_ref() == Some(&who.operator);
    let kept = if mine {
        draft.note.clone()
    } else {
        draft.as_note()
    };
    let others = [&kept, &draft.to, &draft.desk, &draft.dialog_state];
    let unfolded = others.iter().any(|typed| !typed.is_empty());
    html! {
        (refused(draft))
        @if mine {
            form.compose method="post" action={ (at) "/reply" } { div.compose__box {
                (hidden(&handover))
                label.sr for="write" { (texts::MESSAGE) }
                textarea #write name="text" rows="3" maxlength="4000" dir="auto" placeholder=(texts::WRITE) { (draft.text) }
                details open[!draft.replies.is_empty() || !draft.file.is_empty()] {
                    summary { (texts::MORE_THAN_TEXT) }
                    div.field { label for="replies" { (texts::QUICK_REPLIES_EACH_LINE) } textarea.input #replies name="replies" rows="2" dir="auto" { (draft.replies) } }
                    div.field { label for="file" { (texts::FILE_BY_ADDRESS) } input.input #file name="file" type="text" inputmode="url" value=(draft.file); }
                }
                div.compose__bar { button.btn.btn--main.btn--small type="submit" { (texts::SEND) } }
            } }
        } @else if let Some(operator) = &open.operator {
            div.ended { p { (operator.as_str()) (texts::HAS_IT) } }
        } @else {
            form.claim method="post" action={ (at) "/claim" } {
                (hidden(&handover))
                p.claim__say { (texts::NOBODY_HAS_IT) }
                button.btn.btn--main type="submit" { (texts::CLAIM) }
            }
        }
        details.ended open[unfolded] {
            summary { (texts::MORE_TO_DO) }
            (note((&at, &handover), &kept))
            @if open.operator.is_some() && mine {
                form method="post" action={ (at) "/assign" } {
                    (hidden(&handover))
                    div.field { label for="to" { (texts::TO_COLLEAGUE) } input.input #to name="to" autocapitalize="none" value=(draft.to); p.field__hint { (texts::EMPTY_TO_WAITING) } }
                    button.btn.btn--small type="submit" { (texts::ASSIGN) }
                }
            }
            form method="post" action={ (at) "/transfer" } {
                (hidden(&handover))
                div.field { label for="desk" { (texts::TO_DESK) } input.input #desk name="desk" autocapitalize="none" required value=(draft.desk); }
                button.btn.btn--small type="submit" { (texts::TRANSFER) }
            }
            form method="post" action={ (at) "/close" } {
                (hidden(&handover))
                div.field {
                    label for="reason" { (texts::REASON) }
                    select.input #reason name="reason" {
                        @for (value, words) in texts::REASONS { option value=(value) { (words) } }
                    }
                }
                div.field { label for="dialog" { (texts::BOT_GOES_ON_AT) } input.input #dialog name="dialog_state" autocapitalize="none" value=(draft.dialog_state); p.field__hint { (texts::EMPTY_AS_CONFIGURED) } }
                button.btn.btn--small type="submit" { (texts::CLOSE) }
            }
        }
    }
}

fn note((at, handover): (&str, &str), kept: &str) -> Markup {
    html! {
        form method="post" action={ (at) "/note" } {
            (hidden(handover))
            div.field { label for="note" { (texts::NOTE) } textarea.input #note name="text" rows="2" maxlength="4000" dir="auto" required { (kept) } }
            button.btn.btn--small type="submit" { (texts::KEEP_NOTE) }
        }
    }
}

pub(super) fn facts(view: &ConversationView) -> Markup {
    let state = &view.state;
    let user = &state.profile.user;
    html! {
        aside.context #context aria-label=(texts::ABOUT) { section {
            dl.facts {
                dt { (texts::USER_ID) } dd dir="auto" { (state.key.user.as_str()) }
                dt { (texts::BOT_NAME) } dd { (state.key.bot.as_str()) }
                dt { (texts::REALM) } dd dir="auto" { (state.key.realm) }
                @if let Some(channel) = &state.profile.channel { dt { (texts::CHANNEL) } dd dir="auto" { (channel) } }
                @for (name, value) in &user.fields { dt dir="auto" { (name) } dd dir="auto" { (plain(value)) } }
                @if let Some(payload) = state.handover.as_ref().and_then(|open| open.payload.as_ref()) {
                    dt { (texts::PAYLOAD) } dd dir="auto" { (plain(payload)) }
                }
                dt { (texts::CONVERSATION) } dd { code { (state.id) } }
                @for handover in &view.handovers {
                    dt { (texts::HANDOVER) }
                    dd { (handover.requested_at) ", " (handover.desk.as_str()) @if let Some(reason) = &handover.reason { ", " (reason) } }
                }
            }
        } }
    }
}

fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn refused(draft: &Draft) -> Markup {
    html! {
        @if let Some(words) = &draft.refused { p.compose__fault role="alert" { (words) } }
    }
}

fn hidden(handover: &str) -> Markup {
    html! { input type="hidden" name="handover" value=(handover); (once()) }
}

/// A form that is sent twice does what it says once.
fn once() -> Markup {
    html! { input type="hidden" name="form" value=(new_id()); }
}
