//! The answer to a request for an agent. It is the transfer of control, so it says what is stored, and where nothing is
//! it says no.
//!
//! A bot is never left waiting: whatever happens to the store, it hears within `decide_within` and a little, and what
//! it hears when the bridge could not take the user is that it keeps the user. In which words it is told is its
//! platform's matter.

use std::time::Duration;

use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};

use super::in_flight::InFlight;
use crate::{
    clock::new_id,
    domain::{
        conversation::Answer,
        dedupe::DedupeKey,
        event::{Event, Incoming, Step, Target},
        handover::Outcome,
        ids::HandoverId,
    },
    http::State,
    store::{Applied, Error},
};

/// For the timer that decides an undecided request to fire and commit.
const GRACE: Duration = Duration::from_millis(400);
/// A store that is away is told again after this, and then each time after twice as long …
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// … up to this, since every bot that asks while it is away leaves something to tell …
const TELL_AGAIN_AT_LAST: Duration = Duration::from_secs(16);
/// … and no more after that: a handover that waits for nobody has come to its own limits.
const TELL_FOR: Duration = Duration::from_mins(15);
/// A bridge that stops may not wait for so long; requests are still taken while it drains, and these are told of too.
const TELL_WHILE_STOPPING: Duration = Duration::from_secs(5);

/// What the platform is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted(HandoverId),
    Declined,
}

/// What was stored: the handover of this request, and what to answer.
type Decided = Result<(Option<HandoverId>, Answer), Error>;

/// Has the request decided, and says what is stored by the time that the platform must be answered.
pub(super) async fn verdict(state: &State, step: Step, call: InFlight) -> Verdict {
    let until = Instant::now() + state.decide_within() + GRACE;
    let (tell, mut told) = oneshot::channel();
    state.spawn(decide(state.clone(), (step, call), until, tell));
    let decided = if let Ok(decided) = timeout_at(until, &mut told).await {
        decided.ok()
    } else {
        told.close();
        told.try_recv().ok()
    };
    match decided {
        Some(Ok((Some(handover), Answer::Accepted))) => Verdict::Accepted(handover),
        Some(Ok(_)) => Verdict::Declined,
        Some(Err(error)) => {
            tracing::warn!(
                error = error.told(),
                "a handover was declined since the store did not take it"
            );
            Verdict::Declined
        }
        None => {
            tracing::warn!("a handover was declined since nothing was decided in time");
            Verdict::Declined
        }
    }
}

/// Nobody may be able to say whether the store has taken a request, or is about to. By a key of its own, the last of its
/// keys, it is found, or kept out.
fn findable(mut step: Step) -> Step {
    if let Target::Conversation(conversation) = &step.target {
        for request in step.events.iter_mut().filter(|it| is_request(it)) {
            request.keys.push(DedupeKey::call(conversation, new_id()));
        }
    }
    step
}

fn is_request(incoming: &Incoming) -> bool {
    matches!(incoming.event, Event::HandoverRequested(_))
}

/// Sees the request through. If by then the platform has been told that it keeps the user, the store is told so too.
async fn decide(
    state: State,
    request: (Step, InFlight),
    until: Instant,
    tell: oneshot::Sender<Decided>,
) {
    let (step, call) = request;
    let step = findable(step);
    let (target, keys) = (step.target.clone(), keys_of_request(&step));
    let decided = decided(&state, step, call, until).await;
    let (handover, undecided) = match &decided {
        Ok((handover, answer)) => (*handover, *answer == Answer::Pending),
        Err(_) => (None, false),
    };
    let may_be_taken = matches!(decided, Err(Error::Unavailable(_))) && !keys.is_empty();
    let unheard = tell.send(decided).is_err();
    let is_taken = handover.is_some() && (undecided || unheard);
    if is_taken || may_be_taken {
        let told = Incoming {
            event: Event::ToldDeclined { handover },
            keys: if is_taken { Vec::new() } else { keys },
        };
        withdraw(&state, target, told).await;
    }
}

fn keys_of_request(step: &Step) -> Vec<DedupeKey> {
    let request = step.events.iter().find(|incoming| is_request(incoming));
    request.map_or_else(Vec::new, |request| request.keys.clone())
}

/// A desk has the handover, or will: an agent would wait for a user who is with the bot.
async fn withdraw(state: &State, target: Target, told: Incoming) {
    let mut until = Instant::now() + TELL_FOR;
    let mut again = TELL_AGAIN;
    let mut stops = false;
    loop {
        let step = Step {
            target: target.clone(),
            profile: None,
            events: vec![told.clone()],
        };
        let Err(error) = state.store().apply(step).await else {
            return;
        };
        let is_away = matches!(error, Error::Unavailable(_) | Error::Busy);
        if !is_away || Instant::now() >= until {
            tracing::warn!(
                error = error.told(),
                "the store does not know that a handover was declined"
            );
            return;
        }
        tokio::select! {
            () = sleep(again) => {
                if !stops {
                    again = TELL_AGAIN_AT_LAST.min(again * 2);
                }
            }
            () = state.stopping().cancelled(), if !stops => {
                stops = true;
                again = TELL_AGAIN;
                until = until.min(Instant::now() + TELL_WHILE_STOPPING);
            }
        }
    }
}

async fn decided(state: &State, step: Step, call: InFlight, until: Instant) -> Decided {
    let applied = state.store().apply(step).await;
    // While it waits for the desk it keeps nobody else out.
    drop(call);
    let Applied::Done { outcomes, .. } = applied? else {
        return Ok((None, Answer::Declined));
    };
    let requested = outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Requested { handover, answer } => Some((handover, answer)),
        _ => None,
    });
    match requested {
        Some((handover, Answer::Pending)) => {
            let left = until.saturating_duration_since(Instant::now());
            let answer = state.store().answer(handover, left).await;
            // What is stored is stored, also if the store is away by now.
            let answer = answer.unwrap_or_else(|error| {
                tracing::warn!(
                    error = error.told(),
                    "whether a handover is accepted cannot be read"
                );
                Answer::Pending
            });
            Ok((Some(handover), answer))
        }
        Some((handover, answer)) => Ok((Some(handover), answer)),
        None => Ok((None, Answer::Declined)),
    }
}
