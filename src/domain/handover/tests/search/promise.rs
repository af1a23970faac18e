//! What the bridge promises, as an onlooker can check it: "never with nobody", nothing dropped, everybody told in time.

use std::collections::HashSet;

use super::{
    super::*,
    model::{Flight, How, Model, Row, Rules},
};
use crate::domain::{
    conversation::{Conversation, Handover},
    delivery::TaskKind,
    ids::DeskName,
};

/// No user waits longer than this without a word, but for the configured patience with an agent.
const WINDOW: Duration = Duration::from_mins(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Broken {
    /// The bot is paused, no handover is open, and no resume is on its way.
    WithNobody,
    /// The user waits and was not told so.
    Silent,
    /// A phase lasts longer than its limit.
    Overstayed,
    /// A timer fires and fires, and nothing comes of it.
    TimerSpins,
    /// The resume is late and no operator was told.
    OperatorUnaware,
    /// With nothing more going wrong the user does not get back to the bot.
    NeverEnds,
    /// An agent has a conversation in front of them that is over.
    AgentLeftAlone,
    /// A text was dropped, and nobody was told.
    Dropped,
    /// A message reached a desk before the offer or after the end.
    OutOfPlace,
    /// A desk that had shown that it has a conversation was offered it once more.
    OfferedTwice,
    /// The bot spoke over the agent and nobody noticed.
    BotUnnoticed,
    /// A handover stays with a desk that is gone.
    DeskGone,
    /// A look-up goes out that nobody waits for.
    AskedInVain,
    /// Who asked for an agent gets no answer.
    Unanswered,
    /// Somebody at the console has a conversation that waits.
    HeldUnattended,
    /// A call is owed to the bridge itself.
    OwedToConsole,
    /// A user whom an agent has had is told that none is free.
    AgentDenied,
}

/// What goes wrong for good in the run that follows a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Clear,
    /// No desk can be reached.
    DesksDown,
    /// The bot platform can be spoken to, but takes no text.
    TextsRefused,
    /// The bot platform cannot be reached.
    BotDown,
}

pub(super) const WEATHERS: [Weather; 4] = [
    Weather::Clear,
    Weather::DesksDown,
    Weather::TextsRefused,
    Weather::BotDown,
];

pub(super) fn user_is_with_somebody(model: &Model) -> Result<(), Broken> {
    let resume = |row: &Row| {
        matches!(row.delivery.task, Task::Resume { .. }) && row.flight != Some(Flight::Done)
    };
    if model.open().is_none() && model.bot_paused && !model.rows.iter().any(resume) {
        return Err(Broken::WithNobody);
    }
    Ok(())
}

/// Called before the clock moves to `at`.
pub(super) fn nobody_waited_too_long(
    model: &Model,
    rules: &Rules,
    at: Timestamp,
) -> Result<(), Broken> {
    let Some(open) = model.open() else {
        return Ok(());
    };
    let (limits, watch) = (&rules.policy.limits, &model.watch);
    let promised = open.answer == Answer::Accepted;
    let (since, limit) = match open.phase {
        Phase::Requested if open.look_up().is_some() => (watch.opened, limits.decide_within / 2),
        Phase::Requested if !promised => (watch.opened, limits.decide_within),
        Phase::Requested => (watch.phase, limits.request),
        Phase::Waiting => (watch.phase, limits.waiting),
        Phase::Attended => (watch.person, limits.idle),
        Phase::Closing | Phase::Unknown => return Ok(()),
    };
    if at > since.plus(limit) || at > watch.opened.plus(limits.max_duration) {
        return Err(Broken::Overstayed);
    }
    let waits = match open.phase {
        Phase::Attended => watch
            .unanswered
            .map(|since| (since.max(watch.phase), limits.unanswered)),
        _ => promised.then_some((watch.phase, WINDOW)),
    };
    match waits {
        Some((since, window)) if at > since.max(watch.told).plus(window) => Err(Broken::Silent),
        _ => Ok(()),
    }
}

/// Called after a timer has fired.
pub(super) fn operator_knows(model: &Model, rules: &Rules) -> Result<(), Broken> {
    let late = model.now >= model.watch.phase.plus(rules.policy.limits.closing);
    if model.phase() == Some(Phase::Closing) && late && !model.watch.alerted {
        return Err(Broken::OperatorUnaware);
    }
    Ok(())
}

/// A text that is taken out of a desk's lane is offered to the next desk, or the user is told something; and of one that the
/// user waited for, the bot is told that it is unanswered.
pub(super) fn nothing_is_dropped(
    before: &Conversation,
    (model, rules): (&Model, &Rules),
    effects: &[Effect],
    cancelled: &[Row],
) -> Result<(), Broken> {
    let told = |row: &Row| match row.delivery.task {
        Task::Message { message, .. } => Some(message),
        _ => None,
    };
    let dropped: Vec<_> = cancelled.iter().filter_map(told).collect();
    if dropped.is_empty() {
        return Ok(());
    }
    let unheard = before.handover.as_ref().and_then(|open| open.unheard);
    let waited_for = unheard.is_some_and(|message| dropped.contains(&message));
    let covered = effects.iter().any(|effect| match effect {
        Effect::Deliver(delivery) => match &delivery.task {
            // A notice may come behind it.
            Task::Open { upto } => upto + 1 >= before.next_seq,
            Task::Resume { contract, .. } => contract.unanswered,
            _ => false,
        },
        Effect::Record(message) => !waited_for && message.actor == Actor::System,
        Effect::Handover(row) => row.answer == Answer::Declined,
        _ => false,
    });
    let here = model
        .open()
        .and_then(Handover::desk)
        .is_some_and(|desk| rules.policy.desks[desk].takes_at_once);
    if covered || here {
        Ok(())
    } else {
        Err(Broken::Dropped)
    }
}

/// What was said is passed on, or the speaker knows; a bot that speaks over the agent is noticed.
pub(super) fn event_is_answered(
    before: &Conversation,
    event: &Event,
    rules: &Rules,
    effects: &[Effect],
) -> Result<(), Broken> {
    let Some(open) = &before.handover else {
        return Ok(());
    };
    // It reads the transcript.
    let is_called = open
        .desk()
        .is_some_and(|desk| !rules.policy.desks[desk].takes_at_once);
    let recorded = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Record(_)));
    let owed = |kind: TaskKind| {
        effects.iter().any(
            |effect| matches!(effect, Effect::Deliver(delivery) if delivery.task.kind() == kind),
        )
    };
    match event {
        Event::UserSaid(_) if open.phase == Phase::Closing => {
            let told = open
                .closing
                .as_ref()
                .is_some_and(|closing| closing.user_wrote)
                || owed(TaskKind::Say);
            if told { Ok(()) } else { Err(Broken::Dropped) }
        }
        // The desk that is asked at last is offered it, see `all_is_offered`.
        Event::UserSaid(_) if open.look_up().is_some() => Ok(()),
        Event::UserSaid(_) if !recorded || (is_called && !owed(TaskKind::Message)) => {
            Err(Broken::Dropped)
        }
        Event::BotSaid(_) if matches!(open.phase, Phase::Waiting | Phase::Attended) => {
            let noticed = effects
                .iter()
                .any(|effect| matches!(effect, Effect::Warn(warning) if warning.kind == WarningKind::BotNotPaused));
            if noticed {
                Ok(())
            } else {
                Err(Broken::BotUnnoticed)
            }
        }
        _ => Ok(()),
    }
}

/// The desk that is asked after a look-up is offered all that was said until then.
pub(super) fn all_is_offered(
    before: &Conversation,
    model: &Model,
    rules: &Rules,
    effects: &[Effect],
) -> Result<(), Broken> {
    let looked_up = |state: &Conversation| {
        let open = state.handover.as_ref();
        open.is_some_and(|open| open.look_up().is_some())
    };
    let Some(desk) = model.state.desk() else {
        return Ok(());
    };
    let whole = effects.iter().any(|effect| {
        matches!(effect, Effect::Deliver(delivery)
            if matches!(delivery.task, Task::Open { upto } if upto + 1 == model.state.next_seq))
    });
    if looked_up(before) && !whole && !rules.policy.desks[desk].takes_at_once {
        return Err(Broken::Dropped);
    }
    Ok(())
}

/// What the platform was to be asked is not asked any more once nobody waits for it.
pub(super) fn nothing_is_asked_in_vain(model: &Model) -> Result<(), Broken> {
    let waiting = |row: &Row| {
        matches!(row.delivery.task, Task::LookUp { .. })
            && row.flight.is_none()
            && model.state.looks_up(row.delivery.handover).is_none()
    };
    if model.rows.iter().any(waiting) {
        return Err(Broken::AskedInVain);
    }
    Ok(())
}

pub(super) fn people_attend(model: &Model) -> Result<(), Broken> {
    let attends = |phase| matches!(phase, Phase::Attended | Phase::Closing);
    match model.open() {
        Some(open) if open.operator.is_some() && !attends(open.phase) => {
            Err(Broken::HeldUnattended)
        }
        _ => Ok(()),
    }
}

pub(super) fn console_is_owed_nothing(model: &Model, rules: &Rules) -> Result<(), Broken> {
    let here = |row: &Row| {
        row.lane > 0 && rules.policy.desks[&model.parts[row.lane - 1].desk].takes_at_once
    };
    if model.rows.iter().any(here) {
        return Err(Broken::OwedToConsole);
    }
    Ok(())
}

/// Who has had an agent is not told that none is free. The texts are the notices' names.
pub(super) fn agent_is_not_denied(model: &Model, effects: &[Effect]) -> Result<(), Broken> {
    let nobody = Content::text("nobody");
    let denied =
        |effect: &Effect| matches!(effect, Effect::Record(message) if message.content == nobody);
    if model.watch.attended && effects.iter().any(denied) {
        return Err(Broken::AgentDenied);
    }
    Ok(())
}

pub(super) fn desk_is_gone(model: &Model, desk: &DeskName) -> Result<(), Broken> {
    if model.state.desk() == Some(desk) {
        return Err(Broken::DeskGone);
    }
    Ok(())
}

impl Weather {
    /// Whether the calls of a lane that could go out here go out in this weather. Where they do, the search takes them
    /// one by one anyway, and what comes after them is looked at there.
    fn flows(self, model: &Model, lane: usize) -> bool {
        model.flying(lane).is_some()
            || model
                .head(lane)
                .is_some_and(|head| !self.fails(model, lane, head))
    }

    fn fails(self, model: &Model, lane: usize, row: usize) -> bool {
        match self {
            Self::Clear => false,
            Self::DesksDown => lane > 0,
            Self::TextsRefused => lane == 0 && model.rows[row].delivery.task.message().is_some(),
            Self::BotDown => lane == 0,
        }
    }
}

/// Lets the world go on with nobody saying anything more, and looks whether it ends well. States that are known to end
/// well are in `good`.
pub(super) fn ends_well(
    model: &Model,
    rules: &Rules,
    weather: Weather,
    good: &mut HashSet<u128>,
) -> Result<(), Broken> {
    let heard = model
        .callers
        .first()
        .is_some_and(|caller| model.answer(rules, *caller) != Answer::Pending);
    if heard
        || (0..model.lanes()).any(|lane| weather.flows(model, lane))
        || good.contains(&model.key())
    {
        return Ok(());
    }
    let mut model = model.clone();
    let end = model
        .now
        .plus(rules.policy.limits.max_duration)
        .plus(Duration::from_mins(10));
    let (mut path, mut tried) = (Vec::new(), 0);
    loop {
        let key = model.key() ^ tried;
        if good.contains(&key) {
            break;
        }
        path.push(key);
        if settle_what_can_be(&mut model, rules, weather, &mut tried)? {
            continue;
        }
        if model.open().is_none() {
            at_the_end(&model, weather)?;
            break;
        }
        if weather == Weather::BotDown
            && model.phase() == Some(Phase::Closing)
            && model.watch.alerted
        {
            break;
        }
        model.fire(rules)?;
        user_is_with_somebody(&model)?;
        tried = 0;
        if model.now > end || path.len() > 1_000 {
            return Err(Broken::NeverEnds);
        }
    }
    good.extend(path);
    Ok(())
}

/// One step of what needs no clock. False if there is none.
fn settle_what_can_be(
    model: &mut Model,
    rules: &Rules,
    weather: Weather,
    tried: &mut u128,
) -> Result<bool, Broken> {
    if let Some(caller) = model.callers.first()
        && model.answer(rules, *caller) != Answer::Pending
    {
        model.caller_hears(rules);
        user_is_with_somebody(model)?;
        return Ok(true);
    }
    for lane in 0..model.lanes() {
        if let Some(at) = model.flying(lane) {
            model.settle_flight(rules, at)?;
            user_is_with_somebody(model)?;
            return Ok(true);
        }
        let Some(at) = model.head(lane) else { continue };
        let fails = weather.fails(model, lane, at);
        let bit = 1 << lane;
        if fails && *tried & bit != 0 {
            continue;
        }
        if fails {
            *tried |= bit;
        }
        model.attempt(rules, at, if fails { How::NotSent } else { How::Well })?;
        user_is_with_somebody(model)?;
        return Ok(true);
    }
    Ok(false)
}

fn at_the_end(model: &Model, weather: Weather) -> Result<(), Broken> {
    if model.bot_paused && weather != Weather::BotDown {
        return Err(Broken::WithNobody);
    }
    if !model.callers.is_empty() {
        return Err(Broken::Unanswered);
    }
    if weather == Weather::Clear && model.parts.iter().any(|part| part.has) {
        return Err(Broken::AgentLeftAlone);
    }
    Ok(())
}
