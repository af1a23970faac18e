//! What an agent does on the page, in Chatwoot's words.

use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};

use super::{
    Shared,
    records::{Conversation, Message, OUTGOING, RESOLVED, SENT, User},
    told::seconds,
};
use crate::{
    domain::time::Timestamp,
    emulator::{
        desk::event::Done,
        played::{Played, Refused, Stage},
    },
};

impl Played for Shared {
    type Act = Done;

    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn about(&self) -> Map<String, Value> {
        let about = [("kind", json!("chatwoot")), ("reasons", json!([RESOLVED]))];
        Map::from_iter(about.map(|(name, value)| (name.to_owned(), value)))
    }

    fn act(&self, id: &str, done: Done) -> Result<(), Refused> {
        let now = self.stage.now();
        let stored = {
            let mut records = self.records();
            let message = records.messages.saturating_add(1);
            let number = id.parse().map_err(|_| Refused::Unknown)?;
            let conversation = records.conversation(number).ok_or(Refused::Unknown)?;
            if conversation.status == RESOLVED {
                return Err(Refused::Closed);
            }
            let is_told = conversation.does(&done, message, now)?;
            if !is_told {
                return Err(Refused::Busy);
            }
            if matches!(done, Done::Message { .. }) {
                records.messages = message;
            }
            message.to_string()
        };
        self.stage.board().did(id, done, &stored, now);
        Ok(())
    }

    fn telling(&self, event: &Value) -> RequestBuilder {
        self.signed(event)
    }
}

impl Conversation {
    /// Whether the bridge will be told. `message` is the number of what is written.
    fn does(&mut self, done: &Done, message: u64, now: Timestamp) -> Result<bool, Refused> {
        Ok(match done {
            Done::Attended { agent } => self.assign(Some(User::named(&agent.name)), now),
            Done::Message { content } => {
                let (content, attachments) = said(content)
                    .ok_or(Refused::Event("Chatwoot has texts, pictures and files"))?;
                let said = Message {
                    id: message,
                    content,
                    kind: OUTGOING,
                    private: false,
                    content_attributes: json!({}),
                    created_at: seconds(now),
                    status: SENT.to_owned(),
                    sender: Some(self.writer()),
                    attachments,
                };
                let is_told = self.tell_message(&said);
                self.messages.push(said);
                is_told
            }
            Done::Typing => self.tell_typing(&self.writer()),
            Done::Transferred { to } => {
                self.team = Some(to.clone());
                self.assign(None, now)
            }
            Done::Closed { .. } => {
                let before = std::mem::replace(&mut self.status, RESOLVED.to_owned());
                self.tell_status(&before, now)
            }
        })
    }

    fn assign(&mut self, to: Option<User>, now: Timestamp) -> bool {
        let before = std::mem::replace(&mut self.assignee, to);
        let [before, after] = [&before, &self.assignee].map(|user| user.as_ref().map(User::id));
        let changed = json!({"assignee_id": {"previous_value": before, "current_value": after}});
        self.tell_change("conversation_updated", &changed, now)
    }

    /// Who has the conversation, or whoever looks in.
    fn writer(&self) -> User {
        let assignee = self.assignee.clone();
        assignee.unwrap_or_else(|| User::named("Developer"))
    }
}

/// A text, and files.
fn said(content: &Value) -> Option<(Option<String>, Vec<Value>)> {
    let field = |name: &str| content.get(name).and_then(Value::as_str);
    match field("type")? {
        "text" => Some((Some(field("text")?.to_owned()), Vec::new())),
        "media" => {
            let file = json!({"id": 1, "file_type": field("kind")?, "data_url": field("url")?});
            Some((None, vec![file]))
        }
        _ => None,
    }
}
