//! What callers may rely on, as OpenAPI 3.1: the desk API, the calls a desk gets, the admin API, the probes.
//!
//! An operation is described above its handler by `#[utoipa::path]`, and `routes!` makes its route from that very
//! description, so the two cannot part. To add one: the attribute with one of the lists of [`refusals`], and the
//! handler's name in its module's `router`. What no handler of ours stands for, the calls to a desk, is described in
//! [`webhooks`]. `scripts/schemathesis` holds a running bridge against the document.

pub(super) mod desk;
pub(super) mod message;
pub(super) mod refusals;
mod webhooks;

use axum::{
    body::Bytes,
    extract,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components, Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{message::Contents, refusals::Problems, webhooks::Webhooks};
use super::{State, admin, desk_api, probes};

/// The whole document. It is the same for every configuration.
pub fn document() -> utoipa::openapi::OpenApi {
    OpenApiRouter::<State>::with_openapi(ApiDoc::openapi())
        .merge(probes::router())
        .merge(router())
        .merge(desk_api::router())
        .merge(admin::router())
        .into_openapi()
}

/// The document as it is served.
pub(super) fn bytes() -> Bytes {
    document().to_json().unwrap_or_default().into()
}

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(show))
}

/// Security schemes, as operations name them.
pub(super) const DESK_TOKEN: &str = "deskToken";
pub(super) const ADMIN_TOKEN: &str = "adminToken";

const ABOUT: &str = "\
Carries conversations between chatbots and human agents.

Answers that are no success are problem details (RFC 9457), their `type` from a closed list. A method that a path does \
not have is answered 405 with `Allow`. Every answer has an `x-request-id`, by which the log knows the request.

A call without the right token counts as failed. After 60 failed calls in a minute a source gets 429 instead of 401; \
calls with the right token are never refused because of others that failed.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Handover Bridge", description = ABOUT),
    tags(
        (name = "desk", description = "What a desk of kind `webhook` calls, on `server.listen`."),
        (name = "desk webhooks", description = "What a desk of kind `webhook` is called with, signed by Standard Webhooks."),
        (name = "admin", description = "What operators call, on `admin.listen`."),
        (name = "service", description = "What the platform calls, on `server.listen`."),
    ),
    modifiers(&Secured, &Problems, &Contents, &Webhooks),
)]
struct ApiDoc;

struct Secured;

impl Modify for Secured {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        // Without one, a reader takes the address that the document came from.
        document.servers = Some(vec![Server::new("/")]);
        let components = document.components.get_or_insert_with(Components::new);
        let schemes = [
            (DESK_TOKEN, "The desk's own `token`."),
            (ADMIN_TOKEN, "The operators' `admin.token`."),
        ];
        for (name, about) in schemes {
            let bearer = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(about))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(bearer));
        }
    }
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "readDocument",
    tag = "service",
    responses((status = 200, description = "This document.", body = serde_json::Map<String, serde_json::Value>)),
)]
async fn show(extract::State(state): extract::State<State>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, state.document()).into_response()
}
