//! Transfers at the console between real vendors' doubles: what the user sees in the chat, and what stands before agents.

mod stage;

use handover_bridge::emulator::{BotState, ChatUser as User, Handle, Speaker};
use serde_json::json;

use self::stage::{Agents, Stage};
use crate::{
    bridge::MOVED,
    person::{Page, Person},
    platform::Platform,
    until,
};

/// One user's conversation, as the chat page has it.
struct Talk<'a> {
    bot: &'a Handle,
    session: String,
}

impl<'a> Talk<'a> {
    /// The user has said hello, and asks for an agent at this desk.
    async fn new(stage: &'a Stage, (platform, desk): (Platform, &str)) -> Self {
        let bot = stage.bot(platform);
        let session = bot.open(User::default()).unwrap();
        let talk = Self { bot, session };
        talk.writes("hello there");
        talk.writes(&format!("agent {desk}"));
        until("the bot is paused", async || {
            bot.bot(&talk.session) == Some(BotState::Paused)
        })
        .await;
        talk
    }

    fn writes(&self, text: &str) {
        self.bot.write(&self.session, text).unwrap();
    }

    /// What agents know the user by: without the channel that some platforms put before it.
    fn user(&self) -> &str {
        self.session.trim_start_matches("webbot:")
    }

    /// What came through the bridge, in order.
    fn told(&self) -> Vec<String> {
        self.bot.texts_by(&self.session, Speaker::Agent)
    }

    async fn is_told(&self, texts: &[&str]) {
        until("the user is told", async || {
            self.told().len() >= texts.len()
        })
        .await;
        assert_eq!(self.told(), texts);
    }

    async fn is_welcomed_back(&self) {
        until("the bot speaks again", async || {
            let texts = self.bot.texts_by(&self.session, Speaker::Bot);
            texts.iter().any(|text| text.starts_with("Welcome back"))
        })
        .await;
        assert_eq!(self.bot.bot(&self.session), Some(BotState::Speaking));
    }
}

/// The page of this user, once it is at the console's own desk.
async fn at_console(ann: &Person, user: &str) -> Page {
    until("it is at the console", async || {
        ann.finds((user, "team")).await.is_some()
    })
    .await;
    ann.finds((user, "team")).await.unwrap()
}

async fn hears(ann: &Person, page: &Page, texts: &[&str]) {
    let heard = async || -> Vec<String> {
        let turns = ann.turns(&page.path).await.into_iter();
        let by_user = turns.filter(|(by, _)| by == "user");
        by_user.map(|(_, text)| text).collect()
    };
    let ends = async || heard().await.iter().rev().take(texts.len()).rev().eq(texts);
    until("the console shows it", ends).await;
}

async fn heard_by(desk: &Agents, place: (&str, &str), texts: &[&str]) {
    let ends = async || {
        let heard = desk.heard(place).await;
        heard.iter().rev().take(texts.len()).rev().eq(texts)
    };
    until("the desk hears the user", ends).await;
}

#[track_caller]
fn in_order(shown: &str, texts: &[&str]) {
    let places: Vec<_> = texts.iter().map(|text| shown.find(text)).collect();
    assert!(places.iter().all(Option::is_some), "{texts:?}: {shown}");
    assert!(places.is_sorted(), "{texts:?}: {shown}");
}

/// Ann has it at the console, sends it to a desk, and that desk has it to the end.
async fn console_to(stage: &Stage, (platform, desk): (Platform, &Agents)) {
    let ann = stage.bridge.ann().await;
    let talk = Talk::new(stage, (platform, "team")).await;
    let page = at_console(ann, talk.user()).await;
    ann.does(&page.path, "claim", &[]).await;
    ann.does(&page.path, "reply", &[("text", "ann one")]).await;
    talk.is_told(&["ann one"]).await;
    talk.writes("user one");
    hears(ann, &page, &["user one"]).await;
    let old = Page {
        body: ann.reads(&page.path).await,
        ..page
    };
    ann.does(&old.path, "transfer", &[("desk", desk.name)])
        .await;

    let id = desk.has(talk.user()).await;
    let place = (talk.user(), id.as_str());
    let past = ["hello there", "ann one", "user one"];
    in_order(&desk.shows(place).await, &past);
    // From a page that was open when she sent it on.
    let (status, _) = ann.tries(&old, "reply", &[("text", "too late")]).await;
    assert_eq!(status, 409);
    talk.writes("user two");
    talk.writes("user three");
    desk.says(&id, "desk one").await;
    desk.says(&id, "desk two").await;
    heard_by(desk, place, &["user two", "user three"]).await;
    let told = ["ann one", MOVED, "desk one", "desk two"];
    talk.is_told(&told).await;
    desk.closes(&id).await;
    talk.is_welcomed_back().await;
    assert_eq!(talk.told(), told);
}

/// A desk has it, Ann takes it to the console, and has it to the end.
async fn console_from(stage: &Stage, (platform, desk): (Platform, &Agents)) {
    let ann = stage.bridge.ann().await;
    let talk = Talk::new(stage, (platform, desk.name)).await;
    let id = desk.has(talk.user()).await;
    let place = (talk.user(), id.as_str());
    desk.says(&id, "desk one").await;
    talk.is_told(&["desk one"]).await;
    talk.writes("user one");
    heard_by(desk, place, &["user one"]).await;
    let page = ann.finds((talk.user(), desk.name)).await.unwrap();
    ann.does(&page.path, "transfer", &[("desk", "team")]).await;
    ann.does(&page.path, "claim", &[]).await;
    let turns = ann.turns(&page.path).await;
    let said: String = turns.into_iter().map(|(_, text)| text + "\n").collect();
    in_order(&said, &["hello there", "desk one", "user one"]);

    until("the desk is told", async || desk.is_closed(place).await).await;
    assert_eq!(desk.tries_to_say(&id, "too late").await, 409);
    if desk.name == "live" {
        let late = json!({"action": "text", "value": "too late", "source": "agent"});
        stage.live_tells(&id, ("messageToClient", late)).await;
        let closed = json!({"reason": "agent"});
        stage.live_tells(&id, ("close", closed)).await;
    }
    talk.writes("user two");
    talk.writes("user three");
    hears(ann, &page, &["user two", "user three"]).await;
    for text in ["ann one", "ann two"] {
        ann.does(&page.path, "reply", &[("text", text)]).await;
    }
    let told = ["desk one", MOVED, "ann one", "ann two"];
    talk.is_told(&told).await;
    ann.does(&page.path, "close", &[("reason", "solved")]).await;
    talk.is_welcomed_back().await;
    assert_eq!(talk.told(), told);
    let heard = desk.heard(place).await;
    assert!(!heard.contains(&"user two".to_owned()), "{heard:?}");
}

/// It comes back to where it was before: as a part of its own, that has nothing to do with the first.
async fn there_and_back(stage: &Stage, (platform, desk): (Platform, &Agents)) {
    let ann = stage.bridge.ann().await;
    let talk = Talk::new(stage, (platform, desk.name)).await;
    let first = desk.has(talk.user()).await;
    desk.says(&first, "desk one").await;
    talk.is_told(&["desk one"]).await;
    let page = ann.finds((talk.user(), desk.name)).await.unwrap();
    ann.does(&page.path, "transfer", &[("desk", "team")]).await;
    ann.does(&page.path, "claim", &[]).await;
    ann.does(&page.path, "reply", &[("text", "ann one")]).await;
    let so_far = ["desk one", MOVED, "ann one"];
    talk.is_told(&so_far).await;
    talk.writes("user one");
    hears(ann, &page, &["user one"]).await;
    until("the desk is told", async || {
        desk.is_closed((talk.user(), &first)).await
    })
    .await;
    ann.does(&page.path, "transfer", &[("desk", desk.name)])
        .await;

    let second = desk.has(talk.user()).await;
    let place = (talk.user(), second.as_str());
    in_order(
        &desk.shows(place).await,
        &["hello there", "desk one", "ann one", "user one"],
    );
    if desk.name == "live" {
        assert_ne!(first, second, "a room of its own");
        let closed = json!({"reason": "agent"});
        stage.live_tells(&first, ("close", closed)).await;
    }
    talk.writes("user two");
    heard_by(desk, place, &["user two"]).await;
    desk.says(&second, "desk two").await;
    let told = ["desk one", MOVED, "ann one", MOVED, "desk two"];
    talk.is_told(&told).await;
    desk.closes(&second).await;
    talk.is_welcomed_back().await;
    assert_eq!(talk.told(), told);
}

#[tokio::test]
async fn ann_sends_a_user_from_the_console_to_a_desk() {
    let stage = Stage::new().await;
    for platform in Platform::ALL {
        for desk in [&stage.custom, &stage.live, &stage.inbox] {
            console_to(&stage, (platform, desk)).await;
        }
    }
}

#[tokio::test]
async fn ann_takes_a_user_from_a_desk_to_the_console() {
    let stage = Stage::new().await;
    for platform in Platform::ALL {
        for desk in [&stage.custom, &stage.live, &stage.inbox] {
            console_from(&stage, (platform, desk)).await;
        }
    }
}

#[tokio::test]
async fn ann_brings_a_user_back_to_the_desk_that_had_them() {
    let stage = Stage::new().await;
    for platform in Platform::ALL {
        for desk in [&stage.custom, &stage.live, &stage.inbox] {
            there_and_back(&stage, (platform, desk)).await;
        }
    }
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_neither_loses_nor_repeats_anything() {
    let stage = Stage::new().await;
    for platform in Platform::ALL {
        let faults = json!({"repeats": 3, "webhook_delay_ms": 50, "api_5xx": {"next": 2}});
        let faults = serde_json::from_value(faults).unwrap();
        stage.bot(platform).set_faults(faults);
    }
    let faults = json!({"repeats": 2, "unknown_fields": true, "api_5xx": {"next": 1}});
    stage.live.goes_wrong(&faults).await;
    let faults = json!({"repeats": 2, "unknown_fields": true, "webhook_delay_ms": 20});
    stage.inbox.goes_wrong(&faults).await;
    for platform in Platform::ALL {
        for desk in [&stage.live, &stage.inbox] {
            console_to(&stage, (platform, desk)).await;
            console_from(&stage, (platform, desk)).await;
        }
    }
}

#[tokio::test]
async fn a_desk_that_has_taken_a_user_without_being_heard_is_not_asked_again() {
    let stage = Stage::new().await;
    let (ann, live) = (stage.bridge.ann().await, &stage.live);
    let talk = Talk::new(&stage, (Platform::Chatlayer, "team")).await;
    let page = at_console(ann, talk.user()).await;
    live.goes_wrong(&json!({"api_cut_after": {"next": 1}}))
        .await;
    ann.does(&page.path, "transfer", &[("desk", "live")]).await;
    let room = live.has(talk.user()).await;
    talk.writes("user one");
    live.says(&room, "desk one").await;
    talk.is_told(&[MOVED, "desk one"]).await;
    heard_by(live, (talk.user(), &room), &["user one"]).await;
    live.closes(&room).await;
    talk.is_welcomed_back().await;
    assert_eq!(live.all(talk.user()).await.len(), 1, "one room");
}

#[tokio::test]
async fn ann_takes_a_user_from_the_bot_and_sends_them_on() {
    let stage = Stage::new().await;
    let ann = stage.bridge.ann().await;
    for desk in [&stage.custom, &stage.live, &stage.inbox] {
        let bot = stage.bot(Platform::Certainly);
        let session = bot.open(User::default()).unwrap();
        let talk = Talk { bot, session };
        talk.writes("hello there");
        let user = talk.user();
        until("the bridge knows the user", async || {
            ann.finds_with_bot(user).await.is_some()
        })
        .await;
        let page = ann.finds_with_bot(user).await.unwrap();
        ann.does(&page.path, "take-over", &[]).await;
        ann.does(&page.path, "reply", &[("text", "ann one")]).await;
        talk.is_told(&["ann one"]).await;
        assert_eq!(bot.bot(&talk.session), Some(BotState::Paused));
        ann.does(&page.path, "transfer", &[("desk", desk.name)])
            .await;
        let id = desk.has(user).await;
        in_order(&desk.shows((user, &id)).await, &["hello there", "ann one"]);
        talk.writes("user one");
        heard_by(desk, (user, &id), &["user one"]).await;
        desk.says(&id, "desk one").await;
        let told = ["ann one", MOVED, "desk one"];
        talk.is_told(&told).await;
        desk.closes(&id).await;
        talk.is_welcomed_back().await;
        assert_eq!(talk.told(), told);
    }
}
