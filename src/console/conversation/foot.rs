//! What can be done with a conversation, below its transcript: one form each.

mod acts;
mod claim;
mod compose;

use maud::{Markup, html};

use super::{Draft, context::Context, open_handover};
use crate::{
    clock::new_id,
    console::{
        admins,
        texts::{self, happened},
    },
    domain::ids::{ConversationId, HandoverId},
    store::ConversationView,
};

pub(super) fn foot(view: &ConversationView, context: &Context<'_>, draft: &Draft) -> Markup {
    let at = format!("/console/conversations/{}", view.state.id);
    let Some(open) = open_handover(view) else {
        return html! { (refused(draft)) (with_the_bot(view, context, &at, draft)) };
    };
    let mine = open.operator.as_ref() == Some(&context.who.operator);
    html! {
        (refused(draft))
        @if mine {
            (compose::compose(&at, open.id, context, draft))
        } @else if let Some(operator) = &open.operator {
            div.ended data-held-by=(context.called(operator)) { p { b dir="auto" { (context.called(operator)) } (texts::HAS_IT) } }
        } @else if context.is_here(open) {
            (claim::claim(&at, open, context))
        } @else {
            div.ended {
                @match open.desk() {
                    Some(desk) => p { (texts::IS_AT_DESK) b { (desk.as_str()) } (texts::ANSWERED_THERE) },
                    None => p { (texts::NO_DESK_YET) },
                }
            }
        }
        (acts::acts(&at, open, context, draft))
    }
}

/// Of a page of older messages. What is done now would change the newest page, so it is done there.
pub(super) fn of_older(id: ConversationId) -> Markup {
    html! {
        div.ended {
            p { (texts::THESE_ARE_OLDER) }
            a.btn.btn--main href={ "/console/conversations/" (id) } { (texts::TO_THE_NEWEST) }
        }
    }
}

fn with_the_bot(view: &ConversationView, context: &Context<'_>, at: &str, draft: &Draft) -> Markup {
    let can_take_over = context.can_take_over(&view.state.key.bot);
    html! {
        div.ended {
            @if view.state.handover.is_some() {
                p { (texts::IS_ON_THE_WAY_BACK) }
            } @else if can_take_over {
                p { (has_the_user(view, context)) }
                form method="post" action={ (at) "/take-over" } {
                    (once())
                    button.btn #take-over type="submit" { (texts::TAKE_OVER) }
                }
            } @else {
                p { (has_the_user(view, context)) @if admins::is_admin(context.who) { " " (texts::BOT_CANNOT_BE_PAUSED) } }
            }
            @if context.waiting > 0 {
                a.btn.btn--main #open-next href="/console/next" { (texts::open_next(context.waiting)) }
            }
        }
        @if let Some(ended) = view.handovers.last() { (acts::note_only(at, ended.id, draft)) }
    }
}

/// How the last handover ended, if there was one, and who has the user since.
fn has_the_user(view: &ConversationView, context: &Context<'_>) -> Markup {
    html! {
        @match view.handovers.last() {
            None => (texts::BOT_HAS_THE_USER),
            Some(ended) => {
                (texts::CLOSED)
                @if let Some(reason) = &ended.reason { ": " bdi { (happened::reason(reason)) } }
                ". " (context.bot) (texts::HAS) bdi { (context.user_name()) } (texts::AGAIN)
            }
        }
    }
}

fn refused(draft: &Draft) -> Markup {
    html! { @if let Some(words) = &draft.refused { p.compose__fault .compose__told[draft.is_overtaken] role="alert" { (words) } } }
}

fn hidden(handover: HandoverId) -> Markup {
    html! { input type="hidden" name="handover" value=(handover); (once()) }
}

/// A form that is sent twice does what it says once.
fn once() -> Markup {
    html! { input type="hidden" name="form" value=(new_id()); }
}
