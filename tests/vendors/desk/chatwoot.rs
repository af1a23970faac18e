//! Chatwoot, as far as these tests go: every contact and every conversation has the number of the call that made it.

use serde_json::{Value, json};

use crate::stub::Call;

const API: &str = "/api/v1/accounts/1";
const CONVERSATIONS: &str = "/api/v1/accounts/1/conversations";

/// Nobody and nothing is found: every handover is of somebody new.
pub fn answer(call: &Call, number: usize) -> Value {
    let inbox = json!({"source_id": format!("source-{number}"), "inbox": {"id": 2}});
    match call.path.strip_prefix(API) {
        Some("/contacts") => {
            json!({"payload": {"contact": {"id": number}, "contact_inbox": inbox}})
        }
        Some("/conversations") => json!({"id": number, "status": "open"}),
        _ => json!({ "payload": [] }),
    }
}

pub fn table(name: &str, address: &str) -> String {
    format!(
        r#"
        [desks.{name}]
        kind = "chatwoot"
        api_url = "http://{address}"
        account_id = 1
        inbox_id = 2
        api_access_token = "access-token-of-the-desk-{name}"
        hook_key = "hook-key-of-the-desk-{name}"
        "#
    )
}

/// Whether it makes the conversation of this user, of whom only the notes of what was said before tell.
pub fn is_offer(calls: &[Call], (number, call): (usize, &Call), user: &str) -> bool {
    let is_made = call.path == CONVERSATIONS;
    // The last call of an opening.
    let marked = format!("{CONVERSATIONS}/{number}/custom_attributes");
    let mut last = calls.iter().filter(|call| call.path == marked);
    is_made && last.next().is_some() && super::speaks_of(&notes(calls, number), user)
}

/// The notes of a conversation, one after the other.
pub fn notes(calls: &[Call], conversation: usize) -> String {
    let of = |call: &&Call| call.path == messages(&conversation.to_string());
    let notes = calls
        .iter()
        .filter(of)
        .filter(|call| call.body["private"] == true);
    notes
        .map(|call| call.body["content"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What the user says in a conversation.
pub fn text(call: &Call, conversation: &str) -> Option<String> {
    let is_users = call.body["message_type"] == "incoming";
    let text = call.body["content"].as_str()?;
    (is_users && call.path == messages(conversation)).then(|| text.to_owned())
}

/// How the bridge has ended a conversation.
pub fn dismissal<'c>(call: &'c Call, conversation: &str) -> Option<&'c Value> {
    let path = format!("{CONVERSATIONS}/{conversation}/toggle_status");
    (call.path == path).then_some(&call.body["status"])
}

pub fn reply(conversation: &str, text: &str) -> Value {
    json!({
        "event": "message_created", "id": text, "message_type": "outgoing", "private": false, "content": text,
        "sender": {"id": 7, "name": "Grace", "type": "user"}, "account": {"id": 1}, "inbox": {"id": 2},
        "conversation": {"id": number(conversation), "inbox_id": 2},
    })
}

pub fn close(conversation: &str) -> Value {
    json!({
        "event": "conversation_status_changed", "id": number(conversation), "inbox_id": 2, "status": "resolved",
        "account": {"id": 1}, "updated_at": 1_767_225_600.5,
    })
}

fn number(conversation: &str) -> u64 {
    conversation.parse().unwrap()
}

fn messages(conversation: &str) -> String {
    format!("{CONVERSATIONS}/{conversation}/messages")
}
