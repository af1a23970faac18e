//! Every guard is taken away once, and a promise must break; what the store owes to `decide` as well.

use super::{
    super::*,
    explore, forgetful,
    model::{Left, Rules},
    nobody_is_left,
    promise::Broken,
    rules, speaking_over,
};

/// What a deadline that nobody keeps comes to.
const STUCK: &[Broken] = &[Broken::TimerSpins, Broken::Overstayed];

#[test]
fn a_bot_that_speaks_over_the_agent_needs_its_guard() {
    let start = Left {
        requests: 1,
        agents: 1,
        bots: 1,
        faults: 1,
        ..Left::default()
    };
    needed(
        Guard::BotSpeaksOver,
        rules(speaking_over(), start),
        &[Broken::BotUnnoticed],
    );
}

#[test]
fn a_repeated_request_needs_its_guard() {
    let start = Left {
        requests: 1,
        closes: 1,
        faults: 1,
        ..Left::default()
    };
    needed(
        Guard::RepeatedRequest,
        rules(World::with_texts(), start),
        &[Broken::WithNobody],
    );
}

#[test]
fn a_request_that_no_desk_takes_needs_its_guard() {
    let start = Left {
        requests: 1,
        ..Left::default()
    };
    needed(
        Guard::RequestDeadline,
        rules(World::with_texts(), start),
        STUCK,
    );
    let mut world = World::with_texts();
    world.policy.limits.when_unsure = WhenUnsure::Accept;
    needed(Guard::RequestDeadline, rules(world, start), STUCK);
}

#[test]
fn a_desk_that_never_closes_needs_its_guard() {
    let start = Left {
        requests: 1,
        agents: 1,
        closes: 1,
        faults: 1,
        ..Left::default()
    };
    needed(Guard::IdleClose, rules(World::with_texts(), start), STUCK);
}

#[test]
fn a_resume_that_fails_needs_its_guard() {
    let start = Left {
        requests: 1,
        closes: 1,
        ..Left::default()
    };
    needed(
        Guard::ResumeWatched,
        rules(World::with_texts(), start),
        &[Broken::OperatorUnaware],
    );
}

#[test]
fn a_handover_that_no_agent_takes_needs_its_guard() {
    let start = Left {
        requests: 1,
        ..Left::default()
    };
    needed(
        Guard::WaitingLimit,
        rules(World::with_texts(), start),
        STUCK,
    );
}

#[test]
fn a_user_whom_the_agent_forgot_needs_the_guard() {
    let start = Left {
        requests: 1,
        users: 1,
        agents: 1,
        ..Left::default()
    };
    needed(
        Guard::UnansweredNotice,
        rules(World::with_texts(), start),
        &[Broken::Silent],
    );
}

#[test]
fn a_resume_behind_a_text_that_cannot_go_out_needs_its_guard() {
    let start = Left {
        requests: 1,
        closes: 1,
        ..Left::default()
    };
    needed(
        Guard::ControlBypass,
        rules(World::with_texts(), start),
        &[Broken::NeverEnds],
    );
}

#[test]
fn a_second_request_needs_its_guard() {
    let start = Left {
        requests: 2,
        ..Left::default()
    };
    needed(
        Guard::Attach,
        rules(World::with_texts(), start),
        &[Broken::AgentLeftAlone],
    );
}

#[test]
fn a_request_during_the_resume_needs_its_guard() {
    let start = Left {
        requests: 2,
        closes: 1,
        ..Left::default()
    };
    needed(
        Guard::RequestWhileClosing,
        rules(World::with_texts(), start),
        &[Broken::WithNobody],
    );
}

#[test]
fn a_desk_that_is_gone_needs_its_guard() {
    let start = Left {
        requests: 1,
        users: 1,
        removals: 1,
        ..Left::default()
    };
    needed(
        Guard::DeskRemoved,
        rules(World::with_fallback("second", false), start),
        &[Broken::DeskGone],
    );
}

#[test]
fn a_phase_of_a_newer_version_needs_its_guard() {
    let start = Left {
        requests: 1,
        users: 1,
        ..Left::default()
    };
    let rules = Rules {
        newer_version: true,
        ..rules(World::with_texts(), start)
    };
    needed(Guard::UnknownState, rules, STUCK);
}

#[test]
fn an_offer_that_waits_has_to_be_cancelled_when_the_desk_shows_that_it_has_it() {
    let start = Left {
        requests: 1,
        agents: 1,
        timers: 2,
        faults: 1,
        ..Left::default()
    };
    let mut rules = forgetful(start);
    // Long enough for an offer to fall due again before the next desk is asked.
    rules.policy.limits.request = Duration::from_secs(90);
    nobody_is_left("with offers cancelled", &rules);
    rules.keeps_opens = true;
    assert_eq!(
        explore(&rules).err().map(|found| found.broken),
        Some(Broken::OfferedTwice)
    );
}

/// With the guard all is well, without it one of these promises is broken.
fn needed(guard: Guard, mut rules: Rules, broken: &[Broken]) {
    nobody_is_left(&format!("with {guard:?}"), &rules);
    rules.policy.without = Some(guard);
    match explore(&rules) {
        Ok(found) => panic!("{guard:?} is not needed in {} states", found.states),
        Err(found) => assert!(broken.contains(&found.broken), "{guard:?}: {found:#?}"),
    }
}
