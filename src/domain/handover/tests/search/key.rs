//! One number for all states that have the same future: ids by order of appearance, times relative to now.

use std::hash::{Hash, Hasher};

use super::{
    super::*,
    model::{Model, Row},
};
use crate::domain::conversation::{Answering, Handover};

impl Model {
    pub(super) fn key(&self) -> u128 {
        let mut key = Key {
            model: self,
            words: (0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f),
        };
        key.bot();
        if let Some(open) = &self.state.handover {
            key.open(open);
        }
        key.desks();
        (u128::from(key.words.0) << 64) | u128::from(key.words.1)
    }
}

struct Key<'a> {
    model: &'a Model,
    words: (u64, u64),
}

impl Key<'_> {
    fn bot(&mut self) {
        let model = self.model;
        (model.bot_paused, self.is_open(model.asked)).hash(self);
        model.state.erasing.is_some().hash(self);
        for caller in &model.callers {
            self.is_open(Some(*caller)).hash(self);
        }
        self.rows(0);
    }

    /// What a phase does not look at, and will not before it is set anew, is left out.
    fn open(&mut self, open: &Handover) {
        let watch = &self.model.watch;
        (open.phase, open.answer).hash(self);
        open.operator.hash(self);
        for desk in open.desk().into_iter().chain(&open.fallbacks) {
            desk.as_str().hash(self);
        }
        (
            open.pause == PauseState::Pausing,
            open.pause == PauseState::Failed,
        )
            .hash(self);
        let leg = open.leg();
        leg.map(|leg| (leg.offer.may_be_known(), leg.reopened))
            .hash(self);
        // While an offer is under way it counts whether the desk has shown already that it has it.
        let offered = |row: &Row| matches!(row.delivery.task, Task::Open { .. });
        (leg.is_some_and(|leg| leg.offer.is_taken()) && self.model.rows.iter().any(offered))
            .hash(self);
        (
            open.unheard.is_some(),
            open.missed.is_some(),
            leg.is_some_and(|leg| leg.failing),
        )
            .hash(self);
        leg.and_then(|leg| leg.offered).is_some().hash(self);
        (open.newest_agent().is_some(), watch.attended).hash(self);
        if let Some(closing) = &open.closing {
            self.time(Some(closing.since));
            self.time(Some(open.wake_at));
            (
                closing.user_wrote,
                closing.alerted,
                closing.steps_left,
                watch.alerted,
            )
                .hash(self);
            return;
        }
        self.time(Some(open.requested_at));
        self.time(open.look_up().map(|look_up| look_up.until));
        self.time(
            open.last_notice_at
                .filter(|at| self.model.now < at.plus(Duration::from_mins(5))),
        );
        self.time(open.stalled_since);
        self.time(Some(
            watch
                .told
                .max(self.model.now.minus(Duration::from_mins(10))),
        ));
        if open.phase == Phase::Attended {
            for at in [
                Some(open.last_said_at),
                open.unanswered_since,
                self.answering().map(|answer| answer.since),
                watch.unanswered,
                Some(watch.person),
            ] {
                self.time(at);
            }
        } else {
            (open.unanswered_since.is_some(), watch.unanswered.is_some()).hash(self);
            self.answering().is_some().hash(self);
            self.time(Some(open.phase_since));
            self.time(Some(watch.phase));
        }
    }

    /// Of one that was given up nothing comes any more: nobody has it tried again here.
    fn answering(&self) -> Option<Answering> {
        let answering = self.model.open()?.answering;
        answering.filter(|answering| answering.owed > 0)
    }

    /// A desk whose part is over, and that has nothing more to do, is left out.
    fn desks(&mut self) {
        for (at, part) in self.model.parts.iter().enumerate() {
            let lane = at + 1;
            let idle = !self.model.rows.iter().any(|row| row.lane == lane);
            if idle && !part.has && !self.model.is_current(lane) {
                continue;
            }
            self.model.is_current(lane).hash(self);
            (
                part.offered,
                part.has,
                part.closed,
                part.told,
                part.row_closed,
                part.heard,
            )
                .hash(self);
            self.rows(lane);
        }
    }

    fn rows(&mut self, lane: usize) {
        let first = self
            .model
            .open()
            .and_then(|open| open.closing.as_ref())
            .map_or(0, |closing| closing.first_order);
        let last = self.model.open().and_then(|open| open.last_notice);
        let mut rows: Vec<_> = self
            .model
            .rows
            .iter()
            .filter(|row| row.lane == lane)
            .collect();
        rows.sort_by_key(|row| (!row.urgent, row.delivery.order));
        rows.len().hash(self);
        for row in rows {
            self.time(Some(row.due).filter(|due| *due > self.model.now));
            (
                row.urgent,
                row.flight,
                self.is_open(Some(row.delivery.handover)),
            )
                .hash(self);
            match row.delivery.task {
                Task::Say {
                    message,
                    notice,
                    answer,
                    ..
                } => {
                    self.answering()
                        .is_some_and(|answering| answer == Some(answering.message))
                        .hash(self);
                    let is_last = last.is_some_and(|last| last == message);
                    let before = row.delivery.order < first;
                    (
                        usize::from(notice) + 20 * usize::from(is_last),
                        usize::from(before),
                    )
                }
                Task::Pause { index } => (2, index),
                Task::Resume { index, .. } => (3, index),
                Task::Open { .. } => (4, 0),
                Task::Message { message, .. } => (5, usize::from(self.is_unheard(message))),
                Task::Placeholder { message } => (6, usize::from(self.is_unheard(message))),
                Task::Failed { .. } => (7, 0),
                Task::Close { .. } => (8, 0),
                Task::LookUp { .. } => (9, 0),
                Task::Forget => (10, 0),
            }
            .hash(self);
            if self.model.is_current(lane) {
                self.time(Some(row.created));
            }
        }
    }

    fn is_unheard(&self, message: MessageId) -> bool {
        let open = self.model.open();
        open.is_some_and(|open| open.unheard == Some(message))
    }

    /// Of the ids of handovers it only matters which is the one that is open.
    fn is_open(&self, handover: Option<HandoverId>) -> Option<bool> {
        handover.map(|handover| self.model.open().is_some_and(|open| open.id == handover))
    }

    fn time(&mut self, at: Option<Timestamp>) {
        at.map(|at| at.as_millis() - self.model.now.as_millis())
            .hash(self);
    }
}

/// Two independent multiplicative hashes.
impl Hasher for Key<'_> {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let (a, b) = self.words;
        let a = (a ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let b = (b.rotate_left(23) ^ word).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        self.words = (a ^ (a >> 32), b ^ (b >> 29));
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word.try_into().unwrap());
    }

    fn write_isize(&mut self, word: isize) {
        self.write_usize(word.cast_unsigned());
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn finish(&self) -> u64 {
        self.words.0 ^ self.words.1
    }
}
