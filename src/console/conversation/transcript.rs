//! The transcript: entry was said and entry happened, in the order of time.

use std::mem;

use maud::{Markup, html};

use super::{content::content, holder::Holder};
use crate::{
    console::{
        ages::time_of,
        session::{self, SignedIn},
        texts::{self, calls, deliveries::tries, happened},
    },
    domain::{
        effect::{Cause, JournalEntry},
        ids::{ConversationId, MessageId},
        message::{Actor, Message},
        time::Timestamp,
    },
    store::{ConversationView, DeliveryState, DeliveryView, MessageView},
};

/// Which conversation it is, and who is called entry in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) conversation: ConversationId,
    pub(super) user: &'a str,
    pub(super) bot: &'a str,
    /// Of whoever reads.
    pub(super) reader: &'a str,
    pub(super) people: &'a [SignedIn],
    /// Of the user.
    pub(super) language: Option<&'a str>,
}

impl<'a> Names<'a> {
    fn of_agent(&self, name: &'a str) -> &'a str {
        if name == self.reader {
            texts::YOU_SAID
        } else {
            name
        }
    }
}

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
    html! {
        div.transcript role="log" aria-label=(texts::MESSAGES) {
            ol {
                @for Item { entry, holder } in &items(view, until) {
                    @match entry {
                        Entry::Message(view) => (turn(view, names, holder)),
                        Entry::Event(place, entry) if entry.cause == Cause::Noted => (note(*place, entry, holder, names)),
                        Entry::Event(place, entry) => (deck(*place, entry, holder, names)),
                    }
                }
            }
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

fn turn(view: &MessageView, names: Names<'_>, holder: &Holder) -> Markup {
    let message = &view.message;
    let (class, who) = match message.actor {
        Actor::User => ("turn turn--user", names.user),
        Actor::Bot => ("turn turn--bot", names.bot),
        Actor::Agent => (
            "turn turn--agent",
            names.of_agent(holder.agent().unwrap_or(texts::AN_AGENT)),
        ),
        Actor::System => ("turn turn--bot turn--notice", texts::BRIDGE),
    };
    // The user's own words alone are surely in the user's language.
    let language = names.language.filter(|_| message.actor == Actor::User);
    let deliveries = view.deliveries.iter();
    let deliveries = deliveries.filter(|_| message.actor == Actor::Agent);
    let deliveries = deliveries.collect::<Vec<_>>();
    let lost = lost(&deliveries);
    let fate = match lost {
        Some(_) => " turn--failed",
        None if message.late && message.actor == Actor::Agent => " turn--late",
        None => "",
    };
    html! {
        li class={ (class) (fate) " " (holder.class()) } data-key=(message.id) {
            p.turn__by { b dir="auto" { (who) } (time_of(message.at)) @if message.late { span.tag.tag--bad { (texts::LATE) } } }
            (content(&message.content, language))
            @if let Some(lost) = lost { (not_sent(lost, names.conversation)) }
            @if !deliveries.is_empty() { (after(message.id, &deliveries, names.conversation)) }
        }
    }
}

/// The part of it that will not be delivered, if there is one.
fn lost<'v>(deliveries: &[&'v DeliveryView]) -> Option<&'v DeliveryView> {
    let of = |state| deliveries.iter().find(move |it| it.state == state).copied();
    of(DeliveryState::Dead).or_else(|| of(DeliveryState::Cancelled))
}

/// That it was not delivered, why, and what can be done about it.
fn not_sent(lost: &DeliveryView, conversation: ConversationId) -> Markup {
    let why = lost.error_class.as_deref().map(calls::stored_class);
    html! {
        p.turn__by.turn__fault {
            b { (texts::NOT_SENT) @if let Some(why) = why { ": " (why) } }
            @if lost.state == DeliveryState::Dead { (try_again(lost, conversation)) }
        }
    }
}

fn try_again(delivery: &DeliveryView, conversation: ConversationId) -> Markup {
    let back = format!("/console/conversations/{conversation}");
    html! {
        a.btn.btn--small href={ "/console/deliveries/" (delivery.id) "/retry?to=" (back) } { (texts::TRY_NOW) }
    }
}

/// What became of it, and on request how.
fn after(message: MessageId, deliveries: &[&DeliveryView], conversation: ConversationId) -> Markup {
    let state = |state| deliveries.iter().any(|delivery| delivery.state == state);
    let (class, words) = if lost(deliveries).is_some() {
        ("quiet", texts::HOW_IT_WENT)
    } else if state(DeliveryState::Retrying) {
        ("tag tag--warn", texts::NOT_DELIVERED_YET)
    } else if state(DeliveryState::Pending) {
        ("tag", texts::ON_ITS_WAY)
    } else {
        ("tag tag--ok", texts::DELIVERED)
    };
    let next = deliveries.iter().filter_map(|delivery| delivery.next_at);
    let next = next.min().filter(|_| state(DeliveryState::Retrying));
    html! {
        details.after #{ "after-" (message) } {
            summary { span class=(class) { (words) } @if let Some(next) = next { " " (texts::NEXT_ATTEMPT) " " (time_of(next)) } }
            ol.journal { @for delivery in deliveries { (journey(delivery, conversation)) } }
        }
    }
}

fn journey(delivery: &DeliveryView, conversation: ConversationId) -> Markup {
    html! {
        li { (time_of(delivery.created_at)) (texts::STORED) }
        @if delivery.attempts > 0 || delivery.error_class.is_some() {
            li { (tries(delivery.attempts)) @if let Some(class) = &delivery.error_class { ", " (calls::stored_class(class)) } }
        }
        @if let Some(next) = delivery.next_at { li { (time_of(next)) (texts::NEXT_ATTEMPT) } }
        @if let Some(settled) = delivery.settled_at { li { (time_of(settled)) (calls::state(delivery.state).0) } }
        @if delivery.state == DeliveryState::Retrying { li { (try_again(delivery, conversation)) } }
        li { code { (delivery.id) } }
    }
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
mod tests {
    use super::*;
    use crate::domain::{
        conversation::{Conversation, ConversationKey, Phase},
        ids::{BotName, ExternalId},
        message::Content,
    };

    const NAMES: Names<'static> = Names {
        conversation: ConversationId::from_uuid(uuid::Uuid::nil()),
        user: "Aoife",
        bot: "webshop",
        reader: "Ann",
        people: &[],
        language: Some("nl"),
    };

    fn said(seq: u64, at: i64) -> MessageView {
        let id = MessageId::from_uuid(uuid::Uuid::from_u128(seq.into()));
        MessageView {
            message: Message {
                id,
                seq,
                actor: Actor::User,
                at: Timestamp::from_millis(at),
                content: Content::text(format!("said {seq}")),
                handover: None,
                late: false,
                raw: None,
            },
            deliveries: Vec::new(),
        }
    }

    fn happened(at: i64, from: Option<Phase>, to: Option<Phase>, cause: Cause) -> JournalEntry {
        JournalEntry {
            at: Timestamp::from_millis(at),
            handover: None,
            from,
            to,
            cause,
            detail: None,
            by: None,
        }
    }

    fn view(messages: Vec<MessageView>, journal: Vec<JournalEntry>) -> ConversationView {
        let key = ConversationKey {
            bot: BotName::new("webshop").unwrap(),
            realm: "b1/LIVE".to_owned(),
            user: ExternalId::new("s1").unwrap(),
        };
        ConversationView {
            state: Conversation::new(ConversationId::from_uuid(uuid::Uuid::nil()), key),
            version: 1,
            messages,
            more: false,
            handovers: Vec::new(),
            journal,
        }
    }

    /// From the request to the bot's return, with a message every ten milliseconds from 5.
    fn passage() -> ConversationView {
        use Phase::{Attended, Closing, Requested, Waiting};
        view(
            (0..5)
                .map(|n| said(n + 1, 5 + 10 * i64::try_from(n).unwrap()))
                .collect(),
            vec![
                happened(10, None, Some(Requested), Cause::Requested),
                happened(11, Some(Requested), Some(Waiting), Cause::Accepted),
                happened(20, Some(Waiting), Some(Attended), Cause::Joined),
                happened(21, None, None, Cause::Noted),
                happened(30, Some(Attended), Some(Closing), Cause::Closed),
                happened(40, Some(Closing), None, Cause::Resumed),
            ],
        )
    }

    /// The seq of what was said, and what happened.
    fn order(view: &ConversationView, until: Option<i64>) -> Vec<String> {
        let items = items(view, until.map(Timestamp::from_millis));
        let name = |item: &Item<'_>| match item.entry {
            Entry::Message(view) => view.message.seq.to_string(),
            Entry::Event(_, entry) => format!("{:?}", entry.cause),
        };
        items.iter().map(name).collect()
    }

    #[test]
    fn what_happened_stands_between_what_was_said() {
        let all = "1 Requested Accepted 2 Joined Noted 3 Closed 4 Resumed 5";
        assert_eq!(order(&passage(), None).join(" "), all);
        let page = transcript(&passage(), NAMES, None).into_string();
        assert_eq!(page.matches("<li").count(), 10, "{page}");
        assert_eq!(page.matches("data-key=").count(), 10);
        assert_eq!(page.matches("lang=\"nl\"").count(), 5);
    }

    #[test]
    fn a_page_of_older_messages_ends_where_the_newer_one_begins() {
        let mut older = passage();
        older.messages.truncate(2);
        let shown = order(&older, Some(25)).join(" ");
        assert_eq!(shown, "1 Requested Accepted 2 Joined Noted");
        let mut newer = passage();
        newer.messages.drain(..2);
        newer.more = true;
        assert_eq!(order(&newer, None).join(" "), "3 Closed 4 Resumed 5");
    }

    #[test]
    fn a_notice_stands_behind_what_it_is_about() {
        let mut passage = passage();
        let mut notice = said(6, 30);
        notice.message.actor = Actor::System;
        passage.messages.insert(3, notice);
        let shown = order(&passage, None).join(" ");
        assert!(shown.contains("3 Closed 6 4"), "{shown}");
    }

    #[test]
    fn a_clock_that_is_wrong_swaps_no_question_and_answer() {
        let view = view(vec![said(1, 500), said(2, 100)], Vec::new());
        let page = transcript(&view, NAMES, None).into_string();
        assert!(page.find("said 1") < page.find("said 2"));
    }
}
