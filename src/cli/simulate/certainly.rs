//! The calls that Certainly would make to the two hooks of a bot, and what the bridge's answers to them mean.

use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{HookCall, Meaning};
use crate::{
    config::{Certainly, HookAuth},
    domain::{ids::BotName, time::Timestamp},
};

/// A user who talks to one deployment.
#[derive(Debug)]
pub(super) struct User<'c> {
    pub(super) bot: (&'c BotName, &'c Certainly),
    pub(super) bot_id: String,
    pub(super) id: String,
}

impl<'c> User<'c> {
    pub(super) fn says(&self, text: &str, at: Timestamp) -> HookCall<'c> {
        let message = json!({
            "user_profile": {},
            "ref": null,
            "user_id": self.id,
            "timestamp": at.as_millis().div_euclid(1000),
            "message": text,
            "attachments": [],
        });
        let data = json!({"error": null, "message": message});
        self.call("messages", json!({"interlocutor": "user", "data": data}))
    }

    /// The bot's flow has come to the connection with the webhook.
    pub(super) fn asks_for_agent(&self) -> HookCall<'c> {
        let mut claim = json!({
            "attachedMedia": "", "reply": "VarWebhook", "botId": self.bot_id, "direction": "out", "extractedData": {},
            "lastName": "", "sessionId": "", "customVariables": {}, "from": "", "firstName": "", "to": "",
            "replyData": "", "moduleId": "", "botTrainedModelId": "",
        });
        if let Some(fields) = claim.as_object_mut() {
            fields.insert(self.bot.1.user_id_field.clone(), json!(self.id));
        }
        self.call("claim", claim)
    }

    fn call(&self, hook: &'static str, body: Value) -> HookCall<'c> {
        let (name, bot) = self.bot;
        let key = bot.hook_key.first().expose_secret();
        let (basic, bearer) = match &bot.hook_auth {
            HookAuth::None => (None, None),
            HookAuth::Basic { user, password } => (Some((user.as_str(), password.first())), None),
            HookAuth::Bearer(token) => (None, Some(token.first())),
        };
        HookCall {
            path: vec!["hooks", "certainly", name.as_str(), key, hook],
            query: Vec::new(),
            basic,
            bearer,
            body,
        }
    }
}

/// What the bot's flow would find after its claim.
pub(super) fn meaning_of_claim(status: StatusCode, body: &[u8]) -> Meaning {
    let answer: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let instead = match (
        status.as_u16(),
        answer.get("accepted").and_then(Value::as_bool),
    ) {
        (200, Some(true)) => {
            return Ok("accepted: the bot is told to listen, a desk has taken the handover");
        }
        (200, Some(false)) => "declined: the bot goes on".to_owned(),
        (401, _) => {
            "refused: the hook's key, or what is shown besides, is not the bridge's".to_owned()
        }
        (other, _) => format!("not understood: status {other}"),
    };
    Err(instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Platform, Source};

    fn config(more: &str) -> Config {
        let text = format!(
            "[bots.fashion]\nplatform = \"certainly\"\ndeployment_id = \"d\"\naccess_token = \"a\"\n\
             hook_key = \"hook-key-of-the-tests\"\n{more}"
        );
        Config::load(&Source::text("handover.toml", text)).unwrap()
    }

    fn user(config: &Config) -> User<'_> {
        let (name, bot) = config.bots.first_key_value().unwrap();
        let Platform::Certainly(bot) = &bot.platform else {
            unreachable!("the text above")
        };
        User {
            bot: (name, bot),
            bot_id: "7".to_owned(),
            id: "webbot:d0f23640-2dc2-11e8-a182-89f9297141e0".to_owned(),
        }
    }

    #[test]
    fn speaks_as_the_samples_do() {
        let config = config("");
        let at = Timestamp::from_millis(1_521_717_539_999);
        let said = user(&config).says("Hello", at);
        let sample = include_str!("../../../tests/samples/certainly/messages.user.text.json");
        assert_eq!(said.body, serde_json::from_str::<Value>(sample).unwrap());
        assert_eq!(
            said.path,
            [
                "hooks",
                "certainly",
                "fashion",
                "hook-key-of-the-tests",
                "messages"
            ]
        );

        let claim = user(&config).asks_for_agent();
        let sample = include_str!("../../../tests/samples/certainly/handover-webhook.json");
        let sample: Map<String, Value> = serde_json::from_str(sample).unwrap();
        let keys = |fields: &Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(claim.body.as_object().unwrap()), keys(&sample));
        assert_eq!(claim.body["to"], user(&config).id.as_str());
    }

    #[test]
    fn shows_what_the_hook_asks_for() {
        let open = config("");
        let call = user(&open).asks_for_agent();
        assert!(call.basic.is_none() && call.bearer.is_none());
        let by_token = config("hook_token = \"t\"");
        assert!(user(&by_token).asks_for_agent().bearer.is_some());
        let by_password = config("hook_user = \"u\"\nhook_password = \"p\"");
        assert_eq!(user(&by_password).asks_for_agent().basic.unwrap().0, "u");
    }

    #[test]
    fn tells_what_an_answer_means() {
        let accepted = meaning_of_claim(StatusCode::OK, br#"{"accepted": true}"#);
        assert_eq!(
            accepted,
            Ok("accepted: the bot is told to listen, a desk has taken the handover")
        );
        let declined = meaning_of_claim(StatusCode::OK, br#"{"accepted": false}"#);
        assert_eq!(declined, Err("declined: the bot goes on".to_owned()));
        assert_eq!(
            meaning_of_claim(StatusCode::OK, b"<html>"),
            Err("not understood: status 200".to_owned())
        );
    }
}
