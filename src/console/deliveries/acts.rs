//! Tries deliveries again or gives them up: one of them anybody who is signed in, all of a destination an admin. Each is
//! asked about first, on a page that says what happens to whom.

use axum::{
    Router,
    extract::State as Shared,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::wanted::{Done, To, Wanted, Which};
use crate::{
    console::{
        admins,
        extract::{Form, Path, Query},
        faults::Fault,
        inbox,
        layout::{self, Frame, Place},
        session::{self, SignedIn},
        state::State,
        texts::{self as common, calls, deliveries as texts},
    },
    domain::ids::DeliveryId,
    store::{Changed, DeliveryState, OneDelivery},
};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/console/deliveries/{id}/retry", get(ask_retry).post(retry))
        .route("/console/deliveries/{id}/skip", get(ask_skip).post(skip))
        .route(
            "/console/deliveries/retry-all",
            get(ask_retry_all).post(retry_all),
        )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Retry,
    Skip,
}

/// Which bot or desk is meant.
#[derive(Debug, Deserialize)]
struct All {
    destination: To,
}

/// Where whoever asks comes from.
#[derive(Debug, Deserialize)]
struct Origin {
    #[serde(default)]
    to: String,
}

impl Origin {
    /// If it is a page of ours.
    fn back(&self) -> Option<&str> {
        Some(self.to.as_str()).filter(|to| session::is_ours(to))
    }
}

/// What somebody wants to do about which delivery.
struct Asked {
    id: Uuid,
    act: Act,
    from: Origin,
}

/// How it looks, and what it says.
struct Button {
    class: &'static str,
    word: &'static str,
}

type Answer = Result<Response, Fault>;

async fn ask_retry(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Query(from): Query<Origin>,
) -> Answer {
    let act = Act::Retry;
    ask(&state, &who, Asked { id, act, from }).await
}

async fn ask_skip(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Query(from): Query<Origin>,
) -> Answer {
    let act = Act::Skip;
    ask(&state, &who, Asked { id, act, from }).await
}

async fn retry(
    who: SignedIn,
    Shared(state): Shared<State>,
    Path(id): Path<Uuid>,
    Form(from): Form<Origin>,
) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().retry_delivery(delivery, by).await?;
    if changed == Changed::Yes
        && let Some(back) = from.back()
    {
        return Ok(Redirect::to(back).into_response());
    }
    Ok(told(&state, &who, changed, Done::Retried).await)
}

async fn skip(who: SignedIn, Shared(state): Shared<State>, Path(id): Path<Uuid>) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().skip_delivery(delivery, by).await?;
    Ok(told(&state, &who, changed, Done::Skipped).await)
}

async fn ask_retry_all(
    who: SignedIn,
    Shared(state): Shared<State>,
    Query(All {
        destination: To(to),
    }): Query<All>,
) -> Answer {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, Place::Deliveries).await);
    }
    let standings = state.store().standings().await?;
    let standing = standings.iter().find(|it| it.destination == to);
    let (owed, dead) = standing.map_or((0, 0), |it| (it.owed, it.dead));
    let (name, kind) = calls::destination(&to);
    let title = texts::retry_everything(kind, name);
    let says = html! {
        p { (texts::all_that_is_retried(kind, name, owed, dead)) }
        p { (late(kind)) }
        p { (common::IS_AUDITED) }
    };
    let hidden = html! { input type="hidden" name="destination" value=(to); };
    let form = form(
        "/console/deliveries/retry-all",
        &hidden,
        &Button {
            class: "btn btn--main",
            word: texts::RETRY_ALL,
        },
        None,
    );
    let body = question(&title, &says, &form);
    Ok(page(&state, &who, &title, &body).await)
}

async fn retry_all(
    who: SignedIn,
    Shared(state): Shared<State>,
    Form(All { destination }): Form<All>,
) -> Answer {
    if !admins::is_admin(&who) {
        return Ok(admins::only(&state, &who, Place::Deliveries).await);
    }
    let by = who.operator.as_str();
    state.store().retry_all(&destination.0, by).await?;
    let wanted = Wanted {
        destination: Some(destination),
        done: Some(Done::All),
        ..Wanted::default()
    };
    Ok(Redirect::to(&wanted.href()).into_response())
}

async fn ask(state: &State, who: &SignedIn, asked: Asked) -> Answer {
    let Asked { id, act, from } = asked;
    let id = DeliveryId::from_uuid(id);
    let Some(delivery) = state.store().delivery(id).await? else {
        return Ok(refused(state, who, Changed::NotFound).await);
    };
    let settled = matches!(
        delivery.view.state,
        DeliveryState::Delivered | DeliveryState::Cancelled
    );
    if settled {
        return Ok(refused(state, who, Changed::NotNow).await);
    }
    let (title, says, button) = match act {
        Act::Retry => (
            texts::TRY_THIS_ONE,
            retrying(&delivery),
            Button {
                class: "btn btn--main",
                word: texts::RETRY_NOW,
            },
        ),
        Act::Skip => (
            texts::GIVE_THIS_ONE_UP,
            skipping(&delivery),
            Button {
                class: "btn btn--bad",
                word: texts::SKIP_IT,
            },
        ),
    };
    let says = html! { (what(&delivery)) (says) p { (common::IS_AUDITED) } };
    let action = match act {
        Act::Retry => format!("/console/deliveries/{id}/retry"),
        Act::Skip => format!("/console/deliveries/{id}/skip"),
    };
    let back = from.back();
    let hidden = html! { @if let Some(to) = back { input type="hidden" name="to" value=(to); } };
    let form = form(&action, &hidden, &button, back);
    let body = question(title, &says, &form);
    Ok(page(state, who, title, &body).await)
}

/// The call, whose it is, and what it carries.
fn what(delivery: &OneDelivery) -> Markup {
    let user = delivery.user.as_deref().unwrap_or(common::GUEST);
    let (name, kind) = calls::destination(&delivery.view.destination);
    html! {
        p {
            b { (calls::task(&delivery.view.kind)) } " " (texts::TO_THE) (kind) " " b { (name) } (texts::FOR)
            a href={ "/console/conversations/" (delivery.conversation) } { bdi { (user) } }
        }
        @if let Some(message) = &delivery.message {
            p.quiet dir="auto" { (inbox::gist_of(message)) }
        }
    }
}

fn retrying(delivery: &OneDelivery) -> Markup {
    let (_, kind) = calls::destination(&delivery.view.destination);
    html! {
        p { (texts::SAME_KEY) }
        @if delivery.view.state == DeliveryState::Dead { p { (late(kind)) } }
    }
}

fn late(kind: &str) -> &'static str {
    if kind == "bot" {
        texts::USERS_READ_OLD
    } else {
        texts::AGENTS_READ_OLD
    }
}

fn skipping(delivery: &OneDelivery) -> Markup {
    let consequence = texts::consequence(&delivery.view.kind);
    html! { p { (consequence) (texts::BEHIND_GOES_OUT) } }
}

async fn told(state: &State, who: &SignedIn, changed: Changed, done: Done) -> Response {
    if changed != Changed::Yes {
        return refused(state, who, changed).await;
    }
    let wanted = Wanted {
        state: Which::default(),
        done: Some(done),
        ..Wanted::default()
    };
    Redirect::to(&wanted.href()).into_response()
}

async fn refused(state: &State, who: &SignedIn, changed: Changed) -> Response {
    let (status, [title, advice]) = match changed {
        Changed::NotFound => (StatusCode::NOT_FOUND, texts::NO_SUCH),
        Changed::NotNow | Changed::Yes => (StatusCode::CONFLICT, texts::NOT_NOW),
    };
    let body = html! {
        div.empty {
            h1 { (title) } p { (advice) }
            p { a.btn href=(Place::Deliveries.path()) { (texts::BACK) } }
        }
    };
    (status, page(state, who, title, &body).await).into_response()
}

fn question(title: &str, says: &Markup, form: &Markup) -> Markup {
    html! {
        div.page__in { section.panel {
            div.dlg__body { h1 { (title) } (says) }
            (form)
        } }
    }
}

/// `back`: where it leads who leaves it, unless that is the list.
fn form(action: &str, hidden: &Markup, button: &Button, back: Option<&str>) -> Markup {
    html! {
        form.dlg__foot method="post" action=(action) {
            (hidden)
            a.btn href=(back.unwrap_or(Place::Deliveries.path())) { (common::LEAVE_IT) }
            button class=(button.class) type="submit" { (button.word) }
        }
    }
}

async fn page(state: &State, who: &SignedIn, title: &str, body: &Markup) -> Response {
    let counts = state.counts(who).await;
    let frame = Frame {
        who,
        here: Place::Deliveries,
        counts,
    };
    layout::page(&frame, title, body).into_response()
}
