//! What is said, as the desk protocol writes it.
//!
//! What an agent says is bound by the limits that `desks::protocol::rules` keeps. What the bridge tells has the same shape
//! without them, since a platform's messages keep to none; it is derived here, so that the two stay one shape.

#![expect(dead_code, reason = "these types are described, never made")]

use serde_json::Value;
use utoipa::{
    Modify, PartialSchema, ToSchema,
    openapi::{Array, Components, Object, Ref, RefOr, Schema, Type, schema::ArrayItems},
};
use uuid::Uuid;

/// What is said.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::http) enum AgentContent {
    Text {
        text: FilledText,
        quick_replies: Option<Vec<AgentQuickReply>>,
    },
    Buttons {
        text: FilledText,
        #[schema(min_items = 1)]
        buttons: Vec<AgentButton>,
    },
    Cards {
        #[schema(min_items = 1)]
        cards: Vec<AgentCard>,
    },
    List {
        #[schema(min_items = 1)]
        items: Vec<AgentCard>,
        button: Option<AgentButton>,
    },
    Media {
        kind: MediaKind,
        url: WebUrl,
        name: Option<String>,
        caption: Option<String>,
    },
    Location {
        #[schema(minimum = -90, maximum = 90)]
        latitude: f64,
        #[schema(minimum = -180, maximum = 180)]
        longitude: f64,
        label: Option<String>,
    },
    Postback {
        title: FilledText,
        /// The bot platform's own; goes back as it came.
        #[schema(required = false)]
        payload: Value,
    },
    Intro {},
    /// What the platform sent and the bridge does not know.
    Unknown {
        raw: Value,
    },
}

#[derive(ToSchema)]
pub(in crate::http) struct AgentQuickReply {
    title: FilledText,
    /// The bot platform's own; goes back as it came.
    #[schema(required = false)]
    payload: Value,
    image_url: Option<WebUrl>,
}

#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::http) enum AgentButton {
    Postback {
        title: FilledText,
        /// The bot platform's own; goes back as it came.
        #[schema(required = false)]
        payload: Value,
    },
    Url {
        title: FilledText,
        url: WebUrl,
    },
    Phone {
        title: FilledText,
        phone_number: FilledText,
    },
}

#[derive(ToSchema)]
pub(in crate::http) struct AgentCard {
    title: FilledText,
    subtitle: Option<String>,
    image_url: Option<WebUrl>,
    url: Option<WebUrl>,
    buttons: Option<Vec<AgentButton>>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum MediaKind {
    Image,
    Video,
    Audio,
    File,
}

/// One message of a transcript.
#[derive(ToSchema)]
pub(in crate::http) struct Message {
    id: Uuid,
    /// Grows within the conversation.
    #[schema(minimum = 1)]
    seq: u64,
    actor: Actor,
    #[schema(format = DateTime)]
    at: String,
    #[schema(schema_with = content)]
    content: (),
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
enum Actor {
    User,
    Bot,
    Agent,
}

/// Text in which there is something to see: not all of it is white space or control characters.
#[derive(ToSchema)]
#[schema(
    pattern = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
)]
pub(in crate::http) struct FilledText(String);

/// An address on the web: `https://` or `http://` and a host, without white space or control characters.
#[derive(ToSchema)]
#[schema(
    pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff][^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*$",
    max_length = 2048,
    examples("https://example.com/ann.png")
)]
pub(in crate::http) struct WebUrl(String);

/// Puts `Content` among the components: [`AgentContent`] and what it is made of, without the limits.
pub(super) struct Contents;

impl Modify for Contents {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut schemas = vec![(AgentContent::name().into_owned(), AgentContent::schema())];
        AgentContent::schemas(&mut schemas);
        let unlimited = schemas.iter().filter_map(|(name, schema)| {
            let bare = name.strip_prefix(LIMITED)?;
            Some((bare.to_owned(), told(schema.clone())))
        });
        let components = document.components.get_or_insert_with(Components::new);
        components.schemas.extend(unlimited);
    }
}

const LIMITED: &str = "Agent";

fn content() -> Ref {
    Ref::from_schema_name("Content")
}

/// The same shape without its limits.
fn told(schema: RefOr<Schema>) -> RefOr<Schema> {
    let schema = match schema {
        RefOr::Ref(reference) => return told_reference(reference),
        RefOr::T(schema) => schema,
    };
    RefOr::T(match schema {
        Schema::Object(object) => Schema::Object(told_object(object)),
        Schema::Array(array) => Schema::Array(told_array(array)),
        Schema::OneOf(mut one) => {
            one.items = one.items.into_iter().map(told).collect();
            Schema::OneOf(one)
        }
        other => other,
    })
}

fn told_object(mut object: Object) -> Object {
    let properties = object.properties.into_iter();
    object.properties = properties
        .map(|(name, schema)| (name, told(schema)))
        .collect();
    object.minimum = None;
    object.maximum = None;
    object
}

fn told_array(mut array: Array) -> Array {
    if let ArrayItems::RefOrSchema(items) = array.items {
        array.items = ArrayItems::RefOrSchema(Box::new(told(*items)));
    }
    array.min_items = None;
    array
}

fn told_reference(reference: Ref) -> RefOr<Schema> {
    let name = reference
        .ref_location
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if name == FilledText::name() || name == WebUrl::name() {
        return RefOr::T(Object::with_type(Type::String).into());
    }
    match name.strip_prefix(LIMITED) {
        Some(told) => Ref::from_schema_name(told).into(),
        None => reference.into(),
    }
}
