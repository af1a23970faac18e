//! The shapes in which Chatlayer reports a conversation: the items of `messages` events, their copies in a transcript,
//! and the two envelopes. They follow the samples in `tests/samples/chatlayer` field by field.

use serde_json::{Map, Value, json};

use crate::{
    domain::time::Timestamp,
    emulator::user::{ButtonTap, ChatUser, Said},
};

/// The part that all events of one conversation share.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub bot_id: String,
    pub version: &'static str,
    pub session_id: String,
}

impl Said {
    /// Chatlayer's `messageType`.
    pub(in crate::emulator) fn message_type(&self) -> &'static str {
        match self {
            Self::Intro => "intro",
            Self::Text { .. } => "text",
            Self::Postback { .. } => "postback",
            Self::Upload { .. } => "fileUploadInputResult",
            Self::Location { .. } => "location",
        }
    }

    /// As the page shows it.
    pub(in crate::emulator) fn shown(&self) -> Value {
        let mut fields = self.fields();
        fields.insert("messageType".to_owned(), json!(self.message_type()));
        Value::Object(fields)
    }

    fn fields(&self) -> Map<String, Value> {
        let fields = match self {
            Self::Intro => json!({}),
            Self::Text { text } => json!({"text": text}),
            Self::Postback { title, payload } => {
                let tapped = ButtonTap::read(payload);
                let mut fields = json!({"title": title, "parameters": tapped.parameters});
                if let (Some(next), Some(fields)) = (tapped.next, fields.as_object_mut()) {
                    fields.insert("nextDialogstateId".to_owned(), json!(next));
                }
                fields
            }
            Self::Upload { url } => json!({
                "urls": [url], "data": {"uploadStatus": "SUCCEEDED", "fileUrl": url},
            }),
            Self::Location {
                latitude,
                longitude,
            } => json!({"coordinates": {"lat": latitude, "long": longitude}}),
        };
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

impl Origin {
    /// An item of a `messages` event, as the user's channel reports it.
    pub(super) fn user_item(
        &self,
        said: &Said,
        person: &ChatUser,
        at: Timestamp,
        id: &str,
    ) -> Value {
        let mut message = object(json!({
            "channelType": "web",
            "sender": {
                "id": self.session_id, "botId": self.bot_id, "botType": "web",
                "preferredLanguage": person.language, "firstname": person.first_name, "isEmulator": "true",
            },
            "timestamp": at,
            "messageType": said.message_type(),
        }));
        message.extend(said.fields());
        message.insert("id".to_owned(), json!(id));
        item("user", &Value::Object(message), at)
    }

    /// The same in an offload's transcript: without id, with a bare sender and another channel, and a tap also as text.
    pub(super) fn user_copy(&self, said: &Said, at: Timestamp) -> Value {
        let mut message = said.fields();
        if let Said::Postback { title, .. } = said {
            message.insert("text".to_owned(), json!(title));
        }
        message.extend(object(json!({
            "messageType": said.message_type(),
            "channelType": "emulator",
            "sender": {"id": self.session_id, "botId": self.bot_id},
        })));
        item("user", &Value::Object(message), at)
    }

    pub(super) fn messages_event(&self, items: &[Value], at: Timestamp) -> Value {
        json!({
            "botId": self.bot_id, "version": self.version, "sessionId": self.session_id,
            "event": "messages", "messages": items, "timestamp": at,
        })
    }

    pub(super) fn offload_event(
        &self,
        payload: &Value,
        transcript: &[Value],
        at: Timestamp,
    ) -> Value {
        json!({
            "botId": self.bot_id, "version": self.version, "sessionId": self.session_id, "timestamp": at,
            "event": "offload", "payload": payload, "transcript": transcript,
        })
    }
}

/// An item as it stands in an event or a transcript.
pub(super) fn item(actor: &str, message: &Value, at: Timestamp) -> Value {
    json!({"actor": actor, "message": message, "timestamp": at})
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_637_000_000_000);

    fn origin() -> Origin {
        Origin {
            bot_id: "ko3123ze".to_owned(),
            version: "DRAFT",
            session_id: "emulator-1".to_owned(),
        }
    }

    /// The names of all fields with the JSON type of each, as paths; values differ, shapes must not.
    fn shape(value: &Value, path: &str, found: &mut std::collections::BTreeSet<String>) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| shape(value, &format!("{path}.{key}"), found)),
            Value::Array(items) => items
                .iter()
                .for_each(|item| shape(item, &format!("{path}[]"), found)),
            Value::String(_) => drop(found.insert(format!("{path}: string"))),
            Value::Number(_) => drop(found.insert(format!("{path}: number"))),
            other => drop(found.insert(format!("{path}: {other}"))),
        }
    }

    #[test]
    fn every_user_message_has_all_that_its_sample_has() {
        let samples = [
            (
                Said::Intro,
                include_str!("../../../tests/samples/chatlayer/messages.user.intro.json"),
            ),
            (
                Said::Text {
                    text: "hi".to_owned(),
                },
                include_str!("../../../tests/samples/chatlayer/messages.user.text.json"),
            ),
            (
                Said::Postback {
                    title: "Set".to_owned(),
                    payload: r#"{"nextDialogstateId":"x"}"#.to_owned(),
                },
                include_str!("../../../tests/samples/chatlayer/messages.user.postback.json"),
            ),
            (
                Said::Upload {
                    url: "https://example.com/a.png".to_owned(),
                },
                include_str!("../../../tests/samples/chatlayer/messages.user.upload.json"),
            ),
            (
                Said::Location {
                    latitude: 0.0,
                    longitude: 0.0,
                },
                include_str!("../../../tests/samples/chatlayer/messages.user.location.json"),
            ),
        ];
        for (said, sample) in samples {
            let item =
                origin().user_item(&said, &ChatUser::default(), AT, "61921a15cdee7f37a16ee5fc");
            let event = origin().messages_event(&[item], AT);
            let (mut ours, mut theirs) =
                <(std::collections::BTreeSet<_>, std::collections::BTreeSet<_>)>::default();
            shape(&event, "", &mut ours);
            shape(&serde_json::from_str(sample).unwrap(), "", &mut theirs);
            let missing: Vec<_> = theirs.difference(&ours).collect();
            assert!(missing.is_empty(), "{said:?} lacks {missing:?}");
        }
    }

    #[test]
    fn the_copy_in_a_transcript_is_the_one_that_the_sample_shows() {
        let sample: Value = serde_json::from_str(include_str!(
            "../../../tests/samples/chatlayer/offload.json"
        ))
        .unwrap();
        let said = Said::Postback {
            title: "first options".to_owned(),
            payload:
                r#"{"nextDialogstateId":"13fc7f3e-80e5-45b8-862b-d2ff436eae0e","parameters":[]}"#
                    .to_owned(),
        };
        let (mut ours, mut theirs) =
            <(std::collections::BTreeSet<_>, std::collections::BTreeSet<_>)>::default();
        shape(&origin().user_copy(&said, AT), "", &mut ours);
        shape(&sample["transcript"][2], "", &mut theirs);
        assert_eq!(ours, theirs);
    }
}
