//! Where an agent writes to the user.

use maud::{Markup, html};

use super::hidden;
use crate::{
    console::{
        conversation::{Draft, context::Context, ready, reply::LONGEST},
        icons::icon,
        texts,
    },
    domain::ids::HandoverId,
};

pub(super) fn compose(
    at: &str,
    handover: HandoverId,
    context: &Context<'_>,
    draft: &Draft,
) -> Markup {
    html! {
        form.compose method="post" action={ (at) "/reply" } { div.compose__box {
            (hidden(handover))
            label.sr for="write" { (texts::MESSAGE) }
            textarea #write name="text" rows="2" data-longest=(LONGEST) dir="auto" placeholder=(texts::WRITE) { (draft.text) }
            div.tools {
                (ready_answers(at, context))
                details.tool #choices name="tool" open[draft.has_choices()] {
                    summary { (icon("chips")) span.word { (texts::CHOICES) } }
                    div.tool__body {
                        div.field {
                            label for="replies" { (texts::QUICK_REPLIES_EACH_LINE) }
                            textarea.input #replies name="replies" rows="2" dir="auto" { (draft.replies) }
                        }
                        div.field {
                            label for="buttons" { (texts::BUTTONS_EACH_LINE) }
                            textarea.input #buttons name="buttons" rows="2" dir="auto" { (draft.buttons) }
                            p.field__hint { (texts::HOW_BUTTONS) }
                        }
                    }
                }
                details.tool #attachment name="tool" open[draft.has_file()] {
                    summary { (icon("link")) span.word { (texts::ATTACHMENT) } }
                    div.tool__body {
                        div.field {
                            label for="file" { (texts::FILE_BY_ADDRESS) }
                            input.input #file name="file" type="text" inputmode="url" value=(draft.file);
                        }
                        div.field {
                            label for="file-name" { (texts::FILE_NAME) }
                            input.input #file-name name="file_name" type="text" maxlength="256" dir="auto" value=(draft.file_name);
                        }
                    }
                }
                button.btn.btn--main.btn--small type="submit" { (texts::SEND) }
            }
        } }
    }
}

/// Without script the page comes again with the answer in the field; the script puts it there itself.
fn ready_answers(at: &str, context: &Context<'_>) -> Markup {
    let answers = ready::answers(context);
    html! {
        @if !answers.is_empty() {
            details.tool #ready name="tool" {
                summary { (icon("flash")) span.word { (texts::READY_ANSWERS) } }
                ul.tool__body.menu {
                    @for (name, text) in &answers {
                        li { a.menu__item href=(at_answer(at, name)) data-answer=(text) {
                            b { (name.replace('_', " ")) } span dir="auto" { (text) }
                        } }
                    }
                }
            }
        }
    }
}

fn at_answer(at: &str, name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{at}?answer={name}")
}
