//! The list of conversations: alone at `/console`, and beside a conversation.

mod arch;
mod row;
mod said;
mod wanted;

use axum::{Router, extract::State as Shared, response::Html, routing::get};
use maud::{Markup, html};

use self::{
    row::View,
    wanted::{Part, Which},
};
pub(super) use self::{said::gist_of, wanted::Wanted};
use super::{
    extract::Query,
    faults::Fault,
    icons::icon,
    layout::{self, Frame, Place},
    session::SignedIn,
    state::State,
    texts,
};
use crate::{
    domain::ids::ConversationId,
    store::{InboxCounts, InboxList, InboxRow, Page},
};

pub(super) fn router() -> Router<State> {
    Router::new().route("/console", get(inbox))
}

async fn inbox(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Fault> {
    let counts = state.store().inbox_counts(&who.operator).await?;
    let frame = Frame {
        who: &who,
        here: Place::Inbox,
        counts,
    };
    let list = list(&state, &frame, &wanted, wanted.open).await?;
    if wanted.part == Part::List {
        return Ok(layout::part(&frame, texts::INBOX, &list));
    }
    Ok(alone(&frame, &list))
}

/// The list that is wanted, `open` marked in it; nothing of it, where a page has it already.
pub(super) async fn list(
    state: &State,
    frame: &Frame<'_>,
    wanted: &Wanted,
    open: Option<ConversationId>,
) -> Result<Markup, Fault> {
    if wanted.part == Part::Talk {
        return Ok(html! {});
    }
    let found = found(state, frame.who, wanted).await?;
    let people = state.door().everybody();
    let view = View {
        who: &frame.who.operator,
        people: &people,
        now: state.now(),
        wanted,
        open,
    };
    Ok(section(&found, frame.counts, view))
}

/// What the store has of what is wanted.
#[derive(Debug)]
enum Found {
    Now {
        mine: Page<InboxRow>,
        waiting: Page<InboxRow>,
    },
    One(Page<InboxRow>),
}

async fn found(state: &State, who: &SignedIn, wanted: &Wanted) -> Result<Found, Fault> {
    let read = async |list| {
        let query = wanted.query(list, &who.operator);
        state.store().inbox(query).await
    };
    let list = match wanted.list {
        Which::Now => {
            let mine = read(InboxList::Mine).await?;
            let waiting = read(InboxList::Waiting).await?;
            return Ok(Found::Now { mine, waiting });
        }
        Which::Mine => InboxList::Mine,
        Which::Waiting => InboxList::Waiting,
        Which::Open => InboxList::Open,
        Which::Bot => InboxList::WithBot,
        Which::Closed => InboxList::Closed,
    };
    Ok(Found::One(read(list).await?))
}

fn section(found: &Found, counts: InboxCounts, view: View<'_>) -> Markup {
    html! {
        section.list #inbox data-at=(view.now.as_millis()) aria-label=(texts::CONVERSATIONS) {
            div.list__top {
                div.list__title { h2 { (texts::INBOX) } }
                (search(view.wanted))
                @if let Found::Now { waiting, .. } = found && !view.wanted.is_narrowed() {
                    (arch::arch(&waiting.items, counts.waiting, view))
                }
                (narrowing(view.wanted))
                (tabs(view.wanted, counts))
            }
            div.list__body.scroller tabindex="0" role="region" aria-label=(texts::LIST) {
                @match found {
                    Found::Now { mine, waiting } => (now(mine, waiting, view)),
                    Found::One(page) if page.items.is_empty() => (empty(view.wanted)),
                    Found::One(page) => (rows(page, view.wanted.list, view)),
                }
            }
        }
    }
}

fn search(wanted: &Wanted) -> Markup {
    html! {
        form.search role="search" action="/console" {
            label.sr for="q" { (texts::SEARCH) }
            (icon("search"))
            input.input #q type="search" name="q" placeholder=(texts::SEARCH_HINT) value=[wanted.text()] dir="auto";
            @for (name, value) in wanted.as_narrowing() { input type="hidden" name=(name) value=(value); }
        }
    }
}

/// Says that not everything is shown, and why.
fn narrowing(wanted: &Wanted) -> Markup {
    let Some(name) = wanted.narrowed_to() else {
        return html! {};
    };
    html! {
        p.quiet { (texts::ONLY) (name) " · " a href=(wanted.wide().href()) { (texts::SHOW_ALL) } }
    }
}

fn tabs(wanted: &Wanted, counts: InboxCounts) -> Markup {
    let tabs = [
        (
            Which::Now,
            texts::TAB_NOW,
            Some(counts.mine + counts.waiting),
        ),
        (Which::Open, texts::TAB_OPEN, Some(counts.open)),
        (Which::Bot, texts::TAB_BOT, None),
        (Which::Closed, texts::TAB_CLOSED, None),
    ];
    html! {
        nav.tabs aria-label=(texts::WHICH) {
            @for (list, name, count) in tabs {
                a href=(wanted.of(list).href()) aria-current=[(list == wanted.list.tab()).then_some("page")] {
                    (name)
                    @if let Some(count) = count { " " span.num { (count) } }
                }
            }
        }
    }
}

fn now(mine: &Page<InboxRow>, waiting: &Page<InboxRow>, view: View<'_>) -> Markup {
    html! {
        @if mine.items.is_empty() && waiting.items.is_empty() { (empty(view.wanted)) }
        (group(texts::YOURS, mine, Which::Mine, view))
        (group(texts::WAITING, waiting, Which::Waiting, view))
    }
}

fn group(name: &str, page: &Page<InboxRow>, list: Which, view: View<'_>) -> Markup {
    if page.items.is_empty() {
        return html! {};
    }
    html! {
        details.group open data-list=(list.name()) {
            summary {
                (icon("down")) h3 { (name) }
                span.num { (page.items.len()) @if page.more { "+" } }
            }
            (rows(page, list, view))
        }
    }
}

fn rows(page: &Page<InboxRow>, list: Which, view: View<'_>) -> Markup {
    let next = page.items.last().filter(|_| page.more);
    html! {
        ul { @for row in &page.items { li { (row::row(row, view)) } } }
        @if let Some(last) = next {
            p.more {
                a.btn.btn--small href=(view.wanted.from(list, last.cursor).href()) { (texts::MORE) }
            }
        }
    }
}

fn empty(wanted: &Wanted) -> Markup {
    let [title, advice] = match wanted.list {
        _ if wanted.is_narrowed() => texts::EMPTY_SEARCH,
        Which::Now | Which::Mine | Which::Waiting => texts::EMPTY_NOW,
        Which::Open => texts::EMPTY_OPEN,
        Which::Bot => texts::EMPTY_BOT,
        Which::Closed => texts::EMPTY_CLOSED,
    };
    html! { div.empty { h2 { (title) } p { (advice) } } }
}

/// The list with no conversation beside it.
fn alone(frame: &Frame<'_>, list: &Markup) -> Html<String> {
    let is_quiet = frame.counts.waiting + frame.counts.mine == 0;
    let [title, advice] = if is_quiet {
        texts::QUIET
    } else {
        texts::CHOOSE
    };
    let body = html! {
        h1.sr { (texts::INBOX) }
        div.console__grid.console__grid--two data-pane="list" {
            (list)
            section.talk #talk aria-label=(texts::CONVERSATION) {
                div.empty { (scene()) h2 { (title) } p { (advice) } }
            }
        }
    };
    layout::page(frame, texts::INBOX, &body)
}

fn scene() -> Markup {
    html! {
        svg.scene viewBox="0 0 240 90" aria-hidden="true" {
            path.water d="M20 82c10-4 20 4 30 0s20 4 30 0 20 4 30 0 20 4 30 0 20 4 30 0 20 4 30 0" {}
            path d="M60 74V22M180 74V22M8 56C30 50 50 38 60 24c22 44 98 44 120 0 10 14 30 26 52 32" {}
            path d="M84 43v17M108 54v6M132 54v6M156 43v17" {}
            path.own d="M4 62h232" {}
            circle cx="180" cy="14" r="5" {}
            rect x="55" y="9" width="10" height="10" {}
        }
    }
}

#[cfg(test)]
mod tests;
