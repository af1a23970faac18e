//! Who did what, the newest first. Nothing can be changed from here.

use std::collections::HashMap;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    ages,
    extract::Query,
    faults::Fault,
    layout::{self, NavItem},
    names,
    session::SignedIn,
    state::State,
    texts::audit as texts,
};
use crate::store::{AuditEntry, Page};

const ROWS: usize = 100;
/// Of an entry that is about nobody, or of somebody unknown.
const NOBODY: &str = "-";

#[derive(Debug, Deserialize)]
struct Params {
    /// The last row of the page before.
    before: Option<i64>,
}

pub(super) fn router() -> Router<State> {
    Router::new().route(NavItem::Audit.path(), get(list))
}

async fn list(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(params): Query<Params>,
) -> Result<Html<String>, Fault> {
    let frame = state.frame(&who, NavItem::Audit).await;
    let trail = state.store().audit_trail(params.before, ROWS).await?;
    let read = trail.items.iter().filter_map(conversation);
    let names = names::of(&state, read).await?;
    let body = html! {
        div.page__in {
            header.page__head {
                div { h1 { (texts::TITLE) } p { (texts::ABOUT) } }
            }
            @if trail.items.is_empty() { (nothing()) } @else { (table(&trail, &names)) }
        }
    };
    Ok(layout::page(&frame, texts::TITLE, &body))
}

fn table(trail: &Page<AuditEntry>, names: &HashMap<Uuid, String>) -> Markup {
    let last = trail.items.last().filter(|_| trail.more);
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(texts::TITLE) {
            table.table.table--cards {
                thead { tr {
                    th scope="col" { (texts::WHEN) } th scope="col" { (texts::WHO) }
                    th scope="col" { (texts::WHAT) } th scope="col" { (texts::ON) }
                } }
                tbody { @for entry in &trail.items { (row(entry, names)) } }
            }
        }
        @if let Some(last) = last {
            p.table-foot { a.btn.btn--small href={ (NavItem::Audit.path()) "?before=" (last.row) } { (texts::OLDER) } }
        }
    }
}

fn row(entry: &AuditEntry, names: &HashMap<Uuid, String>) -> Markup {
    html! {
        tr {
            td.nowrap.num { (ages::since(entry.at)) }
            td { @if entry.actor == NOBODY { (texts::UNKNOWN) } @else { (entry.actor) } }
            td.full { b { (texts::action(&entry.action)) } }
            td.full { (subject(entry, names)) }
        }
    }
}

/// The conversation that was read.
fn conversation(entry: &AuditEntry) -> Option<Uuid> {
    let is_read = entry.action == "transcript.view";
    entry.subject.parse().ok().filter(|_| is_read)
}

/// A user is told of by name where there is one, so that a person can read the trail; the trail itself has the id.
fn subject(entry: &AuditEntry, names: &HashMap<Uuid, String>) -> Markup {
    html! {
        @if let Some(id) = conversation(entry) {
            a href={ "/console/conversations/" (id) } title=(id) {
                @match names.get(&id) {
                    Some(name) => bdi { (name) },
                    None => span.mono { (id) },
                }
            }
        } @else if entry.subject != NOBODY && entry.subject != entry.actor {
            span.mono { (entry.subject) }
        }
    }
}

fn nothing() -> Markup {
    html! {
        div.empty {
            h2 { (texts::NOTHING[0]) }
            p { (texts::NOTHING[1]) }
        }
    }
}
