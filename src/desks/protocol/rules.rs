//! What the contract asks of an event, field by field, so that whoever writes a desk is told which field is wrong and what
//! may stand there. Nothing of what was sent is quoted. The published document says the same: `http::openapi::message`.

use serde_json::Value;

use crate::domain::fallback::{is_blank, is_web};

/// What an object holds. What else stands in it is passed over.
pub(super) enum Shape {
    Fields(&'static [Field]),
    /// By what `type` says.
    Types(&'static [(&'static str, &'static [Field])]),
}

pub(super) struct Field {
    name: &'static str,
    is_needed: bool,
    rule: Rule,
}

/// What may stand in a field.
enum Rule {
    Any,
    Text,
    /// Text in which there is something to see.
    Filled,
    Link,
    OneOf(&'static [&'static str]),
    /// A number from minus so many to so many.
    Degrees(i32),
    One(&'static Shape),
    List(&'static Shape),
    /// With something in it.
    FilledList(&'static Shape),
}

/// A field, named from where its event begins, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {fault}")]
pub struct Broken {
    pub field: String,
    pub fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("is missing")]
    Missing,
    #[error("must be an object")]
    NoObject,
    #[error("must be text")]
    NoText,
    #[error("must be text that shows something")]
    Blank,
    #[error(
        "must be a link: https:// or http:// with a host, no white space, 2048 characters at most"
    )]
    NoLink,
    #[error("must be one of {0}")]
    NoneOf(String),
    #[error("must be a number from -{0} to {0}")]
    NoDegrees(i32),
    #[error("must be a list")]
    NoList,
    #[error("must be a list with something in it")]
    EmptyList,
    #[error("is not what it must be")]
    Other,
}

pub(super) static CONTENT: Shape = Shape::Types(&[
    (
        "text",
        &[
            needed("text", Rule::Filled),
            optional("quick_replies", Rule::List(&QUICK_REPLY)),
        ],
    ),
    (
        "buttons",
        &[
            needed("text", Rule::Filled),
            needed("buttons", Rule::FilledList(&BUTTON)),
        ],
    ),
    ("cards", &[needed("cards", Rule::FilledList(&CARD))]),
    (
        "list",
        &[
            needed("items", Rule::FilledList(&CARD)),
            optional("button", Rule::One(&BUTTON)),
        ],
    ),
    (
        "media",
        &[
            needed("kind", Rule::OneOf(&["image", "video", "audio", "file"])),
            needed("url", Rule::Link),
            optional("name", Rule::Text),
            optional("caption", Rule::Text),
        ],
    ),
    (
        "location",
        &[
            needed("latitude", Rule::Degrees(90)),
            needed("longitude", Rule::Degrees(180)),
            optional("label", Rule::Text),
        ],
    ),
    ("postback", &[TITLE]),
    ("intro", &[]),
    ("unknown", &[needed("raw", Rule::Any)]),
]);

pub(super) static AGENT: Shape = Shape::Fields(&[
    optional("name", Rule::Text),
    optional("avatar_url", Rule::Link),
]);

static QUICK_REPLY: Shape = Shape::Fields(&[TITLE, optional("image_url", Rule::Link)]);

static BUTTON: Shape = Shape::Types(&[
    ("postback", &[TITLE]),
    ("url", &[TITLE, needed("url", Rule::Link)]),
    ("phone", &[TITLE, needed("phone_number", Rule::Filled)]),
]);

static CARD: Shape = Shape::Fields(&[
    TITLE,
    optional("subtitle", Rule::Text),
    optional("image_url", Rule::Link),
    optional("url", Rule::Link),
    optional("buttons", Rule::List(&BUTTON)),
]);

const TITLE: Field = needed("title", Rule::Filled);

const fn needed(name: &'static str, rule: Rule) -> Field {
    Field {
        name,
        is_needed: true,
        rule,
    }
}

/// It may be null as well.
const fn optional(name: &'static str, rule: Rule) -> Field {
    Field {
        name,
        is_needed: false,
        rule,
    }
}

impl Shape {
    /// Or the first field in which it is broken.
    pub(super) fn holds(&self, value: &Value) -> Result<(), Broken> {
        let object = value.as_object().ok_or(Fault::NoObject)?;
        let fields = match self {
            Self::Fields(fields) => fields,
            Self::Types(types) => {
                let kind = one_of(types, object.get("type"), |(name, _)| name);
                let (_, fields) = kind.map_err(|fault| Broken::from(fault).of(".type"))?;
                fields
            }
        };
        fields.iter().try_for_each(|field| {
            let held = field.holds(object.get(field.name));
            held.map_err(|broken| broken.of(&format!(".{}", field.name)))
        })
    }
}

impl Field {
    fn holds(&self, value: Option<&Value>) -> Result<(), Broken> {
        match value {
            None if self.is_needed => Err(Fault::Missing.into()),
            None => Ok(()),
            Some(Value::Null) if !self.is_needed => Ok(()),
            Some(value) => self.rule.holds(value),
        }
    }
}

impl Rule {
    fn holds(&self, value: &Value) -> Result<(), Broken> {
        match self {
            Self::Any => Ok(()),
            Self::Text => text(value).map(drop),
            Self::Filled => must(!text(value)?.chars().all(is_blank), Fault::Blank),
            Self::Link => must(is_web(text(value)?), Fault::NoLink),
            Self::OneOf(names) => Ok(one_of(names, Some(value), |name| name).map(drop)?),
            Self::Degrees(most) => {
                let range = -f64::from(*most)..=f64::from(*most);
                let is_within = value.as_f64().is_some_and(|number| range.contains(&number));
                must(is_within, Fault::NoDegrees(*most))
            }
            Self::One(shape) => shape.holds(value),
            Self::List(shape) => each(shape, value),
            Self::FilledList(shape) => {
                each(shape, value)?;
                must(*value != Value::Array(Vec::new()), Fault::EmptyList)
            }
        }
    }
}

impl Broken {
    /// The same, told from what it stands in.
    pub(super) fn of(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}{}", self.field),
            ..self
        }
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self {
            field: String::new(),
            fault,
        }
    }
}

fn text(value: &Value) -> Result<&str, Broken> {
    Ok(value.as_str().ok_or(Fault::NoText)?)
}

fn must(holds: bool, fault: Fault) -> Result<(), Broken> {
    holds.then_some(()).ok_or_else(|| fault.into())
}

fn each(shape: &Shape, value: &Value) -> Result<(), Broken> {
    let members = value.as_array().ok_or(Fault::NoList)?;
    let mut members = members.iter().enumerate();
    members.try_for_each(|(index, member)| {
        let held = shape.holds(member);
        held.map_err(|broken| broken.of(&format!("[{index}]")))
    })
}

/// The one that `value` names.
fn one_of<'a, T>(
    all: &'a [T],
    value: Option<&Value>,
    name: impl Fn(&'a T) -> &'static str,
) -> Result<&'a T, Fault> {
    let wanted = value.ok_or(Fault::Missing)?.as_str();
    let found = all.iter().find(|one| Some(name(one)) == wanted);
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(name).collect();
        Fault::NoneOf(names.join(", "))
    })
}
