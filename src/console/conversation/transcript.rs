//! The transcript: what was said and what happened, in the order of time.

use std::{iter, mem, time::Duration};

use maud::{Markup, html};

use super::{holder::Holder, turn};
use crate::{
    console::{
        ages::time_of,
        session::{self, SignedIn},
        texts::{self, happened},
    },
    domain::{
        effect::{Cause, JournalEntry},
        fallback::Capabilities,
        ids::ConversationId,
        message::{Actor, Content, Message},
        policy::ClosedBecause,
        time::Timestamp,
    },
    store::{ConversationView, DeliveryState, MessageView},
};

/// Which conversation it is, who is called what in it, and what tells what became of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) conversation: ConversationId,
    pub(super) user: &'a str,
    pub(super) bot: &'a str,
    /// Of whoever reads.
    pub(super) reader: &'a str,
    pub(super) people: &'a [SignedIn],
    /// Why nothing is sent to the bot at present.
    pub(super) closed: Option<ClosedBecause>,
    /// What the user can be shown.
    pub(super) able: &'a Capabilities,
    pub(super) now: Timestamp,
    /// Of the user.
    pub(super) language: Option<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of_agent(&self, name: &'a str) -> &'a str {
        if name == self.reader {
            texts::YOU_SAID
        } else {
            name
        }
    }
}

/// Within this the next words of a speaker go on from those before.
const IN_ONE_GO: Duration = Duration::from_mins(5);

enum Entry<'v> {
    Message(&'v MessageView),
    /// At this place of the journal, which only grows.
    Event(usize, &'v JournalEntry),
}

struct Item<'v> {
    entry: Entry<'v>,
    /// Who had the user until then.
    holder: Holder,
}

/// `until`: from then on it stands with the newer ones.
pub(super) fn transcript(
    view: &ConversationView,
    names: Names<'_>,
    until: Option<Timestamp>,
) -> Markup {
    let mut items = items(view, until);
    items.retain(|item| item.is_seen(names));
    let stuck = items.iter().position(|item| item.is_stuck(names));
    let befores = iter::once(None).chain(items.iter().map(Some));
    html! {
        div.transcript role="log" aria-label=(texts::MESSAGES) {
            ol {
                @for (place, (before, item)) in befores.zip(&items).enumerate() {
                    @let Item { entry, holder } = item;
                    @match entry {
                        Entry::Message(view) => {
                            @let later = items.get(place..).unwrap_or_default();
                            @let stands = turn::Stands { holder, goes_on: goes_on(before, item), answer: answer(later), behind: stuck.is_some_and(|stuck| stuck < place) };
                            (turn::turn(view, names, stands))
                        },
                        Entry::Event(place, entry) if entry.cause == Cause::Noted => (note(*place, entry, holder, names)),
                        Entry::Event(place, entry) => (deck(*place, entry, holder, names)),
                    }
                }
            }
        }
    }
}

/// Whether the one who spoke before speaks on, with nothing in between.
fn goes_on(before: Option<&Item<'_>>, item: &Item<'_>) -> bool {
    let (Some(before), Some(now)) = (before, item.message()) else {
        return false;
    };
    let is_by_the_same = |said: &Message| {
        let is_agent = now.actor == Actor::Agent;
        said.actor == now.actor && (!is_agent || before.holder.agent() == item.holder.agent())
    };
    before.message().is_some_and(|said| {
        is_by_the_same(said) && !said.late && !now.late && now.at.since(said.at) < IN_ONE_GO
    })
}

/// What the user said next after the first of these, which may be one of its choices.
fn answer<'v>(items: &[Item<'v>]) -> Option<&'v Content> {
    let later = items.iter().skip(1).filter_map(Item::message);
    let mut of_user = later.filter(|message| message.actor == Actor::User);
    of_user.next().map(|message| &message.content)
}

impl<'v> Item<'v> {
    fn is_seen(&self, names: Names<'_>) -> bool {
        match self.entry {
            Entry::Message(_) => true,
            Entry::Event(_, entry) => {
                entry.cause == Cause::Noted || happened::happened(entry, names.people).is_some()
            }
        }
    }

    /// Nothing that an agent has said after it goes out before it has.
    fn is_stuck(&self, names: Names<'_>) -> bool {
        let Entry::Message(view) = self.entry else {
            return false;
        };
        let is_stuck = |state| match state {
            DeliveryState::Retrying => true,
            DeliveryState::Pending => names.closed.is_some(),
            DeliveryState::Delivered | DeliveryState::Dead | DeliveryState::Cancelled => false,
        };
        view.message.actor == Actor::Agent && view.deliveries.iter().any(|it| is_stuck(it.state))
    }

    fn message(&self) -> Option<&'v Message> {
        match self.entry {
            Entry::Message(view) => Some(&view.message),
            Entry::Event(..) => None,
        }
    }
}

/// Messages keep the order in which they came, whatever their senders' clocks say; what happened goes between them, and
/// before the notice that it caused.
fn items(view: &ConversationView, until: Option<Timestamp>) -> Vec<Item<'_>> {
    // What happened before the oldest message that is shown stands with the older ones.
    let since = view.messages.first().filter(|_| view.more);
    let since = since.map(|first| first.message.at);
    let is_shown = |entry: &JournalEntry| {
        since.is_none_or(|since| entry.at >= since) && until.is_none_or(|until| entry.at < until)
    };
    let mut happened = view.journal.iter().enumerate().peekable();
    let mut holder = Holder::at_first(&view.journal);
    let mut items = Vec::new();
    let mut happens = |items: &mut Vec<_>, holder: &mut Holder, before: Option<&Message>| {
        let is_next = |entry: &JournalEntry| before.is_none_or(|message| is_before(entry, message));
        while let Some((place, entry)) = happened.next_if(|(_, entry)| is_next(entry)) {
            if is_shown(entry) {
                items.push(Item {
                    entry: Entry::Event(place, entry),
                    holder: holder.clone(),
                });
            }
            *holder = mem::replace(holder, Holder::Nobody).after(entry);
        }
    };
    for view in &view.messages {
        happens(&mut items, &mut holder, Some(&view.message));
        items.push(Item {
            entry: Entry::Message(view),
            holder: holder.clone(),
        });
    }
    happens(&mut items, &mut holder, None);
    items
}

fn is_before(entry: &JournalEntry, message: &Message) -> bool {
    entry.at < message.at || (entry.at == message.at && message.actor == Actor::System)
}

fn note(place: usize, entry: &JournalEntry, holder: &Holder, names: Names<'_>) -> Markup {
    let by = entry.by.as_ref();
    let by = by.map_or("", |by| session::called(names.people, by.as_str()));
    html! {
        li class={ "turn turn--note " (holder.class()) } data-key=(place) {
            p.turn__by { b dir="auto" { (by) (texts::NOTE_FOR_COLLEAGUES) } (time_of(entry.at)) }
            div.bubble dir="auto" { (entry.detail.as_deref().unwrap_or_default()) }
        }
    }
}

fn deck(place: usize, entry: &JournalEntry, holder: &Holder, names: Names<'_>) -> Markup {
    let class = match entry.cause {
        Cause::Requested | Cause::TakenOver => "deck deck--ask",
        Cause::Joined => "deck deck--join",
        Cause::Closed | Cause::TimedOut | Cause::Resumed | Cause::BotSpeaksAgain => {
            "deck deck--end"
        }
        _ => "deck",
    };
    html! {
        @if let Some(words) = happened::happened(entry, names.people) {
            li class={ (class) " " (holder.class()) } data-key=(place) { p dir="auto" { (words) " " (time_of(entry.at)) } span.deck__node {} }
        }
    }
}

#[cfg(test)]
mod tests;
