//! By what somebody can act on a conversation.

use crate::{
    config::Answers,
    console::{
        faults::Fault,
        session::{self, SignedIn},
        state::{Endpoints, State},
        texts,
    },
    domain::{
        conversation::Handover,
        delivery::Destination,
        fallback::Capabilities,
        ids::{BotName, DeskName, OperatorName},
        policy::{ClosedBecause, Limits},
        time::Timestamp,
    },
    store::{ConversationView, DeliveryState},
};

#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) who: &'a SignedIn,
    /// Everybody who may sign in.
    pub(super) people: Vec<SignedIn>,
    pub(super) answers: &'a Answers,
    pub(super) language: &'a str,
    pub(super) bot: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) limits: &'a Limits,
    pub(super) now: Timestamp,
    /// How many wait for somebody.
    pub(super) waiting: u64,
    /// Why nothing is sent to the bot at present, if something waits to be.
    pub(super) closed: Option<ClosedBecause>,
    endpoints: &'a Endpoints,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        state: &'a State,
        who: &'a SignedIn,
        view: &'a ConversationView,
        user: Option<&'a str>,
    ) -> Self {
        let open = view.state.handover.as_ref();
        let language = open.map(|open| open.language.as_str());
        let language = language.or(view.state.profile.language.as_deref());
        Self {
            who,
            people: state.accounts().everybody(),
            answers: state.answers(),
            language: language.unwrap_or_default(),
            bot: view.state.key.bot.as_str(),
            user,
            limits: state.limits(),
            now: state.now(),
            waiting: 0,
            closed: None,
            endpoints: state.endpoints(),
        }
    }

    pub(super) fn with_waiting(self, waiting: u64) -> Self {
        Self { waiting, ..self }
    }

    /// The same, with why the bot is not called.
    pub(super) async fn asking(
        self,
        state: &State,
        view: &ConversationView,
    ) -> Result<Self, Fault> {
        let mut owed = view.messages.iter().flat_map(|message| &message.deliveries);
        if !owed.any(|delivery| delivery.state == DeliveryState::Pending) {
            return Ok(self);
        }
        let bot = Destination::Bot(view.state.key.bot.clone());
        let closed = state.store().closed(&bot).await?;
        Ok(Self { closed, ..self })
    }

    /// How the user is told of, also where the platform has not said their name.
    pub(super) fn user_name(&self) -> &'a str {
        self.user.unwrap_or(texts::GUEST)
    }

    /// How this operator is told of.
    pub(super) fn called<'n>(&'n self, operator: &'n OperatorName) -> &'n str {
        session::called(&self.people, operator.as_str())
    }

    /// Whether it is answered here, or at a desk elsewhere.
    pub(super) fn is_here(&self, open: &Handover) -> bool {
        open.desk()
            .is_some_and(|desk| self.endpoints.of_console.contains(desk))
    }

    pub(super) fn can_take_over(&self, bot: &BotName) -> bool {
        self.endpoints.can_be_paused.contains(bot) && !self.endpoints.of_console.is_empty()
    }

    /// What the bot's users can be shown.
    pub(super) fn able(&self) -> &'a Capabilities {
        let mut bots = self.endpoints.able.iter();
        let able = bots.find(|(bot, _)| bot.as_str() == self.bot);
        able.map_or(&Capabilities::EVERY_USER, |(_, able)| able)
    }

    /// Whether the bot takes notice of a dialog state that is chosen for it.
    pub(super) fn goes_where_chosen(&self) -> bool {
        let mut bots = self.endpoints.go_where_chosen.iter();
        bots.any(|bot| bot.as_str() == self.bot)
    }

    /// Where it can be sent on to.
    pub(super) fn other_desks(&self, open: &Handover) -> impl Iterator<Item = &DeskName> {
        let desks = self.endpoints.desks.iter();
        desks.filter(|desk| Some(*desk) != open.desk())
    }
}
