//! What may happen, in whatever order.

use super::*;

#[derive(Clone, Debug)]
pub(super) enum Act {
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

pub(super) fn event(world: &mut World, seen: &Seen, act: Act) -> Option<Event> {
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

pub(super) fn act() -> impl Strategy<Value = Act> {
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
