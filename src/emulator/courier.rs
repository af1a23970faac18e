//! Brings one conversation's webhooks to the bridge: one at a time, in order, unless a fault says otherwise.
//!
//! A webhook that fails is not sent again: no platform documents that it would be, and a bridge that lives with no
//! retries lives with some.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    hub::Hub,
    platform::Answer,
    session::{Call, Direction, Webhook, WebhookKind},
};

/// How long a webhook that is to change places waits for the one behind it.
const SWAP_WAIT: Duration = Duration::from_secs(2);

/// The one who carries the webhooks of a conversation.
pub(super) struct Courier {
    pub hub: Arc<Hub>,
    pub session: String,
    pub ordinal: u64,
    pub queue: mpsc::Receiver<Webhook>,
}

/// How one webhook is to be carried.
struct CallOptions {
    delay: Duration,
    repeats: u8,
    dropped: bool,
    answer_lost: bool,
    unknown_fields: bool,
}

impl Courier {
    pub(super) async fn run(mut self) {
        while let Some(webhook) = self.queue.recv().await {
            let swap = self
                .hub
                .injector()
                .strikes(self.ordinal, |faults| &mut faults.webhook_swap);
            if swap && let Ok(Some(later)) = timeout(SWAP_WAIT, self.queue.recv()).await {
                self.carry(later).await;
            }
            self.carry(webhook).await;
        }
    }

    async fn carry(&self, mut webhook: Webhook) {
        let options = self.call_options(webhook.kind);
        if options.dropped {
            self.note(&webhook, None, "dropped on purpose");
            return self.answered(&webhook, None);
        }
        if options.unknown_fields
            && let Some(body) = webhook.body.as_object_mut()
        {
            body.insert(
                "futureField".to_owned(),
                json!({"nested": [1, null, "later"]}),
            );
        }
        sleep(options.delay).await;
        let mut first = None;
        for attempt in 0..options.repeats {
            let answer = self.post(&webhook, attempt > 0).await;
            if attempt == 0 {
                first = answer;
            }
        }
        if options.answer_lost {
            self.note(&webhook, None, "answer lost on purpose");
            first = None;
        }
        self.answered(&webhook, first);
    }

    fn call_options(&self, kind: WebhookKind) -> CallOptions {
        let mut injector = self.hub.injector();
        CallOptions {
            dropped: injector.strikes(self.ordinal, |faults| &mut faults.webhook_drop),
            answer_lost: kind == WebhookKind::Request
                && injector.strikes(self.ordinal, |faults| &mut faults.offload_answer_lost),
            delay: injector.faults().webhook_delay(),
            repeats: injector.faults().repeats.get(),
            unknown_fields: injector.faults().unknown_fields,
        }
    }

    /// Sends the webhook once and says what a request for an agent was answered.
    async fn post(&self, webhook: &Webhook, again: bool) -> Option<Answer> {
        let started = Instant::now();
        let hook = self.hub.played.hook(webhook.kind);
        let request = self.hub.client().post(hook).json(&webhook.body);
        let (status, body) = match request.send().await {
            Ok(response) => (
                Some(response.status().as_u16()),
                response.bytes().await.unwrap_or_default(),
            ),
            Err(_) => (None, bytes::Bytes::new()),
        };
        self.hub.record(
            &self.session,
            Call {
                at: self.hub.now(),
                way: Direction::ToBridge,
                what: webhook.what.clone(),
                status,
                millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
                body: webhook.body.to_string(),
                fault: again.then_some("sent again on purpose"),
            },
        );
        (status == Some(200)).then(|| self.hub.played.answer(&body))?
    }

    fn answered(&self, webhook: &Webhook, answer: Option<Answer>) {
        if webhook.kind == WebhookKind::Request {
            self.hub
                .with(&self.session, |session| session.answered(answer));
        }
    }

    fn note(&self, webhook: &Webhook, status: Option<u16>, fault: &'static str) {
        let call = Call {
            at: self.hub.now(),
            way: Direction::ToBridge,
            what: webhook.what.clone(),
            status,
            millis: 0,
            body: webhook.body.to_string(),
            fault: Some(fault),
        };
        self.hub.record(&self.session, call);
    }
}
