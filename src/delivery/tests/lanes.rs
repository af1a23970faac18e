//! A store of lanes without a database, and tokio's paused clock as the time.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::job::EPOCH;
use crate::{
    domain::{
        conversation::Answer,
        delivery::{Destination, Job},
        effect::Warning,
        event::Step,
        ids::{ConversationId, DeliveryId, DeskName, HandoverId},
        message::Message,
        policy::ClosedBecause,
        time::{Clock, Timestamp},
    },
    store::{
        Applied, Claim, Claimed, Erased, Error, Fired, Gone, HandoverView, Names, Page, Pause,
        Retention, RowOutcome, Settlement, Store, Ticket,
    },
};

/// Reads tokio's clock, which stands still until everybody waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct PausedClock(Instant);

impl PausedClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        EPOCH.plus(self.0.elapsed())
    }
}

#[derive(Debug)]
pub(super) struct Lanes {
    clock: PausedClock,
    bells: Mutex<BTreeMap<Destination, Arc<Notify>>>,
    timer_bell: Arc<Notify>,
    erasure_bell: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<(Destination, ConversationId), VecDeque<Row>>,
    seen: Seen,
    /// As long it takes to write what came of a call …
    settling: Duration,
    /// … and to find out which lanes are due.
    claiming: Duration,
    /// What is to be tried again is due so much later than asked for.
    postponed: Duration,
    timers: BTreeSet<Timestamp>,
    /// A desk with so many legs that nothing is configured for.
    gone: Option<(DeskName, usize)>,
    /// Whether other processes know it. None: nobody can say.
    known_to_others: Option<bool>,
    /// Whose lane is not certain when it is first asked.
    deposed: BTreeSet<DeliveryId>,
    /// What comes of erasing, turn by turn.
    erases: VecDeque<Result<Erased, Error>>,
}

/// What the store was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) settled: Vec<(DeliveryId, RowOutcome)>,
    pub(super) released: usize,
    pub(super) conditions: Vec<Option<ClosedBecause>>,
    pub(super) pauses: Vec<Option<Pause>>,
    pub(super) warnings: Vec<Warning>,
    /// When each timer fired.
    pub(super) fired: Vec<Duration>,
    /// When legs of a desk that is gone were ended, and how many.
    pub(super) removed: Vec<(Duration, usize)>,
    pub(super) purged_at: Vec<Duration>,
    /// When it was asked to go on erasing.
    pub(super) erased_at: Vec<Duration>,
}

#[derive(Debug)]
struct Row {
    job: Job,
    attempts: u32,
    due: Timestamp,
    claimed: bool,
}

impl Lanes {
    pub(super) fn new(clock: PausedClock) -> Self {
        Self {
            clock,
            bells: Mutex::default(),
            timer_bell: Arc::default(),
            erasure_bell: Arc::default(),
            state: Mutex::default(),
        }
    }

    pub(super) fn add(&self, destination: &Destination, job: Job) {
        let row = Row {
            job,
            attempts: 0,
            due: self.clock.now(),
            claimed: false,
        };
        let lane = (destination.clone(), row.job.about.conversation);
        self.state
            .lock()
            .unwrap()
            .lanes
            .entry(lane)
            .or_default()
            .push_back(row);
        self.bell(destination).notify_one();
    }

    pub(super) fn postpone_retries(&self, by: Duration) {
        self.state.lock().unwrap().postponed = by;
    }

    pub(super) fn settle_slowly(&self, takes: Duration) {
        self.state.lock().unwrap().settling = takes;
    }

    pub(super) fn claim_slowly(&self, takes: Duration) {
        self.state.lock().unwrap().claiming = takes;
    }

    pub(super) fn depose_once(&self, delivery: DeliveryId) {
        self.state.lock().unwrap().deposed.insert(delivery);
    }

    pub(super) fn set_timer(&self, after: Duration) {
        let at = self.clock.now().plus(after);
        self.state.lock().unwrap().timers.insert(at);
        self.timer_bell.notify_one();
    }

    pub(super) fn leave_behind(&self, desk: &str, legs: usize) {
        let mut state = self.state.lock().unwrap();
        state.gone = Some((DeskName::new(desk).unwrap(), legs));
        state.known_to_others = Some(false);
    }

    pub(super) fn is_known_to_others(&self, known: Option<bool>) {
        self.state.lock().unwrap().known_to_others = known;
    }

    pub(super) fn erase(&self, turns: impl IntoIterator<Item = Result<Erased, Error>>) {
        self.state.lock().unwrap().erases.extend(turns);
        self.erasure_bell.notify_one();
    }

    pub(super) fn seen(&self) -> Seen {
        self.state.lock().unwrap().seen.clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state
            .lock()
            .unwrap()
            .lanes
            .values()
            .all(VecDeque::is_empty)
    }

    pub(super) fn claimed(&self) -> usize {
        self.state
            .lock()
            .unwrap()
            .lanes
            .values()
            .flatten()
            .filter(|row| row.claimed)
            .count()
    }
}

impl State {
    fn pause(&self) -> Option<Timestamp> {
        let last = self.seen.pauses.last().copied().flatten();
        last.map(|pause| pause.until)
    }
}

impl Row {
    fn claim(&mut self, destination: &Destination) -> Claim {
        self.claimed = true;
        Claim {
            job: Box::new(self.job.clone()),
            attempts: self.attempts,
            destination: destination.clone(),
            trace: None,
            ticket: Ticket::scripted(),
        }
    }
}

#[async_trait]
impl Store for Lanes {
    async fn claim(&self, destination: &Destination, limit: usize) -> Result<Claimed, Error> {
        let takes = self.state.lock().unwrap().claiming;
        sleep(takes).await;
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap();
        let pause = state.pause().filter(|until| *until > now);
        let mut claimed = Claimed {
            paused_until: pause,
            ..Claimed::default()
        };
        for ((lane, _), rows) in &mut state.lanes {
            let Some(head) = rows
                .front_mut()
                .filter(|head| lane == destination && !head.claimed)
            else {
                continue;
            };
            let due = pause.map_or(head.due, |pause| head.due.max(pause));
            if due <= now && claimed.claims.len() < limit {
                claimed.claims.push(head.claim(destination));
            } else {
                claimed.next_due = Some(claimed.next_due.map_or(due, |next| next.min(due)));
            }
        }
        Ok(claimed)
    }

    fn bell(&self, destination: &Destination) -> Arc<Notify> {
        self.bells
            .lock()
            .unwrap()
            .entry(destination.clone())
            .or_default()
            .clone()
    }

    async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<Option<Claim>, Error> {
        let takes = self.state.lock().unwrap().settling;
        sleep(takes).await;
        let mut state = self.state.lock().unwrap();
        let (now, postponed) = (self.clock.now(), state.postponed);
        let is_paused = state.pause().is_some_and(|until| until > now);
        state
            .seen
            .settled
            .push((claim.job.about.delivery, settlement.row));
        let rows = state
            .lanes
            .get_mut(&(claim.destination.clone(), claim.job.about.conversation))
            .unwrap();
        let head = rows.front_mut().unwrap();
        assert!(
            head.claimed && head.job.about.delivery == claim.job.about.delivery,
            "only a claimed head is settled"
        );
        head.claimed = false;
        match settlement.row {
            RowOutcome::Retry { at, counts, .. } => {
                head.attempts += u32::from(counts);
                head.due = at.plus(postponed);
            }
            RowOutcome::Delivered | RowOutcome::Dead { .. } => drop(rows.pop_front()),
        }
        Ok(rows
            .front_mut()
            .filter(|head| head.due <= now && !is_paused)
            .map(|head| head.claim(&claim.destination)))
    }

    async fn hold(&self, claim: &Claim, _span: Duration) -> Result<bool, Error> {
        Ok(!self
            .state
            .lock()
            .unwrap()
            .deposed
            .remove(&claim.job.about.delivery))
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap();
        state.seen.released += 1;
        let rows = state
            .lanes
            .get_mut(&(claim.destination, claim.job.about.conversation))
            .unwrap();
        rows.front_mut().unwrap().claimed = false;
        Ok(())
    }

    async fn fire_timers(&self, _limit: usize) -> Result<Fired, Error> {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap();
        let later = state.timers.split_off(&now.plus(Duration::from_millis(1)));
        let due = std::mem::replace(&mut state.timers, later);
        state
            .seen
            .fired
            .extend(due.iter().map(|_| self.clock.elapsed()));
        Ok(Fired {
            count: due.len(),
            next: state.timers.first().copied(),
        })
    }

    fn timer_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.timer_bell)
    }

    async fn pause(&self, destination: &Destination, pause: Option<Pause>) -> Result<(), Error> {
        self.state.lock().unwrap().seen.pauses.push(pause);
        self.bell(destination).notify_one();
        Ok(())
    }

    fn set_condition(&self, _destination: &Destination, condition: Option<ClosedBecause>) {
        self.state.lock().unwrap().seen.conditions.push(condition);
    }

    async fn names_in_use(&self) -> Result<Names, Error> {
        let Some((gone, _)) = self.state.lock().unwrap().gone.clone() else {
            return Ok(Names::default());
        };
        let desks = vec![gone, DeskName::new("live").unwrap()];
        Ok(Names {
            bots: Vec::new(),
            desks,
        })
    }

    async fn names_of_others(&self) -> Result<Option<Names>, Error> {
        let state = self.state.lock().unwrap();
        let gone = state.gone.iter().map(|(desk, _)| desk.clone()).collect();
        Ok(state.known_to_others.map(|known| Names {
            bots: Vec::new(),
            desks: if known { gone } else { Vec::new() },
        }))
    }

    async fn purge(&self, _keep: Retention, limit: usize) -> Result<usize, Error> {
        let mut state = self.state.lock().unwrap();
        state.seen.purged_at.push(self.clock.elapsed());
        // There is something left after the first of each two.
        Ok(if state.seen.purged_at.len() % 2 == 1 {
            limit
        } else {
            0
        })
    }

    async fn warn(&self, warning: Warning) -> Result<(), Error> {
        self.state.lock().unwrap().seen.warnings.push(warning);
        Ok(())
    }

    async fn apply(&self, _step: Step) -> Result<Applied, Error> {
        unreachable!("delivery applies nothing")
    }

    async fn answer(&self, _handover: HandoverId, _within: Duration) -> Result<Answer, Error> {
        unreachable!("delivery answers nobody")
    }

    async fn handover(
        &self,
        _id: HandoverId,
        _desk: &DeskName,
    ) -> Result<Option<HandoverView>, Error> {
        unreachable!("delivery reads no handover")
    }

    async fn transcript(
        &self,
        _: HandoverId,
        _: &DeskName,
        _: u64,
    ) -> Result<Page<Message>, Error> {
        unreachable!("delivery reads no transcript")
    }

    async fn remove(&self, gone: &Gone, limit: usize) -> Result<usize, Error> {
        let mut state = self.state.lock().unwrap();
        let Some((desk, legs)) = &mut state.gone else {
            panic!("nothing is gone")
        };
        assert_eq!(*gone, Gone::Desk(desk.clone()));
        let ended = limit.min(*legs);
        *legs -= ended;
        state.seen.removed.push((self.clock.elapsed(), ended));
        Ok(ended)
    }

    async fn go_on_erasing(&self, _limit: usize) -> Result<Erased, Error> {
        let mut state = self.state.lock().unwrap();
        state.seen.erased_at.push(self.clock.elapsed());
        state.erases.pop_front().unwrap_or(Ok(Erased::All))
    }

    fn erasure_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.erasure_bell)
    }

    async fn probe(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn close(&self) {}
}
