//! Which problems an operation can answer with: one list for each kind of operation, named in its `responses(…)`.
//!
//! Every kind of problem is a response of its own among the components; where an operation has two with one status, they
//! share one response.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::{
    IntoResponses, Modify, PartialSchema, ToSchema,
    openapi::{
        AllOfBuilder, Components, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr,
        Response, ResponseBuilder, Schema, Type,
    },
};

use crate::http::problem::{Body, Kind};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($kind:ident),+;)+) => {$(
        $(#[$doc])*
        pub(in crate::http) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                by_status(&[$(Kind::$kind),+])
            }
        }
    )+};
}

refusals! {
    /// A probe of the store.
    Unready: Unavailable;
    /// A desk reads.
    DeskRead: Unauthorized, NotFound, TooManyFailures, Internal, Unavailable;
    /// A desk sends a body.
    DeskSend: Malformed, Unauthorized, NotFound, TooSlow, Closed, TooLarge, UnsupportedMediaType, InvalidContract,
        IdempotencyMismatch, TooManyFailures, Internal, Unavailable;
    /// An operator reads.
    AdminRead: Unauthorized, UnsupportedMediaType, TooManyFailures, Internal, Unavailable;
    /// An operator reads by filter.
    AdminList: Unauthorized, UnsupportedMediaType, InvalidContract, TooManyFailures, Internal, Unavailable;
    /// An operator reads one thing.
    AdminOne: Unauthorized, NotFound, UnsupportedMediaType, TooManyFailures, Internal, Unavailable;
    /// An operator sends a body.
    AdminSend: Malformed, Unauthorized, NotFound, TooSlow, TooLarge, UnsupportedMediaType, InvalidContract,
        TooManyFailures, Internal, Unavailable;
    /// An operator changes one thing, without a body.
    AdminChange: Unauthorized, NotFound, Conflict, UnsupportedMediaType, TooManyFailures, Internal, Unavailable;
}

/// Puts the responses that the lists speak of among the components.
pub(super) struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        let mut schemas = vec![(Body::name().into_owned(), Body::schema())];
        Body::schemas(&mut schemas);
        components.schemas.extend(schemas);
        let responses = Kind::ALL.map(|kind| (kind.id().to_owned(), response(&[kind]).into()));
        components.responses.extend(responses);
    }
}

/// The closed list.
pub(in crate::http) fn types() -> Schema {
    one_of_types(&Kind::ALL)
}

fn by_status(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut statuses: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        statuses
            .entry(kind.status().as_u16())
            .or_default()
            .push(*kind);
    }
    let answered = |kinds: &[Kind]| match kinds {
        [only] => Ref::from_response_name(only.id()).into(),
        several => response(several).into(),
    };
    statuses
        .into_iter()
        .map(|(status, kinds)| (status.to_string(), answered(&kinds)))
        .collect()
}

fn response(kinds: &[Kind]) -> Response {
    let titles: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
    let narrowed = AllOfBuilder::new()
        .item(Ref::from_schema_name(Body::name()))
        .item(ObjectBuilder::new().property("type", one_of_types(kinds)));
    let content = ContentBuilder::new()
        .schema(Some(Schema::AllOf(narrowed.build())))
        .build();
    let mut response = ResponseBuilder::new()
        .description(format!("{}.", titles.join("; or: ")))
        .content("application/problem+json", content);
    if kinds.contains(&Kind::Unauthorized) {
        let bearer = ObjectBuilder::new().schema_type(Type::String);
        response = response.header(
            "www-authenticate",
            HeaderBuilder::new().schema(Some(bearer)).build(),
        );
    }
    if kinds
        .iter()
        .any(|kind| kind.default_retry_after().is_some())
    {
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds to wait."));
        response = response.header("retry-after", header.build());
    }
    response.build()
}

fn one_of_types(kinds: &[Kind]) -> Schema {
    let types = kinds.iter().map(|kind| json!(kind.urn()));
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(types));
    Schema::Object(schema.build())
}
