use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::{
    config::Role,
    console::{assets, icons},
    domain::{
        conversation::{Phase, Profile, UserProfile},
        ids::{BotName, DeskName, HandoverId, MessageId, OperatorName},
        message::{Actor, Content, Message},
        time::Timestamp,
    },
    store::{DeliveryState, InboxCursor, InboxHandover},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOSTILE: &str = "\"><script>alert(1)</script>' onerror=\u{202e}x";

fn ann() -> OperatorName {
    OperatorName::new("ann").unwrap()
}

fn ben() -> SignedIn {
    SignedIn {
        operator: OperatorName::new("ben").unwrap(),
        shown_as: Some("Ben Okafor".to_owned()),
        role: Role::Agent,
    }
}

fn ago(minutes: u64) -> Timestamp {
    NOW.minus(Duration::from_mins(minutes))
}

/// With the bot, and last heard of `minutes` ago.
fn row(number: u128, name: &str, minutes: u64) -> InboxRow {
    let conversation = ConversationId::from_uuid(Uuid::from_u128(number));
    InboxRow {
        conversation,
        version: 1,
        bot: BotName::new("webshop").unwrap(),
        user: format!("1636964964{number}"),
        profile: Profile {
            channel: Some("web".to_owned()),
            language: Some("nl-BE".to_owned()),
            user: UserProfile {
                first_name: Some(name.to_owned()),
                ..UserProfile::default()
            },
            ..Profile::default()
        },
        handover: None,
        last: Some(Message {
            id: MessageId::from_uuid(Uuid::from_u128(number)),
            seq: 1,
            actor: Actor::User,
            at: ago(minutes),
            content: Content::text("Kan iemand mij terugbellen?"),
            handover: None,
            late: false,
            raw: None,
        }),
        agent: None,
        fate: None,
        unread: 0,
        cursor: InboxCursor {
            at: ago(minutes),
            conversation,
        },
    }
}

/// Asked for a person `minutes` ago.
fn asked(number: u128, name: &str, minutes: u64) -> InboxRow {
    InboxRow {
        handover: Some(InboxHandover {
            id: HandoverId::from_uuid(Uuid::from_u128(number)),
            desk: Some(DeskName::new("console").unwrap()),
            language: "nl".to_owned(),
            phase: Some(Phase::Waiting),
            operator: None,
            requested_at: ago(minutes),
            phase_since: ago(minutes),
            ended_at: None,
            reason: None,
        }),
        unread: 2,
        ..row(number, name, minutes)
    }
}

fn held(number: u128, name: &str, minutes: u64, by: Option<&str>) -> InboxRow {
    let mut row = asked(number, name, minutes);
    let handover = row.handover.as_mut().unwrap();
    handover.phase = Some(Phase::Attended);
    handover.operator = by.map(|name| OperatorName::new(name).unwrap());
    row
}

fn page(items: Vec<InboxRow>, more: bool) -> Page<InboxRow> {
    Page { items, more }
}

fn shown(found: &Lists, params: &Params, counts: InboxCounts) -> String {
    let who = SignedIn {
        operator: ann(),
        shown_as: Some("Ann Peeters".to_owned()),
        role: Role::Agent,
    };
    let view = View {
        who: &who,
        people: &[ben()],
        now: NOW,
        params,
        open: None,
    };
    let frame = Frame {
        who: &who,
        here: NavItem::Inbox,
        counts,
    };
    let page = alone(&frame, &section(found, counts, view)).0;
    assets::assert_all_there(&page);
    icons::assert_all_drawn(&page);
    page
}

fn one(row: InboxRow, params: &Params) -> String {
    let found = Lists::One(page(vec![row], false));
    shown(&found, params, InboxCounts::default())
}

fn of(list: Tab) -> Params {
    Params::default().of(list)
}

#[test]
fn whatever_a_user_or_a_vendor_says_is_text() {
    let mut row = held(1, HOSTILE, 1, None);
    row.user = HOSTILE.to_owned();
    row.profile.channel = Some(HOSTILE.to_owned());
    row.profile.language = Some(HOSTILE.to_owned());
    row.last.as_mut().unwrap().content = Content::text(HOSTILE);
    let handover = row.handover.as_mut().unwrap();
    handover.language = HOSTILE.to_owned();
    handover.phase = None;
    handover.reason = Some(HOSTILE.into());
    let params = Params {
        q: Some(HOSTILE.to_owned()),
        ..of(Tab::Closed)
    };
    let page = one(row, &params);
    let everywhere = page.matches("alert(1)").count();
    assert!(everywhere >= 5, "{page}");
    let escaped = page.matches("&quot;&gt;&lt;script&gt;alert(1)").count();
    // In addresses, quotes and signs are encoded rather than escaped.
    let encoded = page.matches("%22%3E%3Cscript%3Ealert%281%29").count();
    assert_eq!(escaped, everywhere, "{page}");
    assert!(encoded > 0);
    let named = "b class=\"row__who clip\" dir=\"auto\">&quot;&gt;&lt;script&gt;";
    assert!(page.contains(named), "{page}");
}

#[test]
fn the_tile_and_the_age_say_who_has_the_user() {
    let tile = |row| {
        let page = one(row, &of(Tab::Open));
        let (_, rest) = page.split_once("class=\"tile ").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(tile(row(1, "A", 1)), "tile--bot");
    assert_eq!(tile(asked(1, "A", 1)), "tile--w0");
    assert_eq!(tile(asked(1, "A", 12)), "tile--w3");
    assert_eq!(tile(held(1, "A", 12, Some("ann"))), "tile--mine");
    assert_eq!(tile(held(1, "A", 12, Some("bob"))), "");
}

#[test]
fn your_user_waits_only_if_it_was_the_user_who_spoke_last() {
    let mine = held(1, "A", 12, Some("ann"));
    assert!(one(mine.clone(), &of(Tab::Mine)).contains("row__when age age--3"));
    let mut answered = mine;
    answered.last.as_mut().unwrap().actor = Actor::Agent;
    let page = one(answered, &of(Tab::Mine));
    assert!(page.contains("row__when age age--calm"));
}

#[test]
fn an_answer_that_has_not_reached_the_user_says_so_and_is_none() {
    let shown = |fate, late| {
        let mut mine = held(1, "A", 12, Some("ann"));
        let last = mine.last.as_mut().unwrap();
        last.actor = Actor::Agent;
        last.late = late;
        mine.fate = fate;
        one(mine, &of(Tab::Mine))
    };
    let dead = shown(Some(DeliveryState::Dead), false);
    assert!(dead.contains("row--lost") && dead.contains(">Not sent</b> <bdi>Agent"));
    assert!(dead.contains("row__when age age--3"), "{dead}");
    let retrying = shown(Some(DeliveryState::Retrying), false);
    assert!(retrying.contains(">Not delivered yet</b>") && !retrying.contains("row--lost"));
    let given_up = shown(Some(DeliveryState::Cancelled), false);
    assert!(given_up.contains(">Not sent</b>") && given_up.contains("age--calm"));
    assert!(shown(None, true).contains(">Not sent</b>"));
    assert!(!shown(None, false).contains("Not "));
}

#[test]
fn a_search_counts_nothing_that_it_has_not_found_and_can_be_gone_on_with() {
    let params = Params {
        q: Some("a".to_owned()),
        ..of(Tab::Open)
    };
    let counts = InboxCounts {
        open: 328,
        ..InboxCounts::default()
    };
    let found = || Lists::One(page(vec![row(7, "A", 1)], false));
    let searched = shown(&found(), &params, counts);
    assert!(!searched.contains("328") && searched.contains(" autofocus"));
    let all = shown(&found(), &of(Tab::Open), counts);
    assert!(all.contains("328") && !all.contains("autofocus"));
}

#[test]
fn an_agents_words_stand_behind_the_name_of_whoever_said_them() {
    let said = |agent: Option<&str>| {
        let mut mine = held(1, "A", 12, Some("ann"));
        mine.last.as_mut().unwrap().actor = Actor::Agent;
        mine.agent = agent.map(str::to_owned);
        one(mine, &of(Tab::Mine))
    };
    assert!(said(Some("Ann Peeters")).contains("<bdi>You</bdi>: "));
    let before = said(Some("Ben Okafor"));
    assert!(before.contains("<bdi>Ben Okafor</bdi>: "), "{before}");
    assert!(said(None).contains("<bdi>Agent</bdi>: "));
}

#[test]
fn now_shows_yours_before_those_who_wait_and_the_arch_above() {
    let counts = InboxCounts {
        waiting: 2,
        mine: 1,
        open: 9,
        dead: 0,
    };
    let found = Lists::Now {
        mine: page(vec![held(1, "Mine", 3, Some("ann"))], false),
        waiting: page(vec![asked(2, "First", 12), asked(3, "Next", 1)], false),
    };
    let page = shown(&found, &Params::default(), counts);
    let at = |name: &str| page.find(name).unwrap();
    assert!(at(">Mine<") < at(">First<") && at(">First<") < at(">Next<"));
    assert_eq!(page.matches("<circle class=\"w").count(), 2);
    assert!(page.contains("<b>2 waiting</b>, oldest <span class=\"age age--3\">12 min</span>"));
    assert!(page.contains("Now <span class=\"num\">3</span>"));
    assert!(page.contains("Open <span class=\"num\">9</span>"));
}

#[test]
fn what_does_not_fit_is_behind_a_link_in_its_own_list() {
    let found = Lists::Now {
        mine: page(vec![], false),
        waiting: page(vec![asked(7, "A", 12)], true),
    };
    let page = shown(&found, &Params::default(), InboxCounts::default());
    let place = format!("{}.{}", ago(12).as_millis(), Uuid::from_u128(7));
    let address = format!("href=\"/console?list=waiting&amp;after={place}\"");
    assert!(page.contains(&address), "{page}");
}

#[test]
fn a_row_leads_to_its_conversation_with_the_same_list_beside_it() {
    let page = one(row(7, "A", 1), &of(Tab::Bot));
    let id = Uuid::from_u128(7);
    assert!(page.contains(&format!("href=\"/console/conversations/{id}?list=bot\"")));
}

#[test]
fn who_has_no_name_is_a_guest_with_an_id() {
    let mut guest = row(7, "", 1);
    guest.profile.user.last_name = Some("  ".to_owned());
    let page = one(guest, &of(Tab::Bot));
    assert!(page.contains(">Guest<"));
    assert!(page.contains("<bdi>16369649647</bdi>"));
}

#[test]
fn a_list_with_nothing_in_it_says_why() {
    let nothing = || Lists::One(page(vec![], false));
    let closed = shown(&nothing(), &of(Tab::Closed), InboxCounts::default());
    assert!(closed.contains(texts::EMPTY_CLOSED[0]));
    let searched = Params {
        q: Some("nobody".to_owned()),
        ..of(Tab::Closed)
    };
    let searched = shown(&nothing(), &searched, InboxCounts::default());
    assert!(searched.contains(texts::EMPTY_SEARCH[0]));
    let now = Lists::Now {
        mine: page(vec![], false),
        waiting: page(vec![], false),
    };
    let now = shown(&now, &Params::default(), InboxCounts::default());
    assert!(now.contains(texts::EMPTY_NOW[0]) && now.contains(texts::NOBODY_WAITING));
}

#[test]
fn a_list_that_is_narrowed_says_so_and_offers_the_whole() {
    let params = Params {
        bot: Some(BotName::new("webshop").unwrap()),
        ..of(Tab::Open)
    };
    let page = one(row(7, "A", 1), &params);
    assert!(page.contains("Only webshop"));
    assert!(page.contains("<a href=\"/console?list=open\">Show all</a>"));
    assert!(page.contains("<input type=\"hidden\" name=\"bot\" value=\"webshop\">"));
}

#[test]
fn a_colleague_stands_there_by_the_name_that_people_use() {
    let row = held(1, "Aoife", 1, Some("ben"));
    let page = one(row, &of(Tab::Open));
    assert!(page.contains("<bdi>Ben Okafor</bdi>"), "{page}");
    let gone = held(1, "Aoife", 1, Some("zoe"));
    let page = one(gone, &of(Tab::Open));
    assert!(page.contains("<bdi>zoe</bdi>"), "{page}");
}
