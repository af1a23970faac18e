//! One turn of the state: the working copy that the rules write on, and the words they write with.

use uuid::Uuid;

use super::{Context, Decision, Guard, Outcome};
use crate::domain::{
    conversation::{Answer, Changed, Conversation, Handover, Leg, Phase},
    delivery::{HandoverFacts, Lane},
    effect::{Cancelled, Cause, Effect, Ended, HandoverRow, JournalEntry, Warning, WarningKind},
    event::PlatformMessage,
    ids::{HandoverId, MessageId, OperatorName},
    message::{Actor, Content, Message},
    policy::BotPolicy,
    reason::Reason,
    time::Timestamp,
};

pub(super) struct Turn<'a> {
    pub(super) conversation: Conversation,
    pub(super) context: Context<'a>,
    /// Whoever acts, at the console.
    pub(super) by: Option<OperatorName>,
    /// Where the bot is to go on, if the handover is closed in this turn.
    pub(super) resume_at: Option<String>,
    before: Conversation,
    effects: Vec<Effect>,
}

/// A message as it is put into the transcript.
pub(super) struct NewMessage<'s> {
    pub(super) actor: Actor,
    pub(super) at: Option<Timestamp>,
    pub(super) content: &'s Content,
    pub(super) raw: Option<&'s str>,
    /// The handover that was over when the message came.
    pub(super) late_for: Option<HandoverId>,
}

impl<'a> Turn<'a> {
    pub(super) fn begin(conversation: Conversation, context: Context<'a>) -> Self {
        Self {
            before: conversation.clone(),
            conversation,
            context,
            by: None,
            resume_at: None,
            effects: Vec::new(),
        }
    }

    /// Sets the timer, derives the handover's row, and counts the version.
    pub(super) fn finish(mut self, outcome: Outcome) -> Decision {
        self.set_timer();
        if let Some(handover) = self.open()
            && self
                .before
                .handover
                .as_ref()
                .is_none_or(|before| seen(before) != seen(handover))
        {
            self.effects.push(Effect::Handover(row(handover, None)));
        }
        let keeps_unknown = self.keeps_unknown();
        let mut changed = self.conversation.changed_since(self.before);
        if keeps_unknown {
            changed = changed.max(Changed::More);
        }
        if changed > Changed::Nothing {
            self.conversation.version += 1;
        }
        Decision {
            state: self.conversation,
            changed,
            effects: self.effects,
            outcome,
        }
    }

    /// Whoever something is kept of is kept too: what nobody is known by could not be erased.
    fn keeps_unknown(&self) -> bool {
        let mut effects = self.effects.iter();
        effects.any(|effect| matches!(effect, Effect::KeepUnknown { .. }))
    }

    /// A phase that this version does not know was written by a newer one: it is read as waiting, and over.
    pub(super) fn adopt_unknown_phase(&mut self) {
        if !self.has(Guard::UnknownState) {
            return;
        }
        let (now, waiting) = (self.context.now, self.context.policy.limits.waiting);
        let Some(handover) = self.open_mut() else {
            return;
        };
        if handover.phase != Phase::Unknown {
            return;
        }
        handover.phase = Phase::Waiting;
        handover.phase_since = now.minus(waiting);
        handover.wake_at = now;
        let handover = handover.id;
        let phases = (Some(Phase::Unknown), Some(Phase::Waiting));
        self.journal(Some(handover), phases, Cause::UnknownState, None);
        self.warn(WarningKind::UnknownState, handover.to_string());
    }

    /// The handover that is open, closing or not.
    pub(super) fn open(&self) -> Option<&Handover> {
        self.conversation.handover.as_ref()
    }

    pub(super) fn open_mut(&mut self) -> Option<&mut Handover> {
        self.conversation.handover.as_mut()
    }

    pub(super) fn leg(&self) -> Option<&Leg> {
        self.open().and_then(Handover::leg)
    }

    pub(super) fn leg_mut(&mut self) -> Option<&mut Leg> {
        self.open_mut().and_then(Handover::leg_mut)
    }

    pub(super) fn has(&self, guard: Guard) -> bool {
        self.context.policy.keeps(guard)
    }

    pub(super) fn bot(&self) -> Option<&BotPolicy> {
        self.context.policy.bots.get(&self.conversation.key.bot)
    }

    pub(super) fn language(&self) -> String {
        let spoken = self.conversation.profile.language.clone();
        spoken
            .or_else(|| self.bot().map(|bot| bot.default_language.clone()))
            .unwrap_or_else(|| "en".to_owned())
    }

    pub(super) fn new_id(&mut self) -> Uuid {
        (self.context.new_id)()
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn bot_lane(&self) -> Lane {
        Lane::Bot(self.conversation.id)
    }

    /// Takes back what waits in a lane.
    pub(super) fn cancel(&mut self, lane: Lane, only: Cancelled) {
        self.push(Effect::CancelUnsent { lane, only });
    }

    /// Puts a message into the transcript.
    pub(super) fn record(&mut self, spoken: &NewMessage<'_>) -> MessageId {
        self.leave_room();
        let id = MessageId::from_uuid(self.new_id());
        let seq = self.conversation.next_seq;
        self.conversation.next_seq += 1;
        let open = self.open().map(|handover| handover.id);
        self.push(Effect::Record(Message {
            id,
            seq,
            actor: spoken.actor,
            at: spoken.at.unwrap_or(self.context.now),
            content: spoken.content.clone(),
            handover: spoken.late_for.or(open),
            late: spoken.late_for.is_some(),
            raw: spoken.raw.map(ToOwned::to_owned),
        }));
        id
    }

    /// Puts what the platform said into the transcript.
    pub(super) fn record_said(&mut self, actor: Actor, said: &PlatformMessage) -> MessageId {
        self.record(&NewMessage {
            actor,
            at: said.at,
            content: &said.content,
            raw: said.raw.as_deref(),
            late_for: None,
        })
    }

    pub(super) fn enter(&mut self, phase: Phase, cause: Cause, detail: Option<String>) {
        let now = self.context.now;
        let Some(handover) = self.open_mut() else {
            return;
        };
        let (id, from) = (handover.id, handover.phase);
        handover.phase = phase;
        handover.phase_since = now;
        // What was due in the phase before is due no more.
        handover.wake_at = now;
        self.journal(Some(id), (Some(from), Some(phase)), cause, detail);
    }

    /// A line in the journal that changes no phase.
    pub(super) fn note(&mut self, cause: Cause, detail: Option<String>) {
        let open = self.open();
        let (handover, phase) = (open.map(|open| open.id), open.map(|open| open.phase));
        self.journal(handover, (phase, phase), cause, detail);
    }

    pub(super) fn journal(
        &mut self,
        handover: Option<HandoverId>,
        (from, to): (Option<Phase>, Option<Phase>),
        cause: Cause,
        detail: Option<String>,
    ) {
        self.push(Effect::Journal(JournalEntry {
            at: self.context.now,
            handover,
            from,
            to,
            cause,
            detail,
            by: self.by.clone(),
        }));
    }

    /// Gives the user to the bot: the handover is over. A request that was not answered yet is declined by it.
    pub(super) fn end(&mut self, cause: Cause, reason: Reason) {
        self.stop_looking();
        let Some(mut handover) = self.conversation.handover.take() else {
            return;
        };
        if handover.answer == Answer::Pending {
            handover.answer = Answer::Declined;
        }
        let (id, phase) = (handover.id, handover.phase);
        let why = Some(reason.to_string());
        self.journal(Some(id), (Some(phase), None), cause, why);
        let ended = Ended {
            at: self.context.now,
            reason,
        };
        self.push(Effect::Handover(row(&handover, Some(ended))));
    }

    pub(super) fn warn(&mut self, kind: WarningKind, subject: String) {
        self.push(Effect::Warn(Warning { kind, subject }));
    }

    pub(super) fn taken(&mut self) -> Outcome {
        Outcome::Taken { id: self.new_id() }
    }
}

/// The parts of a handover that its row shows.
fn seen(handover: &Handover) -> impl PartialEq + '_ {
    (
        handover.id,
        handover.phase,
        handover.answer,
        handover.phase_since,
        handover.desk(),
        &handover.operator,
        &handover.language,
    )
}

fn row(handover: &Handover, ended: Option<Ended>) -> HandoverRow {
    HandoverRow {
        facts: HandoverFacts::of(handover),
        requested_at: handover.requested_at,
        phase_since: handover.phase_since,
        phase: ended.is_none().then_some(handover.phase),
        answer: handover.answer,
        desk: handover.desk().cloned(),
        operator: handover.operator.clone(),
        ended,
    }
}
