//! What somebody has to see to: what it means and what to do.

use std::collections::HashMap;

use maud::{Markup, html};
use uuid::Uuid;

use super::about;
use crate::{
    config,
    console::{ages, state::Endpoints, texts::health as texts},
    domain::time::Timestamp,
    store::WarningView,
};

/// By what a subject is known: where it is, and what the user of a handover is called.
type Known<'a> = (&'a Endpoints, &'a HashMap<Uuid, String>);

pub(super) fn warnings(warnings: &[WarningView], known: Known<'_>, now: Timestamp) -> Markup {
    if warnings.is_empty() {
        return html! {};
    }
    html! {
        section.sec aria-label=(texts::WARNINGS) {
            div.sec__head { h2 { (texts::WARNINGS) } p { (texts::LOOK_AT_THESE) } }
            div.table-wrap tabindex="0" role="region" aria-label=(texts::TABLE_OF_WARNINGS) {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { (texts::WHAT) } th scope="col" { (texts::WHOM) }
                        th scope="col" { (texts::HOW_OFTEN) } th scope="col" { (texts::LAST) }
                    } }
                    tbody { @for alike in &by_kind(warnings) { (rows(alike, known, now)) } }
                }
            }
        }
    }
}

/// Settings that are allowed, and told as `handover check` tells them.
pub(super) fn doubtful(settings: &[config::Warning]) -> Markup {
    if settings.is_empty() {
        return html! {};
    }
    html! {
        section.sec aria-label=(texts::SETTINGS) {
            div.sec__head {
                h2 { (texts::SETTINGS) }
                p { (texts::WHAT_SETTINGS[0]) code { "handover check" } (texts::WHAT_SETTINGS[1]) }
            }
            ul.doubts { @for setting in settings { li { (setting) } } }
        }
    }
}

/// Those of one kind beside each other, a kind where its first one was.
fn by_kind(warnings: &[WarningView]) -> Vec<Vec<&WarningView>> {
    let mut kinds: Vec<Vec<&WarningView>> = Vec::new();
    for warning in warnings {
        let is_alike = |kind: &&mut Vec<&WarningView>| {
            kind.first().is_some_and(|first| first.kind == warning.kind)
        };
        match kinds.iter_mut().find(is_alike) {
            Some(kind) => kind.push(warning),
            None => kinds.push(vec![warning]),
        }
    }
    kinds
}

/// What warnings of one kind mean is said once.
fn rows(alike: &[&WarningView], known: Known<'_>, now: Timestamp) -> Markup {
    let count = alike.len();
    html! {
        @for (place, warning) in alike.iter().enumerate() {
            tr {
                @if place == 0 {
                    @let [what, advice] = texts::warning(warning.kind);
                    td.full rowspan=(count) { b { (what) } p { (advice) } }
                }
                td.full { (whom(warning, known)) }
                td.num data-label=(texts::HOW_OFTEN) { (warning.count) }
                td.nowrap.num data-label=(texts::LAST) { (ages::short(warning.last_at, now)) }
            }
        }
    }
}

/// What it is about, as the way there.
fn whom(warning: &WarningView, (endpoints, names): Known<'_>) -> Markup {
    let subject = &warning.subject;
    let name = about::handover_of(warning).and_then(|id| names.get(&id));
    let words = html! {
        @match name {
            Some(name) => bdi { (name) },
            None => bdi.mono { (subject) },
        }
    };
    html! {
        @if let Some(address) = about::address(warning, endpoints) {
            a href=(address) title=[name.map(|_| subject)] { (words) }
        } @else { (words) }
    }
}
