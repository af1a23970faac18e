//! A conversation, from the request to the close, by forms alone.

use std::time::Duration;

use axum::http::StatusCode;
use handover_bridge::{
    domain::{
        conversation::ConversationKey,
        event::{Event, Feed, Incoming, PlatformMessage, Request, Step, Target},
        ids::{BotName, ExternalId},
        message::Content,
    },
    store::{Applied, Store as _},
};

use crate::{
    form::{turns, unseen},
    world::{Answer, Browser, World},
};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

async fn happens(world: &World, (user, event): (&str, Event)) -> String {
    let key = ConversationKey {
        bot: BotName::new("webshop").unwrap(),
        realm: "b1/LIVE".to_owned(),
        user: ExternalId::new(user).unwrap(),
    };
    let step = Step {
        target: Target::Conversation(key),
        profile: None,
        events: vec![Incoming {
            event,
            keys: Vec::new(),
        }],
    };
    match world.store.apply(step).await.unwrap() {
        Applied::Done { conversation, .. } => format!("/console/conversations/{conversation}"),
        other => unreachable!("{other:?}"),
    }
}

pub async fn says(world: &World, text: &str) {
    says_content(world, Content::text(text)).await;
}

/// Tells where the conversation is.
pub async fn says_as(world: &World, (user, text): (&str, &str)) -> String {
    said_by(world, (user, Content::text(text))).await
}

pub async fn says_content(world: &World, content: Content) {
    said_by(world, ("s1", content)).await;
}

async fn said_by(world: &World, (user, content): (&str, Content)) -> String {
    let said = PlatformMessage {
        at: None,
        content,
        raw: None,
        feed: Feed::Only,
    };
    happens(world, (user, Event::UserSaid(said))).await
}

/// Somebody has asked for a person and has written since.
pub async fn waiting(world: &World) -> String {
    let page = waiting_as(world, "s1").await;
    says(world, HOSTILE).await;
    page
}

pub async fn waiting_as(world: &World, user: &str) -> String {
    let request = Request {
        payload: None,
        transcript: Vec::new(),
    };
    happens(world, (user, Event::HandoverRequested(request))).await
}

/// Fills in a form of the page as it is now.
pub async fn sends(
    world: &World,
    browser: &Browser,
    (page, act): (&str, &str),
    form: &str,
) -> Answer {
    let unseen = unseen(&world.get(browser, page).await.body);
    let address = format!("{page}/{act}");
    world
        .post(browser, &address, &format!("{unseen}&{form}"))
        .await
}

#[tokio::test]
async fn whoever_has_closed_one_is_led_to_whoever_waits_longest() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    let alone = world.get(&ann, "/console/next").await;
    assert_eq!(alone.location(), Some(page.as_str()));
    sends(&world, &ann, (&page, "claim"), "").await;
    let nobody = world.get(&ann, "/console/next").await;
    assert_eq!(nobody.location(), Some("/console"));
    sends(&world, &ann, (&page, "close"), "reason=solved").await;
    let ended = world.get(&ann, &page).await.body;
    assert!(!ended.contains("Open next"), "{ended}");
    world.wait(Duration::from_secs(1));
    let next = waiting_as(&world, "s2").await;
    let ended = world.get(&ann, &page).await.body;
    assert!(ended.contains("Open next (1 waiting)"), "{ended}");
    let led = world.get(&ann, "/console/next").await;
    assert_eq!(led.location(), Some(next.as_str()));
}

#[tokio::test]
async fn a_reply_from_another_page_leaves_unread_what_the_user_wrote() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let form = unseen(&world.get(&ann, &page).await.body);
    says(&world, "one more thing").await;
    let form = format!("{form}&text=sent+late&elsewhere=true");
    let sent = world.post(&ann, &format!("{page}/reply"), &form).await;
    assert_eq!(sent.status, StatusCode::NO_CONTENT);
    let inbox = world.get(&ann, "/console").await.body;
    assert!(inbox.contains("sent late") && inbox.contains("row--unread"));
}

#[tokio::test]
async fn a_reply_from_another_page_that_is_refused_is_no_look_at_the_conversation() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let form = unseen(&world.get(&ann, &page).await.body);
    let form = format!("{form}&text=sent+late&elsewhere=true");
    world.wait(Duration::from_hours(2));
    let ann = world.signed_in(ann, "ann").await;
    let ben = world.signed_in(ben, "ben").await;
    says(&world, "one more thing").await;
    let looks = async || {
        let audited = world.audited().await;
        let by_ann = ("ann".to_owned(), "transcript.view".to_owned());
        audited.iter().filter(|entry| **entry == by_ann).count()
    };
    let before = looks().await;
    let faulty = format!("{form}&replies=yes&buttons=Call");
    let faulty = world.post(&ann, &format!("{page}/reply"), &faulty).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    sends(&world, &ben, (&page, "assign"), "to=ben").await;
    let taken = world.post(&ann, &format!("{page}/reply"), &form).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let inbox = world.get(&ann, "/console?list=open").await.body;
    assert!(inbox.contains("row--unread"), "{inbox}");
    assert_eq!(looks().await, before);
}

#[tokio::test]
async fn of_a_text_that_stays_is_spoken_only_where_there_is_one() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let page = waiting(&world).await;
    let form = unseen(&world.get(&ben, &page).await.body);
    sends(&world, &ann, (&page, "claim"), "").await;
    let claim = world.post(&ben, &format!("{page}/claim"), &form).await;
    assert_eq!(claim.status, StatusCode::CONFLICT);
    assert!(claim.body.contains("ann has this conversation now."));
    assert!(claim.body.contains("compose__told") && !claim.body.contains("still below"));
    let form = format!("{form}&text=my+answer");
    let reply = world.post(&ben, &format!("{page}/reply"), &form).await;
    assert!(
        reply.body.contains("Your text is still below"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn who_claims_it_answers_once_and_closes_it() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    let inbox = world.get(&ann, "/console").await;
    assert!(inbox.body.contains(&page) && !inbox.body.contains("<script>alert"));
    let early = sends(&world, &ann, (&page, "reply"), "text=keep+this").await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.body.contains("Claim this conversation"));
    assert!(early.body.contains(">keep this</textarea>"));
    let claimed = sends(&world, &ann, (&page, "claim"), "").await;
    assert_eq!(claimed.status, StatusCode::SEE_OTHER);
    assert_eq!(claimed.location(), Some(page.as_str()));
    let form = format!(
        "{}&text=Hello+there",
        unseen(&world.get(&ann, &page).await.body)
    );
    for _ in 0..2 {
        let answer = world.post(&ann, &format!("{page}/reply"), &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    sends(&world, &ann, (&page, "note"), "text=a+regular").await;
    let seen = world.get(&ann, &page).await;
    let turns = turns(&seen.body);
    let by_agents: Vec<_> = turns.iter().filter(|(by, _)| by == "agent").collect();
    assert_eq!(by_agents, [&("agent".to_owned(), "Hello there".to_owned())]);
    assert!(seen.body.contains("a regular") && seen.body.contains("On its way"));
    assert!(seen.body.contains(r#"name="dialog_state""#));
    assert!(!seen.body.contains("<script>alert") && !seen.body.contains("<img"));
    sends(&world, &ann, (&page, "close"), "reason=solved").await;
    let late = world
        .post(
            &ann,
            &format!("{page}/reply"),
            &form.replace("Hello", "Late"),
        )
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains(">Late there</textarea>"));
    let seen = world.get(&ann, &page).await;
    assert!(seen.body.contains("Closed: Solved") && !seen.body.contains("Late there"));
    let audited = world.audited().await;
    let looks = audited.iter().filter(|(_, what)| what == "transcript.view");
    assert_eq!(looks.count(), 1);
}

#[tokio::test]
async fn another_reason_to_close_it_is_no_repeat_of_the_first() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let form = unseen(&world.get(&ann, &page).await.body);
    for (reason, status) in [
        ("solved", StatusCode::SEE_OTHER),
        ("solved", StatusCode::SEE_OTHER),
        ("follow_up", StatusCode::CONFLICT),
    ] {
        let form = format!("{form}&reason={reason}");
        let answer = world.post(&ann, &format!("{page}/close"), &form).await;
        assert_eq!(answer.status, status, "{reason}");
    }
}

#[tokio::test]
async fn of_two_who_claim_one_hears_who_has_it_and_keeps_the_text() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let page = waiting(&world).await;
    let bens = unseen(&world.get(&ben, &page).await.body);
    sends(&world, &ann, (&page, "claim"), "").await;
    for act in ["claim", "reply"] {
        let form = format!("{bens}&text=typed+by+ben");
        let answer = world.post(&ben, &format!("{page}/{act}"), &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{act}");
        assert!(answer.body.contains("ann has this conversation now."));
        let kept = answer.body.contains(">typed by ben</textarea>");
        assert_eq!(kept, act == "reply", "{act}");
        assert!(!answer.body.contains("/reply\""), "as a note, not to send");
    }
    let given = sends(&world, &ann, (&page, "assign"), "to=ben").await;
    assert_eq!(given.status, StatusCode::SEE_OTHER);
    let answer = sends(&world, &ben, (&page, "reply"), "text=now+mine").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let stranger = sends(&world, &ben, (&page, "assign"), "to=zoe").await;
    assert_eq!(stranger.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        stranger
            .body
            .contains("Nobody of that name may sign in here.")
    );
}

#[tokio::test]
async fn an_admin_gives_away_what_somebody_has_who_is_gone() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let ben = world.signed_in(Browser::by_https(), "ben").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let offered = world.get(&ben, &page).await.body;
    assert!(offered.contains("/assign\"") && offered.contains("value=\"ben\""));
    let nobody = sends(&world, &ben, (&page, "assign"), "to=").await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("Choose a colleague first."));
    let taken = sends(&world, &ben, (&page, "assign"), "to=ben").await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    let answer = sends(&world, &ben, (&page, "reply"), "text=now+mine").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let agents = world.get(&ann, &page).await.body;
    assert!(!agents.contains("/assign\""), "an agent is no admin");
    let back = sends(&world, &ben, (&page, "assign"), "to=-").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(world.get(&ann, &page).await.body.contains("/claim\""));
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_other_words_is_no_repeat() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let hidden = unseen(&world.get(&ann, &page).await.body);
    let reply = format!("{page}/reply");
    let first = format!("{hidden}&text=first");
    let first = world.post(&ann, &reply, &first).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let second = format!("{hidden}&text=second");
    let second = world.post(&ann, &reply, &second).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.body.contains(">second</textarea>"));
    let again = format!("{}&text=second", unseen(&second.body));
    let again = world.post(&ann, &reply, &again).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_refused_note_never_stands_where_the_user_is_written_to() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let long = format!("text={}", "n".repeat(4001));
    let answer = sends(&world, &ann, (&page, "note"), &long).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let field = |id: &str| {
        let (_, rest) = answer.body.split_once(&format!("id=\"{id}\"")).unwrap();
        let (_, rest) = rest.split_once('>').unwrap();
        rest.split("</textarea>").next().unwrap().len()
    };
    assert_eq!((field("write"), field("note")), (0, 4001));
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_in_place_and_stays() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    sends(&world, &ann, (&page, "claim"), "").await;
    let long = format!("text={}", "x".repeat(4001));
    for (form, kept) in [
        (long.as_str(), "xxxx</textarea>"),
        ("text=+", ""),
        (
            "text=look&file=ftp%3A%2F%2Fa.example%2Fb",
            "value=\"ftp://a.example/b\"",
        ),
        ("text=look&file=javascript%3Aalert(1)", ">look</textarea>"),
    ] {
        let answer = sends(&world, &ann, (&page, "reply"), form).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{form:.40}"
        );
        assert!(answer.body.contains("role=\"alert\"") && answer.body.contains(kept));
    }
    let nothing = sends(&world, &ann, (&page, "note"), "text=+").await;
    assert!(nothing.body.contains("There is nothing to send") && !nothing.body.contains("shorten"));
    let nowhere = sends(&world, &ann, (&page, "transfer"), "").await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nowhere.body.contains("There is no desk of that name"));
    let unknown = "/console/conversations/00000000-0000-0000-0000-000000000001";
    assert_eq!(world.get(&ann, unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_address_of_an_act_leads_back_to_its_conversation() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let page = waiting(&world).await;
    for act in ["reply", "note", "claim", "close"] {
        let answer = world.get(&ann, &format!("{page}/{act}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}");
        assert_eq!(answer.location(), Some(page.as_str()), "{act}");
    }
}

#[tokio::test]
async fn an_open_page_hears_what_has_changed() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    // What was before the store was opened is not known to it.
    world.wait(Duration::from_mins(1));
    let page = waiting(&world).await;
    let mut events = world.events(&ann, None).await;
    says(&world, "and another thing").await;
    let event = events.next().await;
    let id = page.rsplit('/').next().unwrap();
    assert!(
        event.contains("event: changed") && event.contains(id),
        "{event}"
    );
    let seen = event.lines().find_map(|line| line.strip_prefix("id: "));
    let mut again = world.events(&ann, seen).await;
    assert!(
        again.next().await.contains(id),
        "what was missed, or may have been"
    );
    let loaded = world.get(&ann, &page).await;
    let (_, at) = loaded.body.split_once("data-at=\"").unwrap();
    let at = at.split('"').next().unwrap();
    let path = format!("/console/events?since={at}");
    let mut opened = world.stream(&ann, &path, None).await;
    assert!(
        opened.next().await.contains(id),
        "between the page and its stream"
    );
    let mut late = world.events(&ann, Some("1000")).await;
    assert!(late.next().await.contains("event: reset"));
    world.stopping.cancel();
    assert_eq!(events.next().await, "", "the stream has ended");
}
