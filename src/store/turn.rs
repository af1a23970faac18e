//! A turn of a conversation, which is one event: what is read for it, what it is compared with, and what came of it. The
//! same whatever the database.

use crate::domain::{
    conversation::{Answer, Conversation, Phase},
    delivery::Unsaid,
    effect::{Effect, WarningKind},
    handover::{Echo, Outcome},
    ids::{DeskName, HandoverId, MessageId},
};

/// What is read of a conversation's rows for an event, as far as it needs it.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) echoes: Vec<Echo>,
    pub(super) unsaid: Vec<Unsaid>,
    pub(super) on_its_way: Option<MessageId>,
}

/// A conversation before its turn, as much of it as is compared.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) version: u64,
    /// The desk that had the handover, or was asked to take it.
    pub(super) desk: Option<DeskName>,
    pub(super) open: Option<OpenBefore>,
}

/// The handover that was open.
#[derive(Debug)]
pub(super) struct OpenBefore {
    pub(super) id: HandoverId,
    pub(super) phase: Phase,
    pub(super) answer: Answer,
    /// None: none had been asked.
    pub(super) desk: Option<DeskName>,
}

/// What one event did.
#[derive(Debug)]
pub(super) struct Turned {
    pub(super) effects: Vec<Effect>,
    pub(super) outcome: Outcome,
}

impl Turned {
    /// Whether the platform is not even asked to delete what it keeps.
    pub(super) fn leaves_it_to_the_platform(&self) -> bool {
        self.effects.iter().any(|effect| {
            matches!(effect, Effect::Warn(warning) if warning.kind == WarningKind::NotErased)
        })
    }
}

impl Before {
    pub(super) fn of(state: &Conversation) -> Self {
        Self {
            version: state.version,
            desk: state.desk().cloned(),
            open: state.handover.as_ref().map(|open| OpenBefore {
                id: open.id,
                phase: open.phase,
                answer: open.answer,
                desk: open.desk().cloned(),
            }),
        }
    }
}
