//! What holds whatever happens, in whatever order, however often, and whatever the clock does.

mod acts;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::{
    conversation::{Conversation, Handover},
    delivery::{Destination, NewDelivery},
    effect::{HandoverRow, LegRow},
    event::Settled,
    ids::DeskName,
};
use acts::{act, event};

/// What has been seen, to hold every decision against.
#[derive(Default)]
struct Seen {
    messages: BTreeSet<MessageId>,
    carried: BTreeSet<(Lane, MessageId, Option<usize>)>,
    answers: BTreeMap<HandoverId, Answer>,
    open: BTreeSet<HandoverId>,
    handovers: Vec<(HandoverId, DeskName)>,
    legs: Vec<LegRow>,
    deliveries: Vec<NewDelivery>,
    seq: u64,
    order: u64,
    /// The places in the transcript that are taken.
    places: BTreeSet<u64>,
    looked_up: BTreeSet<HandoverId>,
    forgets: bool,
    /// The resume steps that have come to an end.
    resumed: BTreeSet<(HandoverId, usize)>,
}

proptest! {
    // More with PROPTEST_CASES.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_in_every_sequence_of_events(
        setting in 0_usize..7,
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let mut world = match setting {
            0 => World::with_texts(),
            1 => World::with_fallback("second", false),
            2 => World::with_fallback("console", true),
            4 | 5 => World::with_look_ups(),
            6 => World::saying(Notice::Reconnecting, "{name} comes back"),
            _ => World::with_pause_steps(2),
        };
        if setting > 2 {
            world.desk_mut("team").reopen_after = Duration::from_secs(20);
            world.bot_mut().resume_steps = 2;
        }
        if setting % 2 == 1 {
            world.policy.limits.when_unsure = WhenUnsure::Accept;
        }
        let mut seen = Seen { seq: 1, order: 1, ..Seen::default() };
        for act in acts {
            let Some(event) = event(&mut world, &seen, act) else { continue };
            let before = world.state().clone();
            let due = before.wake_at().is_some_and(|at| at <= world.now);
            world.look_from_here();
            world.apply(&event);
            seen.hold_end(&world, &event);
            hold_notice(&world, &event);
            hold_told(&world);
            seen.hold(&world, &before);
            if due && event == Event::TimerFired {
                moves_on(&mut world, &mut seen);
            }
        }
    }
}

/// A timer that was due has changed the phase, or moved its next moment beyond now, or does so within a few firings.
fn moves_on(world: &mut World, seen: &mut Seen) {
    for _ in 0..6 {
        if world.state().wake_at().is_none_or(|at| at > world.now) {
            return;
        }
        let before = world.state().clone();
        world.look_from_here();
        world.apply(&Event::TimerFired);
        seen.hold(world, &before);
    }
    panic!("a timer that spins: {:?}", world.state().handover);
}

/// A notice that could not be said is tried again only as long as it is the bot's or this handover's user's.
fn hold_notice(world: &World, event: &Event) {
    let Event::Settled(settled) = event else {
        return;
    };
    let delayed = matches!(settled.result, StepResult::Delayed { .. });
    if let Task::Say { notice: true, .. } = settled.task
        && delayed
        && let Some(open) = &world.state().handover
    {
        let again = world.withdrawn() == 0;
        assert!(!again || open.id == settled.handover, "of one before");
    }
}

/// What is noted as told is told.
fn hold_told(world: &World) {
    let journal = world.journal();
    let noted = journal
        .iter()
        .any(|(_, _, cause)| *cause == Cause::Notified);
    let mut messages = world.messages();
    let told = messages.any(|message| message.actor == Actor::System);
    assert!(told || !noted, "noted and not told");
}

impl Seen {
    fn named(&self, back: usize, reference: Option<&str>) -> Option<NamedLeg> {
        let leg = self.legs.iter().rev().nth(back)?;
        Some(NamedLeg {
            id: leg.id,
            handover: leg.handover,
            desk: leg.desk.clone(),
            reference: reference.map(ToOwned::to_owned),
            is_new: reference.is_some(),
        })
    }

    fn hold(&mut self, world: &World, before: &Conversation) {
        let after = world.state();
        assert_eq!(
            after.version > before.version,
            after != before,
            "the version counts changes"
        );
        for effect in world.effects() {
            match effect {
                Effect::Record(message) => {
                    self.hold_place(message.seq, before);
                    self.messages.insert(message.id);
                }
                Effect::Deliver(delivery) => self.hold_delivery(delivery),
                Effect::Handover(row) => self.hold_row(row),
                Effect::Leg(row) if self.legs.iter().all(|leg| leg.id != row.id) => {
                    self.legs.push(row.clone());
                }
                _ => {}
            }
        }
        assert_eq!((after.next_seq, after.next_order), (self.seq, self.order));
        if after.erasing.is_some() {
            let closes = after
                .handover
                .as_ref()
                .is_none_or(|open| open.closing.is_some());
            assert!(closes, "nothing begins where all is to go");
        }
        assert!(before.erasing.is_none() || after.erasing.is_some());
        let owner: BTreeSet<_> = after.handover.iter().map(|open| open.id).collect();
        assert_eq!(
            self.open, owner,
            "the rows and the state name the same owner"
        );
        let Some(open) = &after.handover else { return };
        if open.look_up().is_some() {
            assert_eq!(
                (open.phase, open.answer),
                (Phase::Requested, Answer::Pending)
            );
            let concerns_a_desk = |effect: &Effect| match effect {
                Effect::Leg(leg) => leg.handover == open.id,
                Effect::Deliver(delivery) => {
                    delivery.handover == open.id && matches!(delivery.lane, Lane::Leg(_))
                }
                _ => false,
            };
            assert!(
                !world.effects().iter().any(concerns_a_desk),
                "no desk is asked before the platform"
            );
        }
        if matches!(
            open.phase,
            Phase::Waiting | Phase::Attended | Phase::Closing
        ) {
            assert_eq!(
                open.answer,
                Answer::Accepted,
                "an agent was promised in {:?}",
                open.phase
            );
        }
        assert_eq!(open.closing.is_some(), open.phase == Phase::Closing);
        if open.is_asked() && open.answer == Answer::Accepted {
            assert!(open.stalled_since.is_some(), "a promised user waits");
        }
        assert_ne!(open.phase, Phase::Unknown);
        // One that has not been asked may speak all the same.
        let any = world.policy.desks.keys().next();
        let Some(desk) = open.desk().or(any) else {
            return;
        };
        let known = self.handovers.last();
        if known.is_none_or(|(id, known)| *id != open.id || known != desk) {
            self.handovers.push((open.id, desk.clone()));
        }
    }

    /// What is resumed ends with the last of its steps, however often each is tried.
    fn hold_end(&mut self, world: &World, event: &Event) {
        let Event::Settled(settled) = event else {
            return;
        };
        let (Task::Resume { index, .. }, false) = (
            &settled.task,
            matches!(settled.result, StepResult::Delayed { .. }),
        ) else {
            return;
        };
        self.resumed.insert((settled.handover, *index));
        let steps: usize = world.policy.bots.values().map(|bot| bot.resume_steps).sum();
        let last = (0..steps).all(|step| self.resumed.contains(&(settled.handover, step)));
        let ends = world
            .journal()
            .iter()
            .any(|(_, to, cause)| to.is_none() && *cause == Cause::Resumed);
        let gone = settled.result == StepResult::Gone;
        assert!(last || gone || !ends, "step {index} was not the last");
    }

    /// No gap, but for the room that is left for what is looked up, which nothing else may take.
    fn hold_place(&mut self, place: u64, before: &Conversation) {
        assert!(self.places.insert(place), "two messages in one place");
        let behind_found = Found::MOST + 1;
        let looking_up = before.handover.as_ref().and_then(Handover::look_up);
        let looking_up = looking_up.is_some_and(|look_up| look_up.history);
        if place == self.seq {
            self.seq += 1;
        } else if place == behind_found && self.seq == 1 {
            assert!(looking_up, "room for nothing");
            self.seq = behind_found + 1;
        } else {
            assert!(
                looking_up && place < behind_found,
                "a gap in the transcript"
            );
        }
    }

    fn hold_delivery(&mut self, delivery: &NewDelivery) {
        assert_eq!(
            delivery.order, self.order,
            "the order grows with every delivery"
        );
        self.order += 1;
        if let Some(message) = delivery.task.message() {
            assert!(
                self.messages.contains(&message),
                "{:?} of no message",
                delivery.task
            );
        }
        if let Task::Say { message, part, .. } | Task::Message { message, part } = delivery.task {
            let part = part.map(|part| part.index);
            assert!(
                self.carried.insert((delivery.lane, message, part)),
                "twice in a lane: {:?}",
                delivery.task
            );
        }
        if let Task::LookUp { .. } = delivery.task {
            assert!(
                self.looked_up.insert(delivery.handover),
                "the platform is asked once"
            );
        }
        if let Task::Forget = delivery.task {
            assert!(!self.forgets, "the platform is asked once to delete");
            self.forgets = true;
        }
        let declined = self.answers.get(&delivery.handover) == Some(&Answer::Declined);
        if declined && matches!(delivery.destination, Destination::Desk(_)) {
            assert!(
                matches!(delivery.task, Task::Close { .. } | Task::Failed { .. }),
                "after a decline the desk hears nothing but its end, and what it said too late: {:?}",
                delivery.task
            );
        }
        self.deliveries.push(delivery.clone());
    }

    fn hold_row(&mut self, row: &HandoverRow) {
        let id = row.facts.id;
        match self.answers.get(&id) {
            None | Some(Answer::Pending) => {
                self.answers.insert(id, row.answer);
            }
            Some(decided) => assert_eq!(row.answer, *decided, "an answer is decided once"),
        }
        if row.phase.is_some() {
            self.open.insert(id);
        } else {
            assert_ne!(row.answer, Answer::Pending, "who asked is answered");
            assert!(row.ended.is_some());
            self.open.remove(&id);
        }
    }
}
