//! The steps by which a bot is paused and resumed. What is a template or an expression stays text here: the bot's
//! adapter compiles it when the bridge starts.

use ipnet::IpNet;

use super::{
    fault::{Problem, Written},
    requests::Request,
    section::Section,
    value,
};

/// One step of a resume, in the order they are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Text(Text),
    DialogState(DialogState),
    /// A call that only this platform knows.
    Request(Request),
}

/// The user is told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub at: Written,
    /// A template.
    pub text: String,
}

/// The bot goes on at a given dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogState {
    pub at: Written,
    pub dialog_state: String,
    /// Name and expression, sorted by name.
    pub session_data: Vec<(String, String)>,
}

/// The steps under `key`; `None` if it is left out, which an empty list is not.
pub(super) fn read_list(
    section: &mut Section<'_>,
    key: &'static str,
    networks: &[IpNet],
) -> Option<Vec<Step>> {
    if !section.has(key) {
        return None;
    }
    Some(
        section
            .tables(key)
            .into_iter()
            .filter_map(|table| Step::read(table, networks))
            .collect(),
    )
}

/// The same where only requests make sense.
pub(super) fn read_requests(
    section: &mut Section<'_>,
    key: &'static str,
    networks: &[IpNet],
) -> Option<Vec<Request>> {
    let steps = read_list(section, key, networks)?;
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
    /// Where it is written.
    pub fn at(&self) -> &Written {
        match self {
            Self::Text(step) => &step.at,
            Self::DialogState(step) => &step.at,
            Self::Request(step) => &step.at,
        }
    }

    fn read(mut section: Section<'_>, networks: &[IpNet]) -> Option<Self> {
        let kinds = ["text", "dialog_state", "request"];
        if kinds.into_iter().filter(|kind| section.has(kind)).count() != 1 {
            section.fault_here(Problem::NotAStep);
            return None;
        }
        let at = section.written();
        let step = if section.has("request") {
            section
                .table("request")
                .and_then(|table| Request::read(table, networks))
                .map(Self::Request)
        } else if section.has("dialog_state") {
            let dialog_state = section.optional("dialog_state", value::filled_text);
            let session_data = section
                .named("session_data", value::text)
                .unwrap_or_default();
            dialog_state.map(|dialog_state| {
                Self::DialogState(DialogState {
                    at,
                    dialog_state,
                    session_data,
                })
            })
        } else {
            let text = section.optional("text", value::filled_text);
            text.map(|text| Self::Text(Text { at, text }))
        };
        section.finish();
        step
    }
}
