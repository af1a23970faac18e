//! A call that the operator writes down, for what a vendor does not document. Templates and expressions stay text here:
//! the adapter compiles them when the bridge starts.

use config::Value;
use ipnet::IpNet;

use super::{
    fault::{Problem, Written},
    networks,
    section::Section,
    value,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub at: Written,
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

/// More than any template needs. What is longer is a file that was pasted by mistake.
const LONGEST: usize = 16 * 1024;

impl Request {
    pub(super) fn read(mut section: Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let at = section.written();
        let method = section.required("method", Method::read, "add method = \"POST\"");
        let callable = |value: &Value| {
            let url = template(value)?;
            networks::judge_template(&url, networks)?;
            Ok(url)
        };
        let url = section.required("url", callable, "add the URL to call, a template");
        let headers = section.named("headers", named_template);
        let body = section.optional("body", template);
        let take = section.named("take", named_template);
        section.finish();
        Some(Self {
            at,
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

/// A text that is compiled later.
pub(super) fn template(value: &Value) -> Result<String, Problem> {
    let text = value::filled_text(value)?;
    short(text.len())?;
    Ok(text)
}

/// It may be empty, which a header can be.
fn named_template(value: &Value) -> Result<String, Problem> {
    let text = value::text(value)?;
    short(text.len())?;
    Ok(text)
}

fn short(length: usize) -> Result<(), Problem> {
    let is_short = length <= LONGEST;
    is_short
        .then_some(())
        .ok_or(Problem::LongerThan { limit: "16 KiB" })
}
