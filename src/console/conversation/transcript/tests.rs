use super::*;
use crate::{
    console::conversation::taken::Answer,
    domain::{
        conversation::{Conversation, ConversationKey, Phase},
        ids::{BotName, ExternalId, MessageId},
        message::Content,
    },
};

const NAMES: Names<'static> = Names {
    conversation: ConversationId::from_uuid(uuid::Uuid::nil()),
    user: "Aoife",
    bot: "webshop",
    reader: "Ann",
    people: &[],
    closed: None,
    able: &Capabilities::EVERY_USER,
    now: Timestamp::from_millis(0),
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

/// Of each turn as it is shown, whether it goes on from the one before.
fn goes_on(view: &ConversationView) -> Vec<bool> {
    let page = transcript(view, NAMES, None).into_string();
    let turns = page.split("<li class=\"turn ").skip(1);
    let class = |turn: &str| turn.split('"').next().unwrap().contains("turn--cont");
    turns.map(class).collect()
}

#[test]
fn one_speaker_goes_on_for_as_long_as_nothing_comes_between() {
    let minutes = |count: i64| count * 60_000;
    let mut bots = said(4, minutes(3));
    bots.message.actor = Actor::Bot;
    let messages = vec![
        said(1, minutes(0)),
        said(2, minutes(1)),
        said(3, minutes(7)),
        bots,
        said(5, minutes(8)),
        said(6, minutes(9)),
    ];
    let unseen = happened(1, None, None, Cause::Paused);
    let noted = happened(minutes(8) + 1, None, None, Cause::Noted);
    let shown = goes_on(&view(messages, vec![unseen, noted]));
    // The note of a colleague is a turn as well, before the last one.
    assert_eq!(shown, [false, true, false, false, false, false, false]);
}

#[test]
fn what_goes_on_is_named_for_who_does_not_see_it() {
    let page = transcript(&view(vec![said(1, 0), said(2, 1)], Vec::new()), NAMES, None);
    let page = page.into_string();
    assert_eq!(page.matches("<p class=\"turn__by\">").count(), 1);
    assert!(
        page.contains("<p class=\"sr\"><b dir=\"auto\">Aoife</b>"),
        "{page}"
    );
}

#[test]
fn another_agent_does_not_go_on_from_the_one_before() {
    use Phase::{Attended, Waiting};
    let mut passage = view(
        vec![said(1, 10), said(2, 20), said(3, 30)],
        vec![
            happened(1, Some(Waiting), Some(Attended), Cause::Joined),
            happened(25, Some(Attended), Some(Attended), Cause::Joined),
        ],
    );
    for (entry, name) in passage.journal.iter_mut().zip(["Ben", "Cem"]) {
        entry.detail = Some(name.to_owned());
    }
    for message in &mut passage.messages {
        message.message.actor = Actor::Agent;
    }
    assert_eq!(goes_on(&passage), [false, true, false]);
}

/// With these choices of the bot, then this of the user.
fn answered(by: Content) -> String {
    let mut offer = said(1, 0);
    offer.message.actor = Actor::Bot;
    let replies = serde_json::json!([
        {"title": "Yes", "payload": {"n": 1}}, {"title": "No"}, {"title": "Yes", "payload": {"n": 2}},
    ]);
    let content = serde_json::json!({"type": "text", "text": "Is it?", "quick_replies": replies});
    offer.message.content = serde_json::from_value(content).unwrap();
    let mut answer = said(2, 1);
    answer.message.content = by;
    transcript(&view(vec![offer, answer], Vec::new()), NAMES, None).into_string()
}

#[test]
fn the_choice_that_the_user_took_is_marked() {
    let taken = |by| {
        let page = answered(by);
        let taken = page.split("choice--taken").skip(1);
        let title = |rest: &str| {
            rest.split("</svg>")
                .nth(1)
                .unwrap()
                .split('<')
                .next()
                .unwrap()
                .to_owned()
        };
        taken.map(title).collect::<Vec<_>>()
    };
    let pressed = |title: &str, payload| Content::Postback {
        title: title.to_owned(),
        payload,
    };
    assert_eq!(taken(Content::text("no")), ["No"]);
    assert_eq!(taken(Content::text("No ")), ["No"]);
    assert_eq!(taken(pressed("Yes", serde_json::json!({"n": 2}))), ["Yes"]);
    assert_eq!(taken(pressed("No", serde_json::Value::Null)), ["No"]);
    let known = serde_json::json!({"of": "the platform"});
    assert_eq!(taken(pressed("No", known)), ["No"], "no other is called so");
    assert_eq!(taken(Content::text("Yes")), [""; 0], "it may be either");
    let none = pressed("Yes", serde_json::json!({"n": 3}));
    assert_eq!(taken(none), [""; 0]);
    assert!(answered(Content::text("No")).contains("<span class=\"sr\"> (chosen)</span>"));
}

/// As Chatlayer offers them and sends back what was pressed.
#[test]
fn a_choice_that_was_offered_as_a_text_is_known_by_what_the_text_says() {
    let offered = |state: &str| serde_json::json!({"title": "Other", "payload": format!(r#"{{"title":"Other","parameters":[],"nextDialogstateId":"{state}"}}"#)});
    let offer: Content = serde_json::from_value(serde_json::json!({
        "type": "text", "text": "Which?", "quick_replies": [offered("a"), offered("b")],
    }))
    .unwrap();
    let taken = |state: &str| {
        let pressed = Content::Postback {
            title: "Other".to_owned(),
            payload: serde_json::json!({"parameters": [], "nextDialogstateId": state}),
        };
        let answer = Answer::to(&offer, Some(&pressed));
        let Content::Text { quick_replies, .. } = &offer else {
            unreachable!()
        };
        let taken: Vec<bool> = quick_replies.iter().map(|it| answer.is_reply(it)).collect();
        taken
    };
    assert_eq!(taken("a"), [true, false]);
    assert_eq!(taken("b"), [false, true]);
    assert_eq!(taken("c"), [false, false]);
}
