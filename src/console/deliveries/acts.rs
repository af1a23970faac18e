//! Tries deliveries again or gives them up: one of them anybody who is signed in, all of a destination an admin. Each is
//! asked about first, on a page that says what happens to whom.

use axum::{
    Form, Router,
    extract::{Path, Query, State as Shared},
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
        faults::Fault,
        inbox,
        layout::{self, Frame, Place},
        session::SignedIn,
        state::State,
        texts, words,
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

type Answer = Result<Response, Fault>;

async fn ask_retry(who: SignedIn, Shared(state): Shared<State>, Path(id): Path<Uuid>) -> Answer {
    ask(&state, &who, (id, Act::Retry)).await
}

async fn ask_skip(who: SignedIn, Shared(state): Shared<State>, Path(id): Path<Uuid>) -> Answer {
    ask(&state, &who, (id, Act::Skip)).await
}

async fn retry(who: SignedIn, Shared(state): Shared<State>, Path(id): Path<Uuid>) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().retry_delivery(delivery, by).await?;
    Ok(told(&state, &who, (changed, Done::Retried)).await)
}

async fn skip(who: SignedIn, Shared(state): Shared<State>, Path(id): Path<Uuid>) -> Answer {
    let delivery = DeliveryId::from_uuid(id);
    let by = who.operator.as_str();
    let changed = state.store().skip_delivery(delivery, by).await?;
    Ok(told(&state, &who, (changed, Done::Skipped)).await)
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
    let (name, kind) = words::destination(&to);
    let title = format!("Retry everything for the {kind} {name}?");
    let says = html! {
        p { "Whatever of the " (owed) " calls that the " (kind) " " b { (name) } " is owed waits for its next try is due at once, and so are its "
            (dead) " dead letters. They go out in order within each conversation." }
        p { (late(kind)) }
        p { "It is written to the audit trail under your name." }
    };
    let hidden = html! { input type="hidden" name="destination" value=(to); };
    let form = form(
        "/console/deliveries/retry-all",
        &hidden,
        ("btn btn--main", "Retry all"),
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

async fn ask(state: &State, who: &SignedIn, (id, act): (Uuid, Act)) -> Answer {
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
    let row = state.store();
    let row = row.inbox_row(delivery.conversation, &who.operator).await?;
    let user = row.and_then(|row| row.profile.user.name());
    let user = user.as_deref().unwrap_or(texts::GUEST);
    let (title, says, button) = match act {
        Act::Retry => (
            "Try this one now?",
            retrying(&delivery),
            ("btn btn--main", "Retry now"),
        ),
        Act::Skip => (
            "Give this one up?",
            skipping(&delivery),
            ("btn btn--bad", "Skip it"),
        ),
    };
    let says = html! { (what(&delivery, user)) (says) p { "It is written to the audit trail under your name." } };
    let action = match act {
        Act::Retry => format!("/console/deliveries/{id}/retry"),
        Act::Skip => format!("/console/deliveries/{id}/skip"),
    };
    let body = question(title, &says, &form(&action, &html! {}, button));
    Ok(page(state, who, title, &body).await)
}

/// The call, whose it is, and what it carries.
fn what(delivery: &OneDelivery, user: &str) -> Markup {
    let (name, kind) = words::destination(&delivery.view.destination);
    html! {
        p {
            b { (words::task(&delivery.view.kind)) } " to the " (kind) " " b { (name) } ", for "
            a href={ "/console/conversations/" (delivery.conversation) } { bdi { (user) } }
        }
        @if let Some(message) = &delivery.message {
            p.quiet dir="auto" { (inbox::gist_of(message)) }
        }
    }
}

fn retrying(delivery: &OneDelivery) -> Markup {
    let (_, kind) = words::destination(&delivery.view.destination);
    html! {
        p { "The same key goes with it, so whoever has it already and knows the key does not show it twice." }
        @if delivery.view.state == DeliveryState::Dead { p { (late(kind)) } }
    }
}

fn late(kind: &str) -> &'static str {
    if kind == "bot" {
        "Users will read messages now that were written for them earlier."
    } else {
        "Agents will get messages now that users wrote earlier."
    }
}

fn skipping(delivery: &OneDelivery) -> Markup {
    let consequence = match delivery.view.kind.as_str() {
        "say" => {
            "The user will never see this message. If an agent wrote it, the desk is told that it was not delivered."
        }
        "message" | "placeholder" => "The desk will never see this message of the user.",
        "open" => {
            "The desk is not told of this handover by this call. The user goes on to the next desk, or waits until the limits give them back."
        }
        "pause" => {
            "The bot is not paused by this call, so it may speak while an agent has the user."
        }
        "resume" => "The bot is not told to go on, so it may stay silent with this user.",
        "forget" => {
            "The platform is not asked again to delete the user's data: somebody has to see to it there."
        }
        "failed" => "The desk is not told that a message did not reach the user.",
        "close" => "The desk is not told that this handover is over.",
        _ => "The bridge goes on without what it asked for.",
    };
    html! { p { (consequence) " What waits behind it in this conversation goes out." } }
}

async fn told(state: &State, who: &SignedIn, (changed, done): (Changed, Done)) -> Response {
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
    let (status, title, advice) = match changed {
        Changed::NotFound => (
            StatusCode::NOT_FOUND,
            "No such delivery",
            "It has been erased with its user, or its time is over.",
        ),
        Changed::NotNow | Changed::Yes => (
            StatusCode::CONFLICT,
            "It cannot be changed at the moment",
            "It has been delivered or given up, or it is on its way just now. Nothing was changed. Look again in a moment.",
        ),
    };
    let body = html! {
        div.empty {
            h1 { (title) } p { (advice) }
            p { a.btn href=(Place::Deliveries.path()) { "Back to the deliveries" } }
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

fn form(action: &str, hidden: &Markup, (class, word): (&str, &str)) -> Markup {
    html! {
        form.dlg__foot method="post" action=(action) {
            (hidden)
            a.btn href=(Place::Deliveries.path()) { "Leave it" }
            button class=(class) type="submit" { (word) }
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
