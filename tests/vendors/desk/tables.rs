//! The tables of desks in the configuration.

use super::{Desk, Kind, chatwoot};

impl Desk {
    pub fn config(&self) -> String {
        let name = self.name;
        let address = self.stub.as_ref().map(|stub| stub.address.to_string());
        let address = address.unwrap_or_default();
        match self.kind {
            Kind::Chatwoot => chatwoot::table(name, &address),
            Kind::Console => format!("[desks.{name}]\nkind = \"console\"\n"),
            Kind::Webhook => format!(
                r#"
                [desks.{name}]
                kind = "webhook"
                url = "http://{address}/hooks"
                secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
                token = "token-of-the-desk-{name}"
                "#
            ),
            Kind::Template => format!(
                r#"
                [desks.{name}]
                kind = "template"
                api_url = "http://{address}/api"
                hook_key = "hook-key-of-the-desk-{name}"
                secrets = {{ api = "secret-of-the-desk-{name}" }}
                [desks.{name}.requests.open]
                method = "POST"
                url = "{{{{ desk.api_url }}}}/tickets"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'of': handover.session_id, 'text': transcript_text }}"
                take = {{ reference = "answer.id" }}
                [desks.{name}.requests.message]
                method = "POST"
                url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}/notes"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'ticket': desk_ref.reference, 'text': message.text }}"
                [desks.{name}.requests.close]
                method = "PUT"
                url = "{{{{ desk.api_url }}}}/tickets/{{{{ desk_ref.reference }}}}"
                headers = {{ Authorization = "Bearer {{{{ secrets.api }}}}" }}
                body = "{{ 'state': reason }}"
                [desks.{name}.hook]
                reference = "body.ticket"
                event = "{{ 'type': 'message', 'content': {{ 'type': 'text', 'text': body.text }} }} if body.kind == 'reply' else ({{ 'type': 'closed', 'reason': body.state }} if body.kind == 'closed' else none)"
                key = "body.id"
                "#
            ),
            Kind::AivoLive => format!(
                r#"
                [desks.{name}]
                kind = "aivo-live"
                api_url = "http://{address}"
                groups_url = "http://{address}"
                bot_id = 1000
                bot_token = "bot-token-of-the-desk-{name}"
                groups = [2179]
                hook_key = "hook-key-of-the-desk-{name}"
                "#
            ),
        }
    }
}
