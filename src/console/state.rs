//! What the pages share.

use std::{collections::BTreeMap, sync::Arc};

use super::session::User;
use crate::{
    domain::{
        ids::OperatorName,
        time::{Clock, Timestamp},
    },
    store::ConsoleStore,
};

/// What `app` composes the console from.
#[derive(Debug)]
pub struct Options {
    pub store: Arc<dyn ConsoleStore>,
    pub clock: Arc<dyn Clock>,
    pub users: BTreeMap<OperatorName, User>,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct State(Arc<Options>);

impl State {
    pub(super) fn new(options: Options) -> Self {
        Self(Arc::new(options))
    }

    pub(super) fn store(&self) -> &dyn ConsoleStore {
        &*self.0.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
