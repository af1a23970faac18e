use std::sync::Arc;

use handover_bridge::{
    bots::certainly::{Certainly, Reader, Settings},
    config::{self, Platform},
    conformance::{Adapter, Answer, Harness, check},
    domain::{
        delivery::{Job, Task},
        ids::BotName,
        retry::ErrorClass,
    },
    outbound::{BaseUrl, Outbound},
};

const ACCESS: &str = "access-token-of-the-tests";
const API_TOKEN: &str = "api-token-of-the-tests";
const HOOK_KEY: &str = "hook-key-of-the-fashion-bot";

/// With `sender = "handover"` or `"trigger-message"`.
struct CertainlyHarness(&'static str);

fn configured(sender: &str, vendor: &BaseUrl) -> config::Certainly {
    let settings = format!(
        r#"
        [bots.fashion]
        platform = "certainly"
        api_url = "{{vendor}}"
        deployment_id = "d7"
        access_token = "{ACCESS}"
        api_token = "{API_TOKEN}"
        hook_key = "{HOOK_KEY}"
        sender = "{sender}"
        resume = [
            {{ text = "You were talking with {{{{ agent }}}}." }},
            {{ dialog_state = "m1", session_data = {{ reason = "reason" }} }},
            {{ request = {{ method = "GET", url = "{{{{ bot.api_url }}}}/webbot/api/webchat/{{{{ deployment_id }}}}/takeover/{{{{ user_id }}}}/" }} }},
        ]
        "#
    );
    let Platform::Certainly(bot) = crate::bot(&settings, vendor).platform else {
        panic!("another platform")
    };
    bot
}

impl Harness for CertainlyHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        let settings = Settings::compile(&configured(self.0, vendor)).unwrap();
        Adapter::Bot(Arc::new(Certainly::new(settings, outbound)))
    }

    fn good_answer(&self, _: &Task) -> Answer {
        Answer::with(200, "")
    }

    /// The addresses of triggers name no user.
    fn class_of(&self, task: &Task, status: u16) -> Option<ErrorClass> {
        let is_unnamed = match task {
            Task::Resume { index: 1, .. } => true,
            Task::Say { .. } | Task::Resume { index: 0, .. } => self.0 == "trigger-message",
            _ => false,
        };
        (is_unnamed && matches!(status, 404 | 410)).then_some(ErrorClass::Rejected)
    }

    fn secrets(&self) -> Vec<String> {
        [ACCESS, API_TOKEN, HOOK_KEY].map(str::to_owned).to_vec()
    }

    /// Nothing is documented that erases a user.
    fn cannot(&self, task: &Task) -> bool {
        matches!(task, Task::Forget)
    }

    fn job(&self, job: Job) -> Job {
        let mut job = job;
        job.about.key.realm = "d7".to_owned();
        job
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let names = [
            "handover-webhook",
            "messages.bot.card",
            "messages.bot.choice",
            "messages.bot.text",
            "messages.user.text",
        ];
        let read = |name| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/certainly");
            std::fs::read(format!("{folder}/{name}.json")).unwrap()
        };
        names.map(read).to_vec()
    }

    /// Either of its two addresses.
    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let nowhere = "http://127.0.0.1".parse().unwrap();
        let name = BotName::new("fashion").unwrap();
        let reader = Reader::new(&name, &configured(self.0, &nowhere));
        let claim = reader.claim(body).map(drop);
        let message = reader.message(body).map(drop);
        claim
            .or(message)
            .map_err(|refusal| format!("{refusal} {refusal:?}"))
    }
}

#[tokio::test]
async fn certainly_conforms() {
    check(&CertainlyHarness("handover")).await.unwrap();
}

#[tokio::test]
async fn so_does_its_other_sender() {
    check(&CertainlyHarness("trigger-message")).await.unwrap();
}
