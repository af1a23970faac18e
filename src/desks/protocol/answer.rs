//! What a desk may answer when it is offered a handover, beside that it has it.

use serde_json::Value;

use crate::domain::delivery::Done;

/// The parts of the answer, each as the desk wrote it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offered<'a> {
    /// `false`, and nothing else, refuses the handover.
    pub accepted: Option<&'a Value>,
    /// Why it is refused.
    pub reason: Option<&'a Value>,
    /// The desk's own id of the conversation.
    pub reference: Option<&'a Value>,
    /// The place in the queue.
    pub position: Option<&'a Value>,
}

/// A longer id of the desk's, or reason, is left out or cut: both are kept and shown.
const MAX_TEXT: usize = 256;

impl Offered<'_> {
    pub fn into_done(self) -> Done {
        Done {
            reference: self.reference.and_then(reference),
            position: self.position.and_then(Value::as_u64),
            refused: (self.accepted == Some(&Value::Bool(false))).then(|| self.refusal()),
            ..Done::default()
        }
    }

    fn refusal(&self) -> String {
        let reason = self.reason.and_then(Value::as_str).unwrap_or_default();
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        reason.unwrap_or("refused").chars().take(MAX_TEXT).collect()
    }
}

/// A text or a number, short enough to be an id.
pub fn reference(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    (1..=MAX_TEXT).contains(&id.len()).then_some(id)
}
