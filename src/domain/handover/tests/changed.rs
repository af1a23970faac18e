//! What a decision says it has changed is what it has changed.

use serde_json::Value;

use crate::domain::{
    conversation::{Changed, Conversation, Progress},
    handover::Decision,
};

/// A store that keeps the progress alone has the whole state.
pub(super) fn is_told(before: &Conversation, decision: &Decision) {
    let after = &decision.state;
    match decision.changed {
        Changed::Nothing => assert_eq!(after, before),
        Changed::Progress => {
            assert_ne!(after, before);
            assert_eq!(moved_on(before, after).as_ref(), Some(after));
        }
        Changed::More => assert_ne!(moved_on(before, after).as_ref(), Some(after)),
    }
}

/// The state before, patched with how far the one after has come.
fn moved_on(before: &Conversation, after: &Conversation) -> Option<Conversation> {
    let mut state = serde_json::to_value(before).unwrap();
    merge(
        &mut state,
        serde_json::to_value(Progress::of(after)?).unwrap(),
    );
    serde_json::from_value(state).ok()
}

/// RFC 7396.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let target = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}
