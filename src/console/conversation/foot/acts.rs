//! What is done beside answering: each unfolds its form.

use maud::{Markup, html};

use super::hidden;
use crate::{
    console::{
        admins,
        conversation::{Draft, actions::NOBODY, context::Context, reply::LONGEST},
        icons::icon,
        texts::{self, happened},
    },
    domain::{conversation::Handover, ids::HandoverId, reason::ClosedAs},
};

pub(super) fn acts(at: &str, open: &Handover, context: &Context<'_>, draft: &Draft) -> Markup {
    let mine = open.operator.as_ref() == Some(&context.who.operator);
    let anothers = open.operator.is_some() && !mine;
    let kept = if mine {
        draft.note.clone()
    } else {
        draft.as_note()
    };
    html! {
        div.acts role="group" aria-label=(texts::MORE_TO_DO) {
            (note(at, open.id, &kept))
            @if mine || anothers && admins::is_admin(context.who) { (assign(at, open, context, draft)) }
            @if !anothers {
                (transfer(at, open, context, draft))
                (close(at, open.id, draft, context.goes_where_chosen()))
            }
        }
    }
}

/// Of a handover that is over.
pub(super) fn note_only(at: &str, handover: HandoverId, draft: &Draft) -> Markup {
    html! { div.acts role="group" aria-label=(texts::MORE_TO_DO) { (note(at, handover, &draft.as_note())) } }
}

fn note(at: &str, handover: HandoverId, kept: &str) -> Markup {
    html! {
        details.tool #do-note name="act" open[!kept.is_empty()] {
            summary { (icon("book")) (texts::NOTE) }
            form.tool__body method="post" action={ (at) "/note" } {
                (hidden(handover))
                div.field {
                    label for="note" { (texts::NOTE_FOR_WHOM) }
                    textarea.input #note name="text" rows="2" data-longest=(LONGEST) dir="auto" required { (kept) }
                }
                button.btn.btn--small type="submit" { (texts::KEEP_NOTE) }
            }
        }
    }
}

fn assign(at: &str, open: &Handover, context: &Context<'_>, draft: &Draft) -> Markup {
    let others = context.people.iter();
    let others = others.filter(|person| Some(&person.operator) != open.operator.as_ref());
    html! {
        details.tool #do-assign name="act" open[!draft.to.is_empty()] {
            summary { (icon("people")) (texts::TO_COLLEAGUE) }
            form.tool__body method="post" action={ (at) "/assign" } {
                (hidden(open.id))
                div.field {
                    label for="to" { (texts::TO_WHOM) }
                    select.input #to name="to" required {
                        option value="" { (texts::CHOOSE_ONE) }
                        @for person in others {
                            @let name = person.operator.as_str();
                            option value=(name) selected[draft.to == name] { (person.called()) }
                        }
                        option value=(NOBODY) selected[draft.to == NOBODY] { (texts::BACK_TO_WAITING) }
                    }
                }
                button.btn.btn--small type="submit" { (texts::ASSIGN) }
            }
        }
    }
}

fn transfer(at: &str, open: &Handover, context: &Context<'_>, draft: &Draft) -> Markup {
    let mut desks = context.other_desks(open).peekable();
    html! {
        @if desks.peek().is_some() {
            details.tool #do-transfer name="act" open[!draft.desk.is_empty()] {
                summary { (icon("transfer")) (texts::TRANSFER) }
                form.tool__body method="post" action={ (at) "/transfer" } {
                    (hidden(open.id))
                    div.field {
                        label for="desk" { (texts::TO_DESK) }
                        select.input #desk name="desk" required {
                            option value="" { (texts::CHOOSE_ONE) }
                            @for desk in desks { option value=(desk) selected[draft.desk == desk.as_str()] { (desk.as_str()) } }
                        }
                        p.field__hint { (texts::TRANSFER_MEANS) }
                    }
                    button.btn.btn--small type="submit" { (texts::TRANSFER) }
                }
            }
        }
    }
}

/// Where the bot would take no notice of a dialog state, none is asked for.
fn close(at: &str, handover: HandoverId, draft: &Draft, goes_where_chosen: bool) -> Markup {
    let Draft {
        reason,
        dialog_state,
        ..
    } = draft;
    html! {
        details.tool #do-close name="act" open[!reason.is_empty()] {
            summary { (icon("check")) (texts::CLOSE) }
            form.tool__body method="post" action={ (at) "/close" } {
                (hidden(handover))
                div.field {
                    label for="reason" { (texts::REASON) }
                    select.input #reason name="reason" {
                        @for closed in ClosedAs::ALL { option value=(closed.label()) selected[reason == closed.label()] { (happened::closed_as(closed)) } }
                    }
                }
                @if goes_where_chosen {
                    div.field {
                        label for="dialog" { (texts::BOT_GOES_ON_AT) }
                        input.input #dialog name="dialog_state" autocapitalize="none" maxlength="256" value=(dialog_state);
                        p.field__hint { (texts::EMPTY_AS_CONFIGURED) }
                    }
                }
                button.btn.btn--small type="submit" { (texts::CLOSE_CONVERSATION) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn closes(goes_where_chosen: bool) -> String {
        let draft = Draft {
            reason: "follow_up".to_owned(),
            ..Draft::default()
        };
        let handover = HandoverId::from_uuid(Uuid::nil());
        close("/at", handover, &draft, goes_where_chosen).into_string()
    }

    #[test]
    fn no_dialog_state_is_asked_for_where_the_bot_takes_no_notice_of_it() {
        let without = closes(false);
        assert!(!without.contains("dialog_state") && without.contains(r#"name="reason""#));
        assert!(closes(true).contains(r#"name="dialog_state""#));
    }

    #[test]
    fn a_reason_that_was_chosen_stays_chosen() {
        let closes = closes(false);
        assert!(closes.contains(r#"value="follow_up" selected"#), "{closes}");
        assert_eq!(closes.matches("selected").count(), 1);
    }
}
