//! The store for many replicas: one PostgreSQL database, any number of processes.
//!
//! The rows are the truth and nothing is kept in memory that a decision rests on. A step reads a conversation, decides,
//! and writes on the condition that the conversation still is as it was read (`work`). Lanes are held by leases of the
//! database's clock (`lanes`). Replicas tell each other that it may be worth looking (`hints`), and look each second
//! anyway (`watch`).

mod answers;
mod apply;
mod arguments;
mod audit;
mod background;
mod batch;
mod cancel;
mod census;
mod changes;
mod clock;
mod columns;
mod connect;
mod console;
mod database;
mod effects;
mod erase;
mod erasing;
mod fault;
mod giving_up;
mod hints;
mod home;
mod intake;
mod jobs;
mod keys;
mod lanes;
mod leases;
mod legs;
mod listing;
mod memory;
mod mutant;
mod newer;
mod opening;
mod operator;
mod patience;
mod pauses;
mod purge;
mod remove;
mod replicas;
mod rights;
mod rows;
mod schema;
mod settle;
mod subject;
mod take_away;
mod timers;
mod transcript;
mod unmatched;
mod views;
mod warnings;
mod watch;
mod work;
mod writes;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{background::Background, work::Ground};
pub use self::{
    clock::Time,
    opening::{Listen, OpenError, Options},
};
pub(super) use self::{
    columns::storable,
    connect::{APPLICATION, Driven, alone},
    leases::Hold,
    rows::is_awaited,
    schema::migrate,
};
use super::{
    Applied, Claim, Claimed, Erased, Error, Fired, Gone, HandoverView, Migrated, Names, Page,
    Pause, Retention, Settlement, Store,
};
use crate::domain::{
    conversation::Answer,
    delivery::Destination,
    effect::Warning,
    event::Step,
    ids::{DeskName, HandoverId},
    message::Message,
    policy::ClosedBecause,
    time::Clock,
};

#[derive(Debug)]
pub struct PostgresStore {
    ground: Arc<Ground>,
    migrated: Migrated,
    background: Background,
    _stopped_with_it: DropGuard,
}

impl PostgresStore {
    /// What opening it has made of its tables.
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// What deadlines go by, for those who set some.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.ground.clock)
    }

    /// Cancelled when something has ended without which this process is no good replica.
    pub fn fatal(&self) -> CancellationToken {
        self.background.failed()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn apply(&self, step: Step) -> Result<Applied, Error> {
        apply::apply(&self.ground, step).await
    }

    async fn answer(&self, handover: HandoverId, within: Duration) -> Result<Answer, Error> {
        Ok(answers::wait(&self.ground, handover, within).await?)
    }

    async fn handover(
        &self,
        id: HandoverId,
        desk: &DeskName,
    ) -> Result<Option<HandoverView>, Error> {
        Ok(views::handover(&self.ground, id, desk).await?)
    }

    async fn transcript(
        &self,
        id: HandoverId,
        desk: &DeskName,
        after: u64,
    ) -> Result<Page<Message>, Error> {
        Ok(transcript::after(&self.ground, id, desk, after).await?)
    }

    async fn claim(&self, destination: &Destination, limit: usize) -> Result<Claimed, Error> {
        lanes::claim(&self.ground, destination, limit).await
    }

    fn bell(&self, destination: &Destination) -> Arc<Notify> {
        self.ground.memory.bells.of(destination)
    }

    async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<Option<Claim>, Error> {
        settle::settle(&self.ground, claim, settlement).await
    }

    async fn hold(&self, claim: &Claim, span: Duration) -> Result<bool, Error> {
        Ok(lanes::hold(&self.ground, claim, span).await?)
    }

    async fn release(&self, claim: Claim) -> Result<(), Error> {
        Ok(lanes::release(&self.ground, claim).await?)
    }

    async fn fire_timers(&self, limit: usize) -> Result<Fired, Error> {
        timers::fire(&self.ground, limit).await
    }

    fn timer_bell(&self) -> Arc<Notify> {
        self.ground.memory.bells.timer()
    }

    async fn pause(&self, destination: &Destination, pause: Option<Pause>) -> Result<(), Error> {
        Ok(pauses::set(&self.ground, destination, pause).await?)
    }

    fn set_condition(&self, destination: &Destination, condition: Option<ClosedBecause>) {
        self.ground
            .memory
            .bells
            .set_condition(destination, condition);
    }

    async fn names_in_use(&self) -> Result<Names, Error> {
        Ok(views::names_in_use(&self.ground).await?)
    }

    async fn names_of_others(&self) -> Result<Option<Names>, Error> {
        Ok(replicas::names_of_others(&self.ground).await?)
    }

    async fn remove(&self, gone: &Gone, limit: usize) -> Result<usize, Error> {
        remove::remove(&self.ground, gone, limit).await
    }

    async fn warn(&self, warning: Warning) -> Result<(), Error> {
        warnings::warn(&self.ground, warning).await
    }

    async fn purge(&self, keep: Retention, limit: usize) -> Result<usize, Error> {
        Ok(purge::purge(&self.ground, &keep, limit).await?)
    }

    async fn go_on_erasing(&self, limit: usize) -> Result<Erased, Error> {
        erasing::go_on(&self.ground, limit).await
    }

    fn erasure_bell(&self) -> Arc<Notify> {
        self.ground.memory.bells.erasure()
    }

    async fn probe(&self) -> Result<(), Error> {
        let probed = home::probe(&self.ground).await;
        if let Err(fault) = &probed {
            self.ground.count(fault);
        }
        Ok(probed?)
    }

    async fn close(&self) {
        self.ground.steps.close();
        self.ground.steps.wait().await;
        self.background.end().await;
        // Whoever wants a lane gets it a lease later if this fails.
        if let Err(fault) = lanes::give_all_back(&self.ground).await {
            tracing::debug!(error = %fault, "lanes could not be given back");
        }
        self.ground.database.close();
    }
}
