//! The steps by which a bot is paused and resumed. What is a template or an expression stays text here: the bot's
//! adapter compiles it when the bridge starts.

use config::Value;

use super::{fault::Problem, section::Section, value};

/// One step of a resume, in the order they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A text to the user; a template.
    Text(String),
    DialogState(DialogState),
    Request(RequestStep),
}

/// The bot goes on at a given dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogState {
    pub dialog_state: String,
    /// Name and expression, sorted by name.
    pub session_data: Vec<(String, String)>,
}

/// A call that only this platform knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestStep {
    pub method: Method,
    /// A template.
    pub url: String,
    /// Name and template, sorted by name.
    pub headers: Vec<(String, String)>,
    /// An expression that gives JSON.
    pub body: Option<String>,
    /// Name and expression over the answer, sorted by name; later steps may use them.
    pub take: Vec<(String, String)>,
}

/// How a step calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// The steps under `key`; `None` if it is left out, which an empty list is not.
pub(super) fn read_list(section: &mut Section<'_>, key: &'static str) -> Option<Vec<Step>> {
    if !section.has(key) {
        return None;
    }
    Some(
        section
            .tables(key)
            .into_iter()
            .filter_map(Step::read)
            .collect(),
    )
}

/// The same where only requests make sense.
pub(super) fn read_requests(
    section: &mut Section<'_>,
    key: &'static str,
) -> Option<Vec<RequestStep>> {
    let steps = read_list(section, key)?;
    let requests: Option<Vec<_>> = steps
        .into_iter()
        .map(|step| match step {
            Step::Request(request) => Some(request),
            Step::Text(_) | Step::DialogState(_) => None,
        })
        .collect();
    if requests.is_none() {
        section.fault(key, Problem::PauseTakesRequests);
    }
    requests
}

impl Step {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let kinds = ["text", "dialog_state", "request"];
        if kinds.into_iter().filter(|kind| section.has(kind)).count() != 1 {
            section.fault_here(Problem::NotAStep);
            return None;
        }
        let step = if section.has("request") {
            section
                .table("request")
                .and_then(RequestStep::read)
                .map(Self::Request)
        } else if section.has("dialog_state") {
            let dialog_state = section.optional("dialog_state", value::filled_text);
            let session_data = section
                .optional("session_data", value::named_texts)
                .unwrap_or_default();
            dialog_state.map(|dialog_state| {
                Self::DialogState(DialogState {
                    dialog_state,
                    session_data,
                })
            })
        } else {
            section.optional("text", value::filled_text).map(Self::Text)
        };
        section.finish();
        step
    }
}

impl RequestStep {
    fn read(mut section: Section<'_>) -> Option<Self> {
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
