//! Signing in and out.

use std::{sync::Arc, time::Duration};

use axum::{
    Router, extract,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::{task::spawn_blocking, time::timeout};

use super::{SignedIn, cookie, cookie::Token, transport::Transport, user::Opened};
use crate::{
    console::{
        HOME,
        extract::{Form, Path, Query},
        faults::Fault,
        layout,
        state::State,
        texts::sign_in as texts,
    },
    http::source::{Peer, Source},
    store::{self, Session},
};

/// How long somebody waits for others who sign in.
const PATIENCE: Duration = Duration::from_secs(5);

/// Anybody may send one.
const LARGEST_FORM: usize = 16 << 10;

const PAGE: &str = "/console/sign-in";

pub(in crate::console) fn router() -> Router<State> {
    Router::new()
        .route("/console/sign-in", get(show).post(sign_in))
        .route("/console/sign-in/once/{token}", get(by_link))
        .route("/console/sign-out", post(sign_out))
        .route("/console/sign-out/everywhere", post(sign_out_everywhere))
}

#[derive(Debug, Deserialize)]
struct Params {
    /// Where whoever signs in wanted to go.
    #[serde(default)]
    to: String,
}

#[derive(Clone, Deserialize)]
struct Credentials {
    #[serde(default)]
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// A call and how it came here.
struct Call {
    transport: Transport,
    source: Source,
    headers: HeaderMap,
}

impl Credentials {
    /// As they are meant: names are of small letters, and a token has one of its own.
    fn read_at(self, state: &State) -> Self {
        let name = if state.accounts().opens_by_token() {
            "admin".to_owned()
        } else {
            self.name.trim().to_lowercase()
        };
        Self { name, ..self }
    }

    fn refuse(&self, state: &State, status: StatusCode, words: &str) -> Response {
        answer(status, &form(state, &self.to, Some((&self.name, words))))
    }
}

impl extract::FromRequestParts<State> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(Self {
            transport: Transport::of(parts, state),
            source: state.sources().of(peer, &parts.headers),
            headers: parts.headers.clone(),
        })
    }
}

/// The page to sign in on, for somebody who wanted to go there.
pub(super) fn address(to: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", to)
        .finish();
    format!("{PAGE}?{query}")
}

pub(super) fn session_has_ended() -> Response {
    let page = html! {
        h1 { (texts::SESSION_HAS_ENDED[0]) }
        p { (texts::SESSION_HAS_ENDED[1]) }
        p { a .btn.btn--main href=(PAGE) target="_blank" rel="noopener" { (texts::SIGN_IN_ELSEWHERE) } }
    };
    answer(StatusCode::UNAUTHORIZED, &page)
}

async fn show(
    extract::State(state): extract::State<State>,
    Query(params): Query<Params>,
    call: Call,
) -> Response {
    if call.transport == Transport::Plain {
        return answer(StatusCode::FORBIDDEN, &not_over_this());
    }
    answer(StatusCode::OK, &form(&state, &params.to, None))
}

async fn sign_in(
    extract::State(state): extract::State<State>,
    call: Call,
    Form(credentials): Form<Credentials, LARGEST_FORM>,
) -> Response {
    if call.transport == Transport::Plain {
        return answer(StatusCode::FORBIDDEN, &not_over_this());
    }
    let credentials = credentials.read_at(&state);
    // One at a time for each core, so that passwords do not take the machine.
    let turn = Arc::clone(state.turns()).acquire_owned();
    let Ok(Ok(turn)) = timeout(PATIENCE, turn).await else {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return credentials.refuse(&state, status, texts::TOO_MANY);
    };
    let through = state.clone();
    let tried = async move {
        let answer = attempt(&through, &call, credentials).await;
        drop(turn);
        answer
    };
    state.see_through(tried).await
}

async fn attempt(state: &State, call: &Call, credentials: Credentials) -> Response {
    let counted: String = credentials.name.chars().take(64).collect();
    let now = state.now();
    let tried = match state.attempts().begin(call.source, &counted, now) {
        Ok(tried) => tried,
        Err(wait) => {
            let refused = credentials.refuse(state, StatusCode::TOO_MANY_REQUESTS, &later(wait));
            let again = [(header::RETRY_AFTER, wait.as_secs().max(1))];
            return (again, refused).into_response();
        }
    };
    let (accounts, shown) = (state.clone(), credentials.clone());
    let open = move || accounts.accounts().open(&shown.name, &shown.password);
    let Ok(Some(opened)) = spawn_blocking(open).await else {
        state.audit("-", "sign_in.refused", "-").await;
        return credentials.refuse(state, StatusCode::UNAUTHORIZED, texts::WRONG);
    };
    state.attempts().succeeded(&tried);
    begin(state, call, opened, &credentials.to).await
}

async fn by_link(
    extract::State(state): extract::State<State>,
    Path(token): Path<String>,
    call: Call,
) -> Response {
    let now = state.now();
    let link = state.accounts().one_time.as_ref();
    let link = link.filter(|link| call.transport == Transport::Loopback && link.takes(&token, now));
    let Some(link) = link else {
        let page = html! {
            h1 { (texts::LINK_WAS_USED[0]) }
            p { (texts::LINK_WAS_USED[1]) }
            p { a.btn.btn--main href="/console" { (texts::TO_THE_CONSOLE) } }
        };
        return answer(StatusCode::FORBIDDEN, &page);
    };
    let (through, opened) = (state.clone(), state.accounts().linked(link));
    let begun = async move { begin(&through, &call, opened, through.home()).await };
    state.see_through(begun).await
}

async fn sign_out(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    call: Call,
) -> Response {
    let session = cookie::presented(&call.headers, call.transport).map(|presented| presented.id());
    let (through, by) = (state.clone(), signed_in.operator.to_string());
    let ended = async move {
        if let Some(session) = session {
            through.store().end_session(session).await?;
        }
        through.presence().look().await;
        through.audit(&by, "sign_out", &by).await;
        Ok(())
    };
    gone(&call, state.see_through(ended).await)
}

async fn sign_out_everywhere(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    call: Call,
) -> Response {
    let (through, operator) = (state.clone(), signed_in.operator);
    let ended = async move {
        through.store().end_sessions(Some(&operator)).await?;
        through.presence().look().await;
        let by = operator.as_str();
        through.audit(by, "sign_out.everywhere", by).await;
        Ok(())
    };
    gone(&call, state.see_through(ended).await)
}

/// A new token each time, so that one that somebody planted is worth nothing.
async fn begin(state: &State, call: &Call, opened: Opened, to: &str) -> Response {
    let Opened {
        operator,
        credential,
    } = opened;
    let Ok(token) = Token::draw() else {
        tracing::error!("the system gives no random bytes");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(cookie) = token.cookie(credential.expose_secret(), call.transport) else {
        return answer(StatusCode::FORBIDDEN, &not_over_this());
    };
    let now = state.now();
    let by = operator.to_string();
    let session = Session {
        id: token.id(),
        operator,
        begun_at: now,
        seen_at: now,
    };
    if let Err(error) = state.store().begin_session(session).await {
        return Fault::from(error).into_response();
    }
    state.presence().look().await;
    state.audit(&by, "sign_in", &by).await;
    with_cookie(Redirect::to(place(state, to)).into_response(), cookie)
}

fn gone(call: &Call, ended: Result<(), store::Error>) -> Response {
    if let Err(error) = ended {
        return Fault::from(error).into_response();
    }
    let response = Redirect::to(PAGE).into_response();
    match cookie::removal(call.transport) {
        Some(cookie) => with_cookie(response, cookie),
        None => response,
    }
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// Only to a page of ours.
fn place<'t>(state: &'t State, to: &'t str) -> &'t str {
    if (is_ours(to) && !to.starts_with(PAGE)) || to == state.home() {
        to
    } else {
        HOME
    }
}

/// Whether this address is of a page of the console, and of nothing else however it is read.
pub(in crate::console) fn is_ours(to: &str) -> bool {
    let ours = to == HOME || to.starts_with("/console/") || to.starts_with("/console?");
    ours && !to.chars().any(|char| char.is_control() || char == '\\')
}

fn form(state: &State, to: &str, refused: Option<(&str, &str)>) -> Markup {
    let by_token = state.accounts().opens_by_token();
    html! {
        h1 { (texts::SIGN_IN) }
        form method="post" action=(PAGE) {
            @if let Some((_, words)) = refused {
                p .field__fault role="alert" { (words) }
            }
            input type="hidden" name="to" value=(to);
            @if !by_token {
                div .field {
                    label for="name" { (texts::NAME) }
                    input .input #name name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required
                        value=[refused.map(|(name, _)| name)];
                }
            }
            div .field {
                label for="password" { (if by_token { texts::TOKEN } else { texts::PASSWORD }) }
                input .input #password name="password" type="password" autocomplete="current-password" required
                    aria-invalid=[refused.map(|_| "true")] autofocus[refused.is_some()];
            }
            button .btn.btn--main type="submit" { (texts::SIGN_IN) }
        }
        p .hintbox {
            @if by_token {
                (texts::BY_TOKEN[0]) code { (texts::TOKEN) } (texts::BY_TOKEN[1])
            } @else {
                (texts::NO_ACCOUNT)
            }
            (texts::HOW_TO_ADD[0]) code { "handover console user add" } (texts::HOW_TO_ADD[1])
        }
    }
}

fn not_over_this() -> Markup {
    html! {
        h1 { (texts::NOT_OVER_THIS[0]) }
        p { (texts::NOT_OVER_THIS[1]) }
        p {
            (texts::HOW_TO_REACH[0]) code { "server.trusted_proxies" }
            (texts::HOW_TO_REACH[1]) code { "X-Forwarded-Proto" }
            (texts::HOW_TO_REACH[2]) code { "ssh -L 8081:127.0.0.1:8081 …" }
            (texts::HOW_TO_REACH[3]) code { "http://127.0.0.1:8081/console" } "."
        }
    }
}

fn later(wait: Duration) -> String {
    texts::later(wait.as_secs().div_ceil(60))
}

fn answer(status: StatusCode, body: &Markup) -> Response {
    (status, layout::bare(texts::SIGN_IN, body)).into_response()
}
