//! The list of conversations: alone at `/console`, and beside a conversation.

mod arch;
mod params;
mod row;
mod said;

use axum::{
    Router,
    extract::State as Shared,
    response::{Html, Redirect},
    routing::get,
};
use maud::{Markup, html};

pub(super) use self::{params::Params, said::gist_of};
use self::{
    params::{Fragment, Tab},
    row::View,
};
use super::{
    extract::Query,
    faults::Fault,
    icons::icon,
    layout::{self, Frame, NavItem},
    session::SignedIn,
    state::State,
    texts,
};
use crate::{
    domain::ids::ConversationId,
    store::{InboxCounts, InboxList, InboxQuery, InboxRow, Page},
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console", get(inbox))
        .route("/console/next", get(next))
}

/// The way to whoever waits longest.
async fn next(who: SignedIn, Shared(state): Shared<State>) -> Result<Redirect, Fault> {
    let waiting = Params::default().query(InboxList::Waiting, &who.operator);
    let waiting = InboxQuery {
        limit: 1,
        ..waiting
    };
    let found = state.store().inbox(waiting).await?;
    let to = match found.items.first() {
        Some(first) => Params::default().conversation(first.conversation),
        None => NavItem::Inbox.path().to_owned(),
    };
    Ok(Redirect::to(&to))
}

async fn inbox(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(params): Query<Params>,
) -> Result<Html<String>, Fault> {
    let counts = state.store().inbox_counts(&who.operator).await?;
    let frame = Frame {
        who: &who,
        here: NavItem::Inbox,
        counts,
    };
    let list = list(&state, &frame, &params, params.open).await?;
    if params.part == Fragment::List {
        let beside = params.open.is_none().then(|| nothing_open(counts));
        let body = html! { (list) @if let Some(beside) = beside { (beside) } };
        return Ok(layout::part(&frame, texts::INBOX, &body));
    }
    Ok(alone(&frame, &list))
}

/// The list that is wanted, `open` marked in it; nothing of it, where a page has it already.
pub(super) async fn list(
    state: &State,
    frame: &Frame<'_>,
    params: &Params,
    open: Option<ConversationId>,
) -> Result<Markup, Fault> {
    if params.part == Fragment::Talk {
        return Ok(html! {});
    }
    let found = found(state, frame.who, params).await?;
    let people = state.accounts().everybody();
    let view = View {
        who: frame.who,
        people: &people,
        now: state.now(),
        params,
        open,
    };
    Ok(section(&found, frame.counts, view))
}

/// What the store has of what is wanted.
#[derive(Debug)]
enum Lists {
    Now {
        mine: Page<InboxRow>,
        waiting: Page<InboxRow>,
    },
    /// What did not fit into `Now`, below the same head.
    Further {
        rows: Page<InboxRow>,
        waiting: Page<InboxRow>,
    },
    One(Page<InboxRow>),
}

impl Lists {
    /// Those that the head pictures.
    fn waiting(&self) -> Option<&Page<InboxRow>> {
        match self {
            Self::Now { waiting, .. } | Self::Further { waiting, .. } => Some(waiting),
            Self::One(_) => None,
        }
    }
}

async fn found(state: &State, who: &SignedIn, params: &Params) -> Result<Lists, Fault> {
    let of = async |params: &Params, list| {
        let query = params.query(list, &who.operator);
        state.store().inbox(query).await
    };
    let read = async |list| of(params, list).await;
    let further = async |list| {
        Ok(Lists::Further {
            rows: read(list).await?,
            waiting: of(&params.first(), InboxList::Waiting).await?,
        })
    };
    match params.list {
        Tab::Now => Ok(Lists::Now {
            mine: read(InboxList::Mine).await?,
            waiting: read(InboxList::Waiting).await?,
        }),
        Tab::Mine => further(InboxList::Mine).await,
        Tab::Waiting => further(InboxList::Waiting).await,
        Tab::Open => Ok(Lists::One(read(InboxList::Open).await?)),
        Tab::Bot => Ok(Lists::One(read(InboxList::WithBot).await?)),
        Tab::Closed => Ok(Lists::One(read(InboxList::Closed).await?)),
    }
}

fn section(found: &Lists, counts: InboxCounts, view: View<'_>) -> Markup {
    html! {
        section.list #inbox data-at=(view.now.as_millis()) aria-label=(texts::CONVERSATIONS) {
            div.list__top {
                div.list__title { h2 { (texts::INBOX) } }
                (search(view))
                @if let Some(waiting) = found.waiting() && !view.params.is_narrowed() {
                    (arch::arch(&waiting.items, counts.waiting, view))
                }
                (narrowing(view.params))
                (tabs(view.params, counts))
            }
            div.list__body.scroller tabindex="0" role="region" aria-label=(texts::LIST) {
                @match found {
                    Lists::Now { mine, waiting } => (now(mine, waiting, (counts, view))),
                    Lists::Further { rows, .. } | Lists::One(rows) => (one(rows, view)),
                }
            }
        }
    }
}

fn search(view: View<'_>) -> Markup {
    let params = view.params;
    // Who has searched may search on.
    let searches = params.text().is_some() && view.open.is_none();
    html! {
        form.search role="search" action="/console" {
            label.sr for="q" { (texts::SEARCH) }
            (icon("search"))
            input.input #q type="search" name="q" autofocus[searches] placeholder=(texts::SEARCH_HINT) value=[params.text()] dir="auto";
            @for (name, value) in params.as_narrowing() { input type="hidden" name=(name) value=(value); }
        }
    }
}

/// Says that not everything is shown, and why.
fn narrowing(params: &Params) -> Markup {
    let Some(name) = params.narrowed_to() else {
        return html! {};
    };
    html! {
        p.quiet { (texts::ONLY) (name) " · " a href=(params.wide().href()) { (texts::SHOW_ALL) } }
    }
}

fn tabs(params: &Params, counts: InboxCounts) -> Markup {
    // What a search has found is counted by nobody.
    let all = |count| Some(count).filter(|_| !params.is_narrowed());
    let tabs = [
        (Tab::Now, texts::TAB_NOW, all(counts.mine + counts.waiting)),
        (Tab::Open, texts::TAB_OPEN, all(counts.open)),
        (Tab::Bot, texts::TAB_BOT, None),
        (Tab::Closed, texts::TAB_CLOSED, None),
    ];
    html! {
        nav.tabs aria-label=(texts::WHICH) {
            @for (list, name, count) in tabs {
                a href=(params.of(list).href()) aria-current=[(list == params.list.tab()).then_some("page")] {
                    (name)
                    @if let Some(count) = count { " " span.num { (count) } }
                }
            }
        }
    }
}

fn now(
    mine: &Page<InboxRow>,
    waiting: &Page<InboxRow>,
    (counts, view): (InboxCounts, View<'_>),
) -> Markup {
    // What a search has found is counted by nobody.
    let all = |count| Some(count).filter(|_| !view.params.is_narrowed());
    html! {
        @if mine.items.is_empty() && waiting.items.is_empty() { (empty(view.params)) }
        (group((texts::YOURS, all(counts.mine)), mine, Tab::Mine, view))
        (group((texts::WAITING, all(counts.waiting)), waiting, Tab::Waiting, view))
    }
}

fn one(page: &Page<InboxRow>, view: View<'_>) -> Markup {
    html! {
        @if view.params.is_further() { (way_back(view.params)) }
        @if view.params.list == Tab::Bot && !page.items.is_empty() { p.more.quiet { (texts::AS_THEY_BEGAN) } }
        @if page.items.is_empty() { (empty(view.params)) } @else { (rows(page, view.params.list, view)) }
    }
}

/// Says which list goes on here, and leads to where it begins.
fn way_back(params: &Params) -> Markup {
    html! {
        div.more.more--back {
            h3 { (list_name(params.list)) (texts::GOES_ON) }
            a.btn.btn--small href=(params.first().href()) { (icon("back")) (texts::TO_THE_FIRST) }
        }
    }
}

const fn list_name(list: Tab) -> &'static str {
    match list {
        Tab::Now => texts::TAB_NOW,
        Tab::Mine => texts::YOURS,
        Tab::Waiting => texts::WAITING,
        Tab::Open => texts::TAB_OPEN,
        Tab::Bot => texts::TAB_BOT,
        Tab::Closed => texts::TAB_CLOSED,
    }
}

/// `all`: how many there are, where more than the page has is counted.
fn group(
    (name, all): (&str, Option<u64>),
    page: &Page<InboxRow>,
    list: Tab,
    view: View<'_>,
) -> Markup {
    if page.items.is_empty() {
        return html! {};
    }
    html! {
        details.group open data-list=(list.name()) {
            summary {
                (icon("down")) h3 { (name) }
                @match all.filter(|_| page.more) {
                    Some(all) => span.num { (all) },
                    None => span.num { (page.items.len()) @if page.more { "+" } },
                }
            }
            (rows(page, list, view))
        }
    }
}

fn rows(page: &Page<InboxRow>, list: Tab, view: View<'_>) -> Markup {
    let next = page.items.last().filter(|_| page.more);
    html! {
        ul { @for row in &page.items { li { (row::row(row, view)) } } }
        @if let Some(last) = next {
            p.more {
                a.btn.btn--small href=(view.params.from(list, last.cursor).href()) { (texts::MORE) }
            }
        }
    }
}

fn empty(params: &Params) -> Markup {
    let [title, advice] = match params.list {
        _ if params.is_further() => texts::EMPTY_FURTHER,
        _ if params.is_narrowed() => texts::EMPTY_SEARCH,
        Tab::Now | Tab::Mine | Tab::Waiting => texts::EMPTY_NOW,
        Tab::Open => texts::EMPTY_OPEN,
        Tab::Bot => texts::EMPTY_BOT,
        Tab::Closed => texts::EMPTY_CLOSED,
    };
    html! { div.empty { h2 { (title) } p { (advice) } } }
}

/// The list with no conversation beside it.
fn alone(frame: &Frame<'_>, list: &Markup) -> Html<String> {
    let body = html! {
        h1.sr { (texts::INBOX) }
        div.console__grid.console__grid--two data-pane="list" {
            (list)
            section.talk #talk aria-label=(texts::CONVERSATION) { (nothing_open(frame.counts)) }
        }
    };
    layout::page(frame, texts::INBOX, &body)
}

fn nothing_open(counts: InboxCounts) -> Markup {
    let [title, advice] = match counts.waiting + counts.mine {
        0 => texts::QUIET,
        _ => texts::CHOOSE,
    };
    html! { div.empty #nothing-open { (scene()) h2 { (title) } p { (advice) } } }
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
