//! The events that Chatlayer's offloading webhook would send, and what the bridge's answers to them mean.

use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{HookCall, Meaning};
use crate::{
    config::Chatlayer,
    domain::{ids::BotName, time::Timestamp},
};

/// A user who writes in one session.
#[derive(Debug)]
pub(super) struct User<'c> {
    pub(super) bot: (&'c BotName, &'c Chatlayer),
    pub(super) bot_id: String,
    pub(super) version: &'static str,
    pub(super) session: String,
    pub(super) language: String,
}

impl<'c> User<'c> {
    /// One text; the id is the message's own, by which a repeat would be known.
    pub(super) fn says(&self, text: &str, id: Uuid, now: Timestamp) -> HookCall<'c> {
        let token = self.bot.1.verify_token.first().expose_secret();
        self.call(
            vec![("challenge.verifyToken", token)],
            self.message(text, id, now),
        )
    }

    /// The bot's flow has come to its offload; nothing was said before. The platform is not documented to send its token
    /// with this one.
    pub(super) fn asks_for_agent(&self, at: Timestamp) -> HookCall<'c> {
        let event = self.event("offload", at, "transcript", &json!([]));
        self.call(Vec::new(), event)
    }

    fn call(&self, query: Vec<(&'static str, &'c str)>, body: Value) -> HookCall<'c> {
        let (name, bot) = self.bot;
        let mut path = vec!["hooks", "chatlayer", name.as_str()];
        path.extend(bot.hook_key.as_ref().map(|key| key.first().expose_secret()));
        HookCall {
            path,
            query,
            basic: None,
            bearer: None,
            body,
        }
    }

    fn message(&self, text: &str, id: Uuid, at: Timestamp) -> Value {
        let message = json!({
            "channelType": "web",
            "sender": {
                "id": self.session,
                "botId": self.bot_id,
                "botType": "web",
                "preferredLanguage": self.language,
                "isEmulator": "true",
            },
            "timestamp": at,
            "messageType": "text",
            "text": text,
            "id": short(id),
        });
        self.event(
            "messages",
            at,
            "messages",
            &json!([{ "actor": "user", "message": message, "timestamp": at }]),
        )
    }

    fn event(&self, name: &str, at: Timestamp, key: &str, content: &Value) -> Value {
        json!({
            "botId": self.bot_id,
            "version": self.version,
            "sessionId": self.session,
            "event": name,
            "timestamp": at,
            key: content,
        })
    }
}

/// What the platform would make of the answer to an offload.
pub(super) fn meaning_of_offload(status: StatusCode, body: &[u8]) -> Meaning {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let says = |key: &str| {
        answer
            .as_ref()
            .and_then(|answer| answer.get(key))
            .and_then(Value::as_bool)
    };
    let instead = match (status.as_u16(), says("offloadSuccess"), says("pauseBot")) {
        (200, Some(true), Some(true)) => {
            return Ok("accepted: the bot is paused, a desk has taken the handover");
        }
        (200, Some(true), _) => "accepted, but the bot is not paused".to_owned(),
        (200, Some(false), _) => "declined: the bot goes on".to_owned(),
        (401, ..) => "refused: offloads carry no token, so bots.*.hook_key has to be set and right"
            .to_owned(),
        (other, ..) => format!("not understood: status {other}"),
    };
    Err(instead)
}

/// Chatlayer's message ids are 24 hexadecimal digits; these are the ones that differ most.
fn short(id: Uuid) -> String {
    id.simple().to_string().chars().skip(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn speaks_as_the_samples_do() {
        let config = config::Config::load(&config::Source::text(
            "handover.toml",
            r#"
            [bots.webshop]
            platform = "chatlayer"
            region = "eu"
            access_token = "a"
            verify_token = "v"
            "#,
        ))
        .unwrap();
        let (name, bot) = config.bots.first_key_value().unwrap();
        let config::Platform::Chatlayer(bot) = &bot.platform else {
            unreachable!("the text above")
        };
        let user = User {
            bot: (name, bot),
            bot_id: "ko3123ze".to_owned(),
            version: "DRAFT",
            session: "emulator-8f5873aa-8fee-471a-9467-81e30dec693d".to_owned(),
            language: "en".to_owned(),
        };
        let at = "2021-11-15T08:26:13.154Z".parse().unwrap();
        let sample: Value = serde_json::from_str(include_str!(
            "../../../tests/samples/chatlayer/messages.user.text.json"
        ))
        .unwrap();
        let event = user.says("hi there", Uuid::max(), at).body;

        for pointer in [
            "/botId",
            "/version",
            "/sessionId",
            "/event",
            "/messages/0/actor",
            "/messages/0/timestamp",
        ] {
            assert_eq!(event.pointer(pointer), sample.pointer(pointer), "{pointer}");
        }
        for key in ["channelType", "messageType", "text", "timestamp"] {
            let pointer = format!("/messages/0/message/{key}");
            assert_eq!(
                event.pointer(&pointer),
                sample.pointer(&pointer),
                "{pointer}"
            );
        }
        assert_eq!(
            event
                .pointer("/messages/0/message/id")
                .and_then(Value::as_str)
                .map(str::len),
            Some(24)
        );
    }

    #[test]
    fn tells_what_an_answer_means() {
        let accepted = meaning_of_offload(
            StatusCode::OK,
            br#"{"offloadSuccess": true, "pauseBot": true}"#,
        );
        assert_eq!(
            accepted,
            Ok("accepted: the bot is paused, a desk has taken the handover")
        );
        let declined = meaning_of_offload(
            StatusCode::OK,
            br#"{"offloadSuccess": false, "pauseBot": false}"#,
        );
        assert_eq!(declined, Err("declined: the bot goes on".to_owned()));
        assert_eq!(
            meaning_of_offload(StatusCode::OK, b"<html>"),
            Err("not understood: status 200".to_owned())
        );
    }
}
