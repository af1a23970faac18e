//! What the pages share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    HOME, Presence,
    layout::{Frame, NavItem},
    session::{Account, Accounts, Attempts, OneTime, SignedIn},
    views::Views,
};
use crate::{
    config::{self, Answers, hooks::HookUrl},
    domain::{
        fallback::Capabilities,
        ids::{BotName, ConversationId, DeskName, OperatorName},
        policy::Limits,
        time::{Clock, Timestamp},
    },
    http::{secret::Accepted, source::Sources, tasks::Tasks},
    store::{ConsoleStore, NewAudit},
};

/// What `app` composes the console from.
#[derive(Debug)]
pub struct Options {
    pub store: Arc<dyn ConsoleStore>,
    pub clock: Arc<dyn Clock>,
    pub users: BTreeMap<OperatorName, Account>,
    /// `admin.token`, which signs in while there are no users.
    pub token: Accepted,
    pub sources: Sources,
    /// Looks again when somebody has signed in or out.
    pub presence: Presence,
    pub development: Option<Development>,
    pub endpoints: Endpoints,
    /// What of the configuration asks for a second look.
    pub doubtful: Vec<config::Warning>,
    pub answers: Answers,
    /// What happens to users when, as pages tell it.
    pub limits: Limits,
    /// From then on open pages are told to come back.
    pub stopping: CancellationToken,
    /// Acts run here, so that they outlive a browser that hangs up. To be waited for before the store closes.
    pub tasks: Tasks,
}

/// Whom the bridge is between.
#[derive(Debug, Default)]
pub struct Endpoints {
    pub bots: Vec<BotName>,
    /// Those that pause steps can silence.
    pub can_be_paused: BTreeSet<BotName>,
    /// Those whose resume asks where they are to go on.
    pub go_where_chosen: BTreeSet<BotName>,
    /// What the users of each bot can be shown.
    pub able: BTreeMap<BotName, Capabilities>,
    pub desks: Vec<DeskName>,
    /// Those that are answered here.
    pub of_console: Vec<DeskName>,
    /// For admins to copy. Those that have a key in them are secrets.
    pub hook_urls: Vec<HookUrl>,
}

/// For a developer, who plays both ends on one machine.
#[derive(Debug)]
pub struct Development {
    /// Signs in once.
    pub link: OneTime,
    /// Where it leads.
    pub home: String,
    /// The origin of a page that may show the console within itself.
    pub framed_by: String,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct State(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn ConsoleStore>,
    clock: Arc<dyn Clock>,
    accounts: Accounts,
    home: String,
    sources: Sources,
    presence: Presence,
    endpoints: Endpoints,
    doubtful: Vec<config::Warning>,
    answers: Answers,
    limits: Limits,
    stopping: CancellationToken,
    tasks: Tasks,
    views: Views,
    attempts: Attempts,
    turns: Arc<Semaphore>,
}

/// So many passwords are looked at at once: each takes 19 MiB and a tenth of a second of a processor.
const TURNS: usize = 2;

impl State {
    pub(super) fn new(options: Options) -> Self {
        let Options {
            store,
            clock,
            users,
            token,
            sources,
            presence,
            development,
            endpoints,
            doubtful,
            answers,
            limits,
            stopping,
            tasks,
        } = options;
        let (one_time, home) = development
            .map(|development| (development.link, development.home))
            .unzip();
        Self(Arc::new(Shared {
            store,
            clock,
            accounts: Accounts {
                users,
                token,
                one_time,
            },
            home: home.unwrap_or_else(|| HOME.to_owned()),
            sources,
            presence,
            endpoints,
            doubtful,
            answers,
            limits,
            stopping,
            tasks,
            views: Views::default(),
            attempts: Attempts::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
        }))
    }

    pub(super) fn store(&self) -> &dyn ConsoleStore {
        &*self.0.store
    }

    pub(super) fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// What stands around a page of this part of the rail. Where the counts cannot be read a page is shown all the same.
    pub(super) async fn frame<'w>(&self, who: &'w SignedIn, here: NavItem) -> Frame<'w> {
        let counts = self.store().inbox_counts(&who.operator).await;
        Frame {
            who,
            here,
            counts: counts.unwrap_or_default(),
        }
    }

    /// Runs to its end, whether or not the browser waits for it: an act that has an effect leaves its trace too. What is one
    /// step of the store needs no help, since that ends what it has begun. A panic is the page's, as if there were no task.
    pub(super) fn see_through<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let done = self.0.tasks.see_through(act);
        done.map(|done| done.unwrap_or_else(|panicked| panicked.resume()))
    }

    /// Kept if it can be, and tells whether it is: an act is not refused for want of its trace, and the log says that it is
    /// missing.
    pub(super) async fn audit(&self, actor: &str, action: &'static str, subject: &str) -> bool {
        let entry = NewAudit {
            actor: actor.to_owned(),
            action,
            subject: subject.to_owned(),
        };
        let kept = self.store().keep_audit(entry).await;
        if let Err(error) = &kept {
            tracing::error!(
                error = error.told(),
                audit.action = action,
                "an act of an operator has left no trace"
            );
        }
        kept.is_ok()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(super) fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
    }

    pub(super) fn doubtful(&self) -> &[config::Warning] {
        &self.0.doubtful
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(super) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// Writes down that somebody looks at a transcript, unless that was done within the hour.
    pub(super) async fn audit_view(&self, operator: &OperatorName, conversation: ConversationId) {
        let (views, look) = (&self.0.views, (operator.clone(), conversation));
        let now = self.now();
        if !views.is_new(&look, now) {
            return;
        }
        let subject = conversation.to_string();
        let kept = self.audit(operator.as_str(), "transcript.view", &subject);
        if kept.await {
            views.remember(look, now);
        }
    }

    pub(super) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub(super) fn home(&self) -> &str {
        &self.0.home
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.0.sources
    }

    pub(super) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    pub(super) fn turns(&self) -> &Arc<Semaphore> {
        &self.0.turns
    }
}
