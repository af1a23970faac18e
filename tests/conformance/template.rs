use std::sync::Arc;

use handover_bridge::{
    config::Kind,
    conformance::{Adapter, Answer, Harness, check},
    desks::template::{Settings, Template},
    domain::delivery::Task,
    outbound::{BaseUrl, Outbound},
};
use serde_json::json;

const SECRET: &str = "secret-of-the-tickets";
const HOOK_KEY: &str = "hook-key-of-the-tickets";

/// With `contents = "text"` or `"any"`.
struct TemplateHarness(&'static str);

fn settings(contents: &str, vendor: &BaseUrl) -> Settings {
    let settings = format!(
        r#"
        [desks.tickets]
        kind = "template"
        api_url = "{{vendor}}/api"
        hook_key = "{HOOK_KEY}"
        contents = "{contents}"
        secrets = {{ api = "{SECRET}" }}
        [desks.tickets.requests.open]
        method = "POST"
        url = "{{{{ desk.api_url }}}}/tickets"
        headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}", Idempotency-Key = "{{{{ delivery_id }}}}" }}
        body = "{{ 'text': transcript_text, 'name': user.first_name, 'payload': handover.payload }}"
        take = {{ reference = "answer.id", accepted = "answer.accepted", reason = "answer.reason", queue = "answer.queue" }}
        [desks.tickets.requests.message]
        method = "POST"
        url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}/notes"
        headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
        body = "{{ 'id': delivery_id, 'text': message.text, 'content': message.content }}"
        [desks.tickets.requests.close]
        method = "PUT"
        url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}"
        headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
        body = "{{ 'state': 'closed', 'reason': reason }}"
        [desks.tickets.hook]
        list = "body.events"
        reference = "item.ticket"
        event = "{{ 'type': 'message', 'content': {{ 'type': 'text', 'text': item.text }}, 'agent': {{ 'name': item.by }} }} if item.kind == 'reply' else none"
        key = "item.id"
        "#
    );
    let Kind::Template(desk) = crate::desk(&settings, vendor).kind else {
        panic!("another kind of desk")
    };
    Settings::compile(&desk).unwrap()
}

impl Harness for TemplateHarness {
    fn connect(&self, vendor: &BaseUrl, outbound: Outbound) -> Adapter {
        let settings = settings(self.0, vendor);
        Adapter::Desk(Arc::new(Template::new(settings, outbound)))
    }

    fn good_answer(&self, task: &Task) -> Answer {
        match task {
            Task::Open { .. } => Answer::json(
                &json!({"id": 7, "accepted": true, "reason": null, "queue": {"name": "sales"}}),
            ),
            _ => Answer::with(204, ""),
        }
    }

    fn secrets(&self) -> Vec<String> {
        [SECRET, HOOK_KEY].map(str::to_owned).to_vec()
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let body = json!({"events": [
            {"id": "e1", "kind": "reply", "ticket": 7, "text": "Hello", "by": "Ann"},
            {"id": "e2", "kind": "rated", "ticket": 7, "stars": 5},
        ]});
        vec![body.to_string().into_bytes()]
    }

    fn hear(&self, body: &[u8]) -> Result<(), String> {
        let nowhere = "http://127.0.0.1".parse().unwrap();
        let settings = settings(self.0, &nowhere);
        match settings.hook().unwrap().hear(std::iter::empty(), body) {
            Ok(heard) => match heard.not_understood.first() {
                Some(error) => Err(format!("{error} {error:?}")),
                None => Ok(()),
            },
            Err(error) => Err(format!("{error} {error:?}")),
        }
    }
}

#[tokio::test]
async fn a_desk_made_by_configuration_conforms() {
    check(&TemplateHarness("text")).await.unwrap();
}

#[tokio::test]
async fn so_does_one_that_is_shown_everything() {
    check(&TemplateHarness("any")).await.unwrap();
}
