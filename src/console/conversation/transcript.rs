//! The transcript: what was said and what happened, in the order of time.

use maud::{Markup, html};

use super::{content::content, words};
use crate::{
    console::texts,
    domain::{
        effect::{Cause, JournalEntry},
        message::Actor,
        time::Timestamp,
    },
    store::{ConversationView, DeliveryState, DeliveryView, MessageView},
};

/// Who is called what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) bot: &'a str,
}

enum Item<'v> {
    Said(&'v MessageView),
    /// At this place of the journal, which only grows.
    Happened(usize, &'v JournalEntry),
}

/// `until`: from then on it stands with the newer ones.
pub(super) fn transcript(
    view: &ConversationView,
    names: Names<'_>,
    until: Option<Timestamp>,
) -> Markup {
    html! {
        div.transcript role="log" aria-label=(texts::MESSAGES) {
            section.span { ol {
                @for item in &items(view, until) {
                    @match item {
                        Item::Said(view) => (turn(view, names)),
                        Item::Happened(place, entry) if entry.cause == Cause::Noted => (note(*place, entry)),
                        Item::Happened(place, entry) => (deck(*place, entry)),
                    }
                }
            } }
        }
    }
}

/// Messages keep the order in which they came, whatever their senders' clocks say; what happened goes between them.
fn items(view: &ConversationView, until: Option<Timestamp>) -> Vec<Item<'_>> {
    // What happened before the oldest message that is shown stands with the older ones.
    let since = view.messages.first().filter(|_| view.more);
    let since = since.map(|first| first.message.at);
    let mut happened = view
        .journal
        .iter()
        .enumerate()
        .filter(|(_, entry)| since.is_none_or(|since| entry.at >= since))
        .filter(|(_, entry)| until.is_none_or(|until| entry.at < until))
        .peekable();
    let mut items = Vec::new();
    for view in &view.messages {
        while let Some((place, entry)) = happened.next_if(|(_, entry)| entry.at < view.message.at) {
            items.push(Item::Happened(place, entry));
        }
        items.push(Item::Said(view));
    }
    items.extend(happened.map(|(place, entry)| Item::Happened(place, entry)));
    items
}

fn turn(view: &MessageView, names: Names<'_>) -> Markup {
    let message = &view.message;
    let (class, who) = match message.actor {
        Actor::User => ("turn turn--user", names.user),
        Actor::Bot => ("turn turn--bot", names.bot),
        Actor::Agent => ("turn turn--agent", texts::AN_AGENT),
        Actor::System => ("turn turn--bot turn--notice", texts::BRIDGE),
    };
    html! {
        li class=(class) data-key=(message.id) {
            p.turn__by { b dir="auto" { (who) } (time(message.at)) @if message.late { span.tag.tag--bad { (texts::LATE) } } }
            (content(&message.content))
            @if !view.deliveries.is_empty() && message.actor == Actor::Agent { (after(&view.deliveries)) }
        }
    }
}

/// What became of it, and on request how.
fn after(deliveries: &[DeliveryView]) -> Markup {
    let state = |wanted| deliveries.iter().any(|delivery| delivery.state == wanted);
    let (class, words) = if state(DeliveryState::Dead) || state(DeliveryState::Cancelled) {
        ("tag tag--bad", texts::NOT_SENT)
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
        details.after {
            summary { span class=(class) { (words) } @if let Some(next) = next { " " (texts::NEXT_ATTEMPT) " " (time(next)) } }
            ol.journal { @for delivery in deliveries { (journey(delivery)) } }
        }
    }
}

fn journey(delivery: &DeliveryView) -> Markup {
    html! {
        li { (time(delivery.created_at)) (texts::STORED) }
        @if delivery.attempts > 0 {
            li { (texts::ATTEMPTS) (delivery.attempts) @if let Some(class) = &delivery.error_class { ", " (class) } }
        }
        @if let Some(next) = delivery.next_at { li { (time(next)) (texts::NEXT_ATTEMPT) } }
        @if let Some(settled) = delivery.settled_at { li { (time(settled)) (delivery.state.as_str()) } }
        li { code { (delivery.id) } }
    }
}

fn note(place: usize, entry: &JournalEntry) -> Markup {
    let by = entry.by.as_ref().map_or("", |by| by.as_str());
    html! {
        li.turn.turn--note data-key=(place) {
            p.turn__by { b { (by) (texts::NOTE_FOR_COLLEAGUES) } (time(entry.at)) }
            div.bubble dir="auto" { (entry.detail.as_deref().unwrap_or_default()) }
        }
    }
}

fn deck(place: usize, entry: &JournalEntry) -> Markup {
    let class = match entry.cause {
        Cause::Requested | Cause::TakenOver => "deck deck--ask",
        Cause::Joined => "deck deck--join",
        Cause::Closed | Cause::TimedOut | Cause::Resumed | Cause::BotSpeaksAgain => {
            "deck deck--end"
        }
        _ => "deck",
    };
    html! {
        @if let Some(words) = words::happened(entry) {
            li class=(class) data-key=(place) { p dir="auto" { (words) " " (time(entry.at)) } span.deck__node {} }
        }
    }
}

/// In UTC, as the logs are; a browser's script may show it as the reader's own.
fn time(at: Timestamp) -> Markup {
    let full = at.to_string();
    let short = full.get(11..16).unwrap_or_default();
    html! { time datetime=(full) title=(full) { (short) } " " }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        conversation::{Conversation, ConversationKey, Phase},
        ids::{BotName, ConversationId, ExternalId, MessageId},
        message::{Content, Message},
    };

    const NAMES: Names<'static> = Names {
        user: "Aoife",
        bot: "webshop",
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

    fn happened(at: i64, (from, to): (Option<Phase>, Option<Phase>), cause: Cause) -> JournalEntry {
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
                happened(10, (None, Some(Requested)), Cause::Requested),
                happened(11, (Some(Requested), Some(Waiting)), Cause::Accepted),
                happened(20, (Some(Waiting), Some(Attended)), Cause::Joined),
                happened(21, (None, None), Cause::Noted),
                happened(30, (Some(Attended), Some(Closing)), Cause::Closed),
                happened(40, (Some(Closing), None), Cause::Resumed),
            ],
        )
    }

    /// The seq of what was said, and what happened.
    fn order(view: &ConversationView, until: Option<i64>) -> Vec<String> {
        let items = items(view, until.map(Timestamp::from_millis));
        let name = |item: &Item<'_>| match item {
            Item::Said(view) => view.message.seq.to_string(),
            Item::Happened(_, entry) => format!("{:?}", entry.cause),
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
    fn a_clock_that_is_wrong_swaps_no_question_and_answer() {
        let view = view(vec![said(1, 500), said(2, 100)], Vec::new());
        let page = transcript(&view, NAMES, None).into_string();
        assert!(page.find("said 1") < page.find("said 2"));
    }
}
