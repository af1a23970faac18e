//! One conversation in a list.

use maud::{Markup, html};

use super::{params::Params, said};
use crate::{
    console::{
        ages::{self, Urgency},
        session::{self, SignedIn},
        texts,
    },
    domain::{
        conversation::Phase,
        ids::{ConversationId, DeskName, OperatorName},
        message::Actor,
        reason::Reason,
        time::Timestamp,
    },
    store::{DeliveryState, InboxHandover, InboxRow},
};

/// Who looks at the list, when, and what is open beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) who: &'a SignedIn,
    pub(super) people: &'a [SignedIn],
    pub(super) now: Timestamp,
    pub(super) params: &'a Params,
    pub(super) open: Option<ConversationId>,
}

/// Who has the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder<'a> {
    Bot,
    Nobody { since: Timestamp },
    Yours,
    Colleague(Option<&'a OperatorName>),
    OnTheWayBack,
    Over { reason: Option<&'a Reason> },
}

pub(super) fn row(row: &InboxRow, view: View<'_>) -> Markup {
    let holder = Holder::of(row.handover.as_ref(), &view.who.operator);
    let is_open = view.open == Some(row.conversation);
    let name = row.profile.user.name();
    html! {
        a.row .row--unread[row.unread > 0] .row--lost[is_lost(row)] href=(view.params.conversation(row.conversation))
            aria-current=[is_open.then_some("true")] data-conversation=(row.conversation) data-version=(row.version) {
            span class={ "tile " (holder.tile(view.now)) } aria-hidden="true" { (letters(row)) }
            b.row__who.clip dir="auto" { (name.as_deref().unwrap_or(texts::GUEST)) }
            (when(row, holder, view.now))
            span.row__last.clip dir="auto" {
                @if let Some(last) = &row.last {
                    (unsaid(row))
                    (said::line(last, language(row), agent(row, view)))
                }
            }
            span.row__meta.clip {
                (row.bot)
                @if let Some(channel) = &row.profile.channel { " · " bdi { (channel) } }
                " · " (owner(row, holder, view.people))
                @if name.is_none() { " · " bdi { (row.user) } }
            }
            @if row.unread > 0 {
                span.row__mark { span.count.count--mine { (row.unread) i.sr { (texts::SR_UNREAD) } } }
            }
        }
    }
}

impl<'a> Holder<'a> {
    fn of(handover: Option<&'a InboxHandover>, who: &OperatorName) -> Self {
        let Some(handover) = handover else {
            return Self::Bot;
        };
        match handover.phase {
            None => Self::Over {
                reason: handover.reason.as_ref(),
            },
            Some(Phase::Closing) => Self::OnTheWayBack,
            Some(Phase::Attended) if handover.operator.as_ref() == Some(who) => Self::Yours,
            Some(Phase::Attended) => Self::Colleague(handover.operator.as_ref()),
            Some(Phase::Requested | Phase::Waiting | Phase::Unknown) => Self::Nobody {
                since: handover.requested_at,
            },
        }
    }

    fn tile(self, now: Timestamp) -> &'static str {
        match self {
            Self::Bot | Self::OnTheWayBack => "tile--bot",
            Self::Nobody { since } => Urgency::of(since, now).tile_class(),
            Self::Yours => "tile--mine",
            Self::Colleague(_) => "",
            Self::Over { .. } => "tile--closed",
        }
    }
}

/// An age is urgent while the user waits for an answer of the one who looks, or of anybody.
fn when(row: &InboxRow, holder: Holder<'_>, now: Timestamp) -> Markup {
    let last = row.last.as_ref();
    let (since, is_waiting) = match holder {
        Holder::Nobody { since } => (since, true),
        Holder::Yours => (
            last.map_or(row.cursor.at, |last| last.at),
            is_lost(row) || last.is_some_and(|last| last.actor == Actor::User),
        ),
        Holder::Over { .. } => (ended(row).unwrap_or(row.cursor.at), false),
        Holder::Bot | Holder::Colleague(_) | Holder::OnTheWayBack => {
            (last.map_or(row.cursor.at, |last| last.at), false)
        }
    };
    let class = if is_waiting {
        Urgency::of(since, now).age_class()
    } else {
        "age--calm"
    };
    html! {
        time class={ "row__when age " (class) } datetime=(since) title=(since) { (ages::short(since, now)) }
    }
}

/// What was said last has not reached the user and will not by itself, though somebody still waits for it to.
fn is_lost(row: &InboxRow) -> bool {
    row.fate == Some(DeliveryState::Dead)
}

/// That what was said last has not reached the user.
fn unsaid(row: &InboxRow) -> Markup {
    let came_too_late = row
        .last
        .as_ref()
        .is_some_and(|last| last.late && last.actor == Actor::Agent);
    let (class, words) = match row.fate {
        Some(DeliveryState::Dead | DeliveryState::Cancelled) => ("row__lost", texts::NOT_SENT),
        Some(DeliveryState::Retrying) => ("row__late", texts::NOT_DELIVERED_YET),
        _ if came_too_late => ("row__lost", texts::NOT_SENT),
        _ => return html! {},
    };
    html! { b class=(class) { (words) } " " }
}

/// Of several who have had the user, the one who said what was said last.
fn agent<'a>(row: &'a InboxRow, view: View<'a>) -> said::Agent<'a> {
    match row.agent.as_deref() {
        None => said::Agent::Unknown,
        Some(name) if name == view.who.called() => said::Agent::You,
        Some(name) => said::Agent::Named(name),
    }
}

fn ended(row: &InboxRow) -> Option<Timestamp> {
    row.handover.as_ref()?.ended_at
}

fn owner(row: &InboxRow, holder: Holder<'_>, people: &[SignedIn]) -> Markup {
    html! {
        @match holder {
            Holder::Bot => (texts::WITH_THE_BOT),
            Holder::Nobody { .. } | Holder::Yours => (desk(row)),
            Holder::Colleague(Some(name)) => bdi { (session::called(people, name.as_str())) },
            Holder::Colleague(None) => (desk(row)),
            Holder::OnTheWayBack => (texts::BACK_TO_THE_BOT),
            Holder::Over { reason } => bdi { (reason.map_or(texts::OVER.into(), texts::happened::reason)) },
        }
    }
}

fn desk(row: &InboxRow) -> &str {
    let desk = row
        .handover
        .as_ref()
        .and_then(|handover| handover.desk.as_ref());
    desk.map_or(texts::NO_DESK, DeskName::as_str)
}

fn language(row: &InboxRow) -> Option<&str> {
    let handover = row.handover.as_ref();
    handover
        .map(|handover| handover.language.as_str())
        .or(row.profile.language.as_deref())
        .filter(|language| !language.is_empty())
}

/// The language, without a region: `nl` of `nl-BE`.
fn letters(row: &InboxRow) -> String {
    let language = language(row).unwrap_or(texts::NO_LANGUAGE);
    language
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .chars()
        .take(3)
        .collect()
}
