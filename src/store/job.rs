//! What a claimed delivery is about, and what of it is told the same whatever the database.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Map;

use super::TranscriptLimits;
use crate::{
    domain::{
        conversation::{Closing, ConversationKey, Profile},
        delivery::{Destination, HandoverFacts, Job},
        ids::{ConversationId, DeskName, HandoverId},
    },
    telemetry::traces::TraceParent,
};

/// How much of a transcript a desk is told at once where its configuration does not say.
const TRANSCRIPT_LIMIT: usize = 200;

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) job: Box<Job>,
    pub(super) attempts: u32,
    pub(super) destination: Destination,
    pub(super) trace: Option<TraceParent>,
}

/// What a job needs of a conversation's state; the rest need not be parsed.
#[derive(Deserialize)]
pub(super) struct Excerpt {
    pub(super) id: ConversationId,
    pub(super) key: ConversationKey,
    pub(super) profile: Arc<Profile>,
    handover: Option<Open>,
}

#[derive(Deserialize)]
struct Open {
    id: HandoverId,
    closing: Option<Closing>,
}

impl Excerpt {
    /// Whether the user wrote what the end of this handover leaves unanswered.
    pub(super) fn is_unanswered(&self, handover: HandoverId) -> bool {
        self.handover
            .as_ref()
            .filter(|open| open.id == handover)
            .and_then(|open| open.closing.as_ref())
            .is_some_and(|closing| closing.user_wrote)
    }

    /// In the place of a handover, for a user who is erased and never had one.
    pub(super) fn no_handover(&self, id: HandoverId) -> HandoverFacts {
        HandoverFacts {
            id,
            language: self.profile.language.clone().unwrap_or_default(),
            payload: None,
            options: Map::new(),
        }
    }
}

pub(super) fn transcript_limit(limits: &TranscriptLimits, desk: &DeskName) -> usize {
    limits.get(desk).copied().unwrap_or(TRANSCRIPT_LIMIT)
}
