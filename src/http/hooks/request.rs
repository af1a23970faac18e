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

/// By what a request is known again, should nobody be able to say whether the store has taken it, or is about to.
struct Findable {
    target: Target,
    made: Instant,
    /// The call's alone.
    own: DedupeKey,
    /// What the platform's repeats of it have as well.
    shared: Vec<DedupeKey>,
}

impl Findable {
    /// Gives the request of this step a key of its own.
    fn make(step: &mut Step) -> Option<Self> {
        let Target::Conversation(conversation) = &step.target else {
            return None;
        };
        let own = DedupeKey::call(conversation, new_id());
        let request = step
            .events
            .iter_mut()
            .find(|incoming| is_request(incoming))?;
        let shared = request.keys.clone();
        request.keys.push(own.clone());
        Some(Self {
            target: step.target.clone(),
            made: Instant::now(),
            own,
            shared,
        })
    }

    /// What the store is told of a request of which it has said nothing.
    fn refusal(&self) -> Step {
        let handover = None;
        let mut events = vec![Incoming {
            event: Event::ToldDeclined { handover },
            keys: vec![self.own.clone()],
        }];
        if !self.shared.is_empty() {
            let ago = self.made.elapsed();
            events.push(Incoming {
                event: Event::RepeatToldDeclined { handover, ago },
                keys: self.shared.clone(),
            });
        }
        Step {
            target: self.target.clone(),
            profile: None,
            events,
        }
    }
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
    let (mut step, call) = request;
    let target = step.target.clone();
    let findable = Findable::make(&mut step);
    let decided = decided(&state, step, call, until).await;
    let (taken, undecided) = match &decided {
        Ok((handover, answer)) => (*handover, *answer == Answer::Pending),
        Err(_) => (None, false),
    };
    let may_be_taken = matches!(decided, Err(Error::Unavailable(_)));
    let unheard = tell.send(decided).is_err();
    if let Some(handover) = taken.filter(|_| undecided || unheard) {
        withdraw(&state, || Step {
            target: target.clone(),
            profile: None,
            events: vec![Incoming {
                event: Event::ToldDeclined {
                    handover: Some(handover),
                },
                keys: Vec::new(),
            }],
        })
        .await;
    } else if let Some(findable) = findable.filter(|_| may_be_taken) {
        withdraw(&state, || findable.refusal()).await;
    }
}

/// A desk has the handover, or will: an agent would wait for a user who is with the bot.
async fn withdraw(state: &State, refusal: impl Fn() -> Step + Send + Sync) {
    let mut until = Instant::now() + TELL_FOR;
    let mut again = TELL_AGAIN;
    let mut stops = false;
    loop {
        let Err(error) = state.store().apply(refusal()).await else {
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
