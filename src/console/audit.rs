//! Who did what, the newest first. Nothing can be changed from here.

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    ages,
    extract::Query,
    faults::Fault,
    layout::{self, Frame, NavItem},
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
    let counts = state.counts(&who).await;
    let frame = Frame {
        who: &who,
        here: NavItem::Audit,
        counts,
    };
    let trail = state.store().audit_trail(params.before, ROWS).await?;
    let body = html! {
        div.page__in {
            header.page__head {
                div { h1 { (texts::TITLE) } p { (texts::ABOUT) } }
            }
            @if trail.items.is_empty() { (nothing()) } @else { (table(&trail)) }
        }
    };
    Ok(layout::page(&frame, texts::TITLE, &body))
}

fn table(trail: &Page<AuditEntry>) -> Markup {
    let last = trail.items.last().filter(|_| trail.more);
    html! {
        div.table-wrap tabindex="0" role="region" aria-label=(texts::TITLE) {
            table.table.table--cards {
                thead { tr {
                    th scope="col" { (texts::WHEN) } th scope="col" { (texts::WHO) }
                    th scope="col" { (texts::WHAT) } th scope="col" { (texts::ON) }
                } }
                tbody { @for entry in &trail.items { (row(entry)) } }
            }
        }
        @if let Some(last) = last {
            p.table-foot { a.btn.btn--small href={ (NavItem::Audit.path()) "?before=" (last.row) } { (texts::OLDER) } }
        }
    }
}

fn row(entry: &AuditEntry) -> Markup {
    html! {
        tr {
            td.nowrap.num { (ages::since(entry.at)) }
            td { @if entry.actor == NOBODY { (texts::UNKNOWN) } @else { (entry.actor) } }
            td.full { b { (texts::action(&entry.action)) } }
            td.full.mono { (subject(entry)) }
        }
    }
}

fn subject(entry: &AuditEntry) -> Markup {
    let is_conversation = entry.action == "transcript.view";
    let conversation = entry
        .subject
        .parse::<Uuid>()
        .ok()
        .filter(|_| is_conversation);
    html! {
        @if let Some(id) = conversation {
            a href={ "/console/conversations/" (id) } { (id) }
        } @else if entry.subject != NOBODY && entry.subject != entry.actor {
            (entry.subject)
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
