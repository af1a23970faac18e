//! Who said what: into the transcript, and on to whoever has to hear it.

use std::time::Duration;

use super::{
    Guard, Outcome,
    not_said::NotSaid,
    owe::Voice,
    turn::{NewMessage, Turn},
};
use crate::domain::{
    conversation::{Answering, Handover, Phase},
    dedupe::Fingerprint,
    effect::{Cause, Effect, WarningKind},
    event::{AgentSaid, Feed, PlatformMessage},
    fallback::{Choice, Choices},
    ids::{HandoverId, MessageId},
    message::{Actor, Content},
};

/// How much later than our answer or pause a bot message must be to prove that the bot is not paused. What it said before may
/// still be on its way.
const PAUSE_GRACE: Duration = Duration::from_secs(5);

/// How far apart the two ways of one platform may tell of a message.
const COPY_WITHIN: Duration = Duration::from_mins(2);

impl Turn<'_> {
    pub(super) fn user_said(&mut self, said: &PlatformMessage) -> Outcome {
        if self.open().is_none() {
            return self.observe(Actor::User, said);
        }
        Outcome::message(self.hear_user(said))
    }

    /// While a handover is open. The user speaks now, whenever the platform tells of it, and waits for an answer.
    pub(super) fn hear_user(&mut self, said: &PlatformMessage) -> MessageId {
        let now = self.context.now;
        let mut meant = None;
        if let Some(handover) = self.open_mut() {
            handover.last_said_at = now;
            if handover.phase != Phase::Closing {
                handover.unanswered_since.get_or_insert(now);
                // An answer that was given up is none to this, should it arrive after all.
                handover.answering.take_if(|answer| answer.owed == 0);
                meant = chosen(handover, said);
            }
        }
        let said = meant.as_ref().unwrap_or(said);
        let message = self.record_said(Actor::User, said);
        if self.closing_mut().is_some() {
            self.ask_to_write_again();
        } else {
            self.pass_on(message, &said.content);
        }
        message
    }

    /// Owes the desk what the user said. The user waits for it from now on, whether it is called at once, later, or in vain.
    fn pass_on(&mut self, message: MessageId, content: &Content) {
        let Some(is_called) = self.leg().map(|leg| !leg.at_console) else {
            // It will stand in the transcript that the desk is offered.
            if let Some(handover) = self.open_mut() {
                handover.unheard = Some(message);
            }
            return;
        };
        let last_part = self.tell_desk(message, content);
        let now = self.context.now;
        let Some(handover) = self.open_mut() else {
            return;
        };
        if is_called {
            (handover.unheard, handover.unheard_part) = (Some(message), last_part);
            handover.stalled_since.get_or_insert(now);
        }
    }

    pub(super) fn bot_said(&mut self, said: &PlatformMessage) -> Outcome {
        if self.is_known(said, false) {
            return self.taken();
        }
        let Some(handover) = self.open() else {
            return self.observe_bot(said);
        };
        let talks_over = matches!(handover.phase, Phase::Waiting | Phase::Attended)
            && handover
                .paused_at
                .zip(said.at)
                .is_some_and(|(paused, at)| at > paused.plus(PAUSE_GRACE));
        let closing = handover.phase == Phase::Closing;
        let message = self.record_said(Actor::Bot, said);
        self.expect_copy(said, message);
        if !closing {
            self.tell_desk(message, &said.content);
        }
        if talks_over && self.has(Guard::BotSpeaksOver) {
            let subject = self.conversation.key.bot.to_string();
            self.warn(WarningKind::BotNotPaused, subject);
            self.note(Cause::BotSpokeOver, None);
            self.pause_bot();
        }
        Outcome::message(message)
    }

    /// The handover has been found to be open and this desk's.
    pub(super) fn agent_said(&mut self, said: &AgentSaid) -> Outcome {
        self.desk_shows_it_has_it();
        if !said.automatic {
            self.join(said.agent.as_ref());
        }
        let Some(id) = self.open().map(|open| open.id) else {
            return Outcome::Closed;
        };
        let message = self.record(&NewMessage {
            actor: Actor::Agent,
            at: None,
            content: &said.content,
            raw: said.raw.as_deref(),
            late_for: None,
        });
        let answers = if said.automatic {
            None
        } else {
            self.answered(message)
        };
        self.say_for_agent((id, message), said, answers);
        Outcome::message(message)
    }

    /// What cannot be said at all is told to the desk. What an automaton says between a list and its answer leaves the
    /// list as it is.
    fn say_for_agent(
        &mut self,
        (handover, message): (HandoverId, MessageId),
        said: &AgentSaid,
        answer: Option<MessageId>,
    ) {
        match self.say(handover, message, &said.content, Voice::Desk { answer }) {
            Ok(choices) => {
                if let Some(handover) = self.open_mut()
                    && !(said.automatic && choices.is_empty())
                {
                    handover.choices = choices;
                }
            }
            Err(why) => {
                self.answer_is_lost(answer);
                self.push(Effect::Unsaid { message });
                self.owe_desk(NotSaid::Unshowable(why).task(message));
            }
        }
    }

    /// An agent has said one more message. It counts as an answer until it is known that the user did not hear it. Gives the
    /// first message of that answer, if the user had asked anything.
    fn answered(&mut self, message: MessageId) -> Option<MessageId> {
        let now = self.context.now;
        let handover = self.open_mut()?;
        handover.last_said_at = now;
        if let Some(since) = handover.unanswered_since.take() {
            // To what was asked before, something else may be on its way. That is no word of this answer.
            handover.answering = Some(Answering {
                message,
                since,
                owed: 0,
            });
        }
        let answering = handover.answering.as_mut()?;
        answering.owed = answering.owed.saturating_add(1);
        Some(answering.message)
    }

    /// The user has read a word of this answer. Whatever else becomes of it, nobody is waited for, even if it had been given
    /// up before.
    pub(super) fn answer_is_heard(&mut self, answer: Option<MessageId>) {
        let Some(handover) = self.open_mut() else {
            return;
        };
        let this = |answering: &mut Answering| Some(answering.message) == answer;
        if handover
            .answering
            .take_if(this)
            .is_some_and(|heard| heard.owed == 0)
        {
            handover.unanswered_since = None;
        }
    }

    /// A message of this answer reaches nobody. If it was the last of one of which nothing did, the user waits as before.
    pub(super) fn answer_is_lost(&mut self, answer: Option<MessageId>) {
        let Some(handover) = self.open_mut() else {
            return;
        };
        let answering = handover.answering.as_mut();
        let Some(lost) = answering.filter(|answering| Some(answering.message) == answer) else {
            return;
        };
        lost.owed = lost.owed.saturating_sub(1);
        if lost.owed == 0 {
            handover.unanswered_since = Some(lost.since);
        }
    }

    /// An agent's message after the close: kept and shown, never sent.
    pub(super) fn agent_said_late(
        &mut self,
        handover: HandoverId,
        said: &AgentSaid,
    ) -> Option<MessageId> {
        if !said.keep_if_late {
            return None;
        }
        let message = self.record(&NewMessage {
            actor: Actor::Agent,
            at: None,
            content: &said.content,
            raw: said.raw.as_deref(),
            late_for: Some(handover),
        });
        self.journal(Some(handover), (None, None), Cause::LateMessage, None);
        Some(message)
    }

    pub(super) fn keep_unknown(&mut self, raw: &str) -> Outcome {
        if self.open().is_none() && !self.observes() {
            return self.taken();
        }
        self.push(Effect::KeepUnknown {
            raw: raw.to_owned(),
        });
        self.taken()
    }

    /// Whether this is a text of ours that comes back; each comes back once. In a transcript it may be old.
    pub(super) fn consume_echo(&mut self, fingerprint: Fingerprint, however_old: bool) -> bool {
        let now = self.context.now;
        let echoes = &mut *self.context.echoes;
        let Some(at) = echoes.iter().position(|echo| {
            echo.fingerprint == fingerprint
                && (however_old || echo.until.is_none_or(|until| now <= until))
        }) else {
            return false;
        };
        echoes.remove(at);
        self.push(Effect::ConsumeEcho {
            fingerprint,
            however_old,
        });
        true
    }

    /// Whether a bot's message is the second copy of one that is known, or a text of ours that comes back. Of that the
    /// other copy is expected as well. In a transcript either may be old.
    pub(super) fn is_known(&mut self, said: &PlatformMessage, however_old: bool) -> bool {
        let fingerprint = Fingerprint::of(&said.content);
        if said.feed.other().is_some() && self.consume_echo(fingerprint.by(said.feed), however_old)
        {
            return true;
        }
        if !self.consume_echo(fingerprint, however_old) {
            return false;
        }
        let echo = MessageId::from_uuid(self.new_id());
        self.expect_copy(said, echo);
        true
    }

    /// Of a bot's message that is new.
    pub(super) fn expect_copy(&mut self, said: &PlatformMessage, message: MessageId) {
        let Some(other) = said.feed.other() else {
            return;
        };
        self.push(Effect::ExpectCopy {
            fingerprint: Fingerprint::of(&said.content).by(other),
            message: (other == Feed::First).then_some(message),
            until: self.context.now.plus(COPY_WITHIN),
        });
    }

    fn observe_bot(&mut self, said: &PlatformMessage) -> Outcome {
        if !self.observes() {
            return self.taken();
        }
        let message = self.record_said(Actor::Bot, said);
        self.expect_copy(said, message);
        Outcome::message(message)
    }

    /// The bot has the user: the bridge only listens, if it may.
    fn observe(&mut self, actor: Actor, said: &PlatformMessage) -> Outcome {
        if !self.observes() {
            return self.taken();
        }
        Outcome::message(self.record_said(actor, said))
    }

    /// Whether anything may be kept of a user whom the bot has.
    fn observes(&self) -> bool {
        self.context.policy.observe && self.conversation.erasing.is_none()
    }
}

/// What the user meant by a number or a title of the list that was shown last. It is answered by that.
fn chosen(handover: &mut Handover, said: &PlatformMessage) -> Option<PlatformMessage> {
    let Content::Text {
        text,
        quick_replies: _,
    } = &said.content
    else {
        return None;
    };
    let Choice { title, payload } = handover.choices.meant_by(text)?.clone();
    handover.choices = Choices::default();
    Some(PlatformMessage {
        content: Content::Postback { title, payload },
        ..said.clone()
    })
}
