//! What holds whatever happens, in whatever order, however often, and whatever the clock does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::{
    conversation::Conversation,
    delivery::{Destination, NewDelivery},
    effect::{HandoverRow, LegRow},
    event::Settled,
    ids::DeskName,
};

#[derive(Clone, Debug)]
enum Act {
    Request,
    UserSays,
    BotSays,
    /// An event of the desk for one of the handovers so far; 0 is the newest.
    Desk {
        back: usize,
        event: DeskEvent,
    },
    /// The same of one of the legs so far, by what the desk calls it.
    Leg {
        back: usize,
        reference: Option<&'static str>,
        event: DeskEvent,
    },
    /// One of the deliveries so far comes to something, perhaps once more.
    Settle {
        back: usize,
        result: StepResult,
    },
    Timer,
    Jump {
        seconds: i64,
    },
    /// The desk or the bot is not called any more, or again.
    Condition {
        desk: bool,
        closed: Option<ClosedBecause>,
    },
    DeskRemoved,
    DeskBack,
    BotRemoved,
    Erase {
        at_platform: bool,
    },
    /// Of one of the handovers so far; 0 is the newest.
    ToldDeclined {
        back: usize,
    },
    NewerVersion,
}

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
        setting in 0_usize..6,
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let mut world = match setting {
            0 => World::with_texts(),
            1 => World::with_fallback("second", false),
            2 => World::with_fallback("console", true),
            4 | 5 => World::with_look_ups(),
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
        if open.look_up.is_some() {
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
        assert_ne!(open.phase, Phase::Unknown);
        let known = self.handovers.last();
        if known.is_none_or(|(id, desk)| *id != open.id || *desk != open.leg.desk) {
            self.handovers.push((open.id, open.leg.desk.clone()));
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
        let looking_up = before
            .handover
            .as_ref()
            .is_some_and(|open| open.look_up.is_some_and(|look_up| look_up.history));
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

fn event(world: &mut World, seen: &Seen, act: Act) -> Option<Event> {
    let said = world.said("words");
    let event = match act {
        Act::Request => Event::HandoverRequested(Request {
            payload: None,
            transcript: Vec::new(),
        }),
        Act::UserSays => Event::UserSaid(said),
        Act::BotSays => Event::BotSaid(said),
        Act::Desk { back, event } => {
            let (handover, desk) = seen.handovers.iter().rev().nth(back)?.clone();
            Event::FromDesk {
                handover,
                desk,
                event,
            }
        }
        Act::Leg {
            back,
            reference,
            event,
        } => {
            let leg = Some(seen.named(back, reference)?);
            Event::FromLeg { event, leg }
        }
        Act::Settle { back, result } => {
            let delivery = seen.deliveries.iter().rev().nth(back)?;
            Event::Settled(Settled {
                handover: delivery.handover,
                lane: delivery.lane,
                destination: delivery.destination.clone(),
                task: delivery.task.clone(),
                result,
                leg_closed: world.has_closed(delivery.lane),
            })
        }
        Act::Timer => {
            world.now = world
                .state()
                .wake_at()
                .map_or(world.now, |at| at.max(world.now));
            Event::TimerFired
        }
        Act::Jump { seconds } => {
            let span = Duration::from_secs(seconds.unsigned_abs());
            world.now = if seconds < 0 {
                world.now.minus(span)
            } else {
                world.now.plus(span)
            };
            return None;
        }
        Act::Condition {
            desk: of_desk,
            closed,
        } => {
            let destination = if of_desk {
                Destination::Desk(desk("team"))
            } else {
                Destination::Bot(world.state().key.bot.clone())
            };
            let all = &mut world.conditions.closed;
            match closed {
                Some(because) => all.insert(destination, because),
                None => all.remove(&destination),
            };
            return None;
        }
        Act::DeskRemoved => {
            world.policy.desks.remove(&desk("team"));
            Event::DeskRemoved { desk: desk("team") }
        }
        Act::DeskBack => {
            world.add_desk("team", false);
            return None;
        }
        Act::BotRemoved => Event::BotRemoved,
        Act::Erase { at_platform } => Event::EraseRequested { at_platform },
        Act::ToldDeclined { back } => {
            let (handover, _) = seen.handovers.iter().rev().nth(back)?;
            Event::ToldDeclined {
                handover: Some(*handover),
            }
        }
        Act::NewerVersion => {
            world.change_state(forget_the_phase);
            Event::TimerFired
        }
    };
    Some(event)
}

/// As a newer version would have left an attended handover.
fn forget_the_phase(state: &mut Conversation) {
    let open = state.handover.as_mut();
    if let Some(open) = open.filter(|open| open.phase == Phase::Attended) {
        open.phase = Phase::Unknown;
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Request),
        6 => Just(Act::UserSays),
        2 => Just(Act::BotSays),
        10 => (prop_oneof![5 => Just(0_usize), 1 => 0_usize..4], desk_event())
            .prop_map(|(back, event)| Act::Desk { back, event }),
        5 => (prop_oneof![5 => Just(0_usize), 1 => 0_usize..4], prop::sample::select(vec![None, Some("r1"), Some("r2")]), desk_event())
            .prop_map(|(back, reference, event)| Act::Leg { back, reference, event }),
        16 => (prop_oneof![3 => Just(0_usize), 3 => 0_usize..4, 1 => 0_usize..20], result())
            .prop_map(|(back, result)| Act::Settle { back, result }),
        6 => Just(Act::Timer),
        3 => prop_oneof![Just(1_i64), Just(7), Just(90), Just(400), Just(4_000), Just(100_000), Just(-50), Just(-4_000)]
            .prop_map(|seconds| Act::Jump { seconds }),
        2 => (any::<bool>(), closed()).prop_map(|(desk, closed)| Act::Condition { desk, closed }),
        1 => Just(Act::DeskRemoved),
        1 => Just(Act::DeskBack),
        1 => Just(Act::BotRemoved),
        1 => any::<bool>().prop_map(|at_platform| Act::Erase { at_platform }),
        1 => (0_usize..3).prop_map(|back| Act::ToldDeclined { back }),
        1 => Just(Act::NewerVersion),
    ]
}

fn closed() -> impl Strategy<Value = Option<ClosedBecause>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(ClosedBecause::BreakerOpen)),
        1 => Just(Some(ClosedBecause::Paused(PausedBecause::Refused))),
        1 => Just(Some(ClosedBecause::Paused(PausedBecause::RateLimited))),
    ]
}

fn desk_event() -> impl Strategy<Value = DeskEvent> {
    let said = any::<(bool, bool, bool)>().prop_map(|(automatic, keep_if_late, tell_if_late)| {
        let content = Content::text("an agent's words");
        DeskEvent::Said(AgentSaid {
            content,
            agent: None,
            automatic,
            keep_if_late,
            tell_if_late,
            raw: None,
        })
    });
    let named = DeskEvent::Joined(Agent {
        name: Some("Ann".to_owned()),
        avatar_url: None,
    });
    prop_oneof![
        6 => said,
        2 => Just(named),
        1 => Just(DeskEvent::Joined(Agent::default())),
        1 => Just(DeskEvent::Typing),
        2 => Just(DeskEvent::Transferred { to: None }),
        2 => Just(DeskEvent::Closed { reason: None, by: None }),
        1 => Just(DeskEvent::Closed { reason: None, by: Some(Agent::default()) }),
    ]
}

fn result() -> impl Strategy<Value = StepResult> {
    let delayed = |class, ambiguous| StepResult::Delayed {
        since: World::new().now,
        class,
        ambiguous,
    };
    prop_oneof![
        8 => Just(done()),
        1 => Just(StepResult::Done(Done { reference: Some("r1".to_owned()), ..Done::default() })),
        2 => Just(refused()),
        2 => Just(delayed(ErrorClass::NotSent, false)),
        2 => Just(delayed(ErrorClass::Ambiguous, true)),
        1 => Just(delayed(ErrorClass::Busy, false)),
        2 => Just(StepResult::Gone),
        2 => Just(StepResult::Dead { class: ErrorClass::Rejected }),
        1 => Just(StepResult::Skipped),
        3 => Just(found()),
    ]
}
