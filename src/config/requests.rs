//! A call that the operator writes down, for what a vendor does not document. Templates and expressions stay text here:
//! the adapter compiles them when the bridge starts.

use config::Value;

use super::{fault::Problem, section::Section, value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// A template.
    pub url: String,
    /// Name and template, sorted by name.
    pub headers: Vec<(String, String)>,
    /// An expression that gives JSON.
    pub body: Option<String>,
    /// Name and expression over the answer, sorted by name; later calls may use them.
    pub take: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Request {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let method = section.required("method", Method::read, "add method = \"POST\"");
        let url = section.required("url", value::filled_text, "add the URL to call, a template");
        let headers = section.optional("headers", value::named_texts);
        let body = section.optional("body", value::filled_text);
        let take = section.optional("take", value::named_texts);
        section.finish();
        Some(Self {
            method: method?,
            url: url?,
            headers: headers.unwrap_or_default(),
            body,
            take: take.unwrap_or_default(),
        })
    }
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "GET" => Ok(Self::Get),
            "POST" => Ok(Self::Post),
            "PUT" => Ok(Self::Put),
            "PATCH" => Ok(Self::Patch),
            "DELETE" => Ok(Self::Delete),
            _ => Err(Problem::NotOneOf(
                "\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"",
            )),
        }
    }
}
