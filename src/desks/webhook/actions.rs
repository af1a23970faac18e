//! The bodies of the calls that a desk gets.

use serde::Serialize;

use crate::{
    desks::protocol::message::{HandoverBody, MessageBody},
    domain::{
        ids::{HandoverId, MessageId},
        time::Timestamp,
    },
};

/// One call. `timestamp` is the time of what it tells of, the same over all attempts.
#[derive(Debug, Serialize)]
pub(super) struct Action<'a> {
    #[serde(flatten)]
    pub kind: Kind,
    pub timestamp: Timestamp,
    pub data: Data<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(super) enum Kind {
    #[serde(rename = "handover.opened")]
    Opened,
    #[serde(rename = "message.created")]
    Created,
    #[serde(rename = "message.failed")]
    Failed,
    #[serde(rename = "handover.closed")]
    Closed,
    #[serde(rename = "ping")]
    Ping,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Data<'a> {
    Opened {
        handover: HandoverBody<'a>,
        transcript_total: u64,
        transcript: Vec<MessageBody<'a>>,
    },
    Created {
        handover_id: HandoverId,
        message: MessageBody<'a>,
    },
    Failed {
        handover_id: HandoverId,
        message_id: MessageId,
        reason: &'a str,
    },
    Closed {
        handover_id: HandoverId,
        reason: &'a str,
    },
    Ping {},
}
