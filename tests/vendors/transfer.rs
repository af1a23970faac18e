//! From a desk of one kind to one of another, because somebody at the console sends it there.

use futures_util::future::join_all;

use crate::{
    bridge::{Bridge, MOVED},
    desk::{Desk, Kind},
    matrix::settings,
    platform::{Bot, Platform},
    until,
};

/// A conversation that was at one desk first and is at another now.
struct Moved<'a> {
    bridge: &'a Bridge,
    bot: &'a Bot,
    user: String,
    from: (&'a Desk, String),
    to: (&'a Desk, String),
}

impl<'a> Moved<'a> {
    /// An agent of the first desk has spoken with the user, and somebody at the console sends them on.
    async fn new(bridge: &'a Bridge, bot: &'a Bot, [from, to]: [&'a Desk; 2]) -> Self {
        let user = format!("{}-{}-{}", bot.name, from.name, to.name);
        assert!(bot.asks(bridge, (&user, from.name)).await);
        until("the first desk has it", async || {
            from.conversation(bridge, &user).await.is_some()
        })
        .await;
        let first = from.conversation(bridge, &user).await.unwrap();
        bot.user_says(bridge, (&user, 1)).await;
        until("the first desk hears the user", async || {
            !from.heard(bridge, &first).await.is_empty()
        })
        .await;
        from.says(bridge, (&first, &answer(&user, "one"))).await;
        until("the user hears it", async || bot.said(&user).len() == 1).await;

        let ann = bridge.ann().await;
        let page = ann.finds((&user, from.name)).await.unwrap();
        ann.does(&page.path, "transfer", &[("desk", to.name)]).await;
        until("the second desk has it", async || {
            to.conversation(bridge, &user).await.is_some()
        })
        .await;
        let second = to.conversation(bridge, &user).await.unwrap();
        Self {
            bridge,
            bot,
            user,
            from: (from, first),
            to: (to, second),
        }
    }

    /// The new leg begins with all that was said, in its order.
    async fn has_its_past(&self) {
        let past = self.to.0.past(self.bridge, &self.user).await;
        let said = [
            format!("help {}", self.user),
            format!("{} 1", self.user),
            answer(&self.user, "one"),
        ];
        let places = said.each_ref().map(|text| past.find(text.as_str()));
        assert!(places.iter().all(Option::is_some), "{said:?}: {past}");
        assert!(places.is_sorted(), "{said:?}: {past}");
    }

    /// Whoever does not know that it has gone elsewhere is heard by nobody.
    async fn is_over_for_the_first(&self) {
        let (desk, conversation) = &self.from;
        let late = answer(&self.user, "late");
        desk.says_too_late(self.bridge, (conversation, &late)).await;
        if desk.is_called() {
            desk.closes_too_late(self.bridge, conversation).await;
            until("the first desk is told", async || {
                desk.dismissal(conversation).as_deref() == Some(desk.kind.end("transferred"))
            })
            .await;
        }
    }

    async fn goes_on_at_the_second(&self) {
        let (bridge, bot, user) = (self.bridge, self.bot, &self.user);
        let (desk, conversation) = &self.to;
        let before = desk.heard(bridge, conversation).await.len();
        for number in 2..=4 {
            bot.user_says(bridge, (user, number)).await;
        }
        let told: Vec<_> = (2..=4).map(|number| format!("{user} {number}")).collect();
        until("the second desk hears the user", async || {
            desk.heard(bridge, conversation).await.len() >= before + told.len()
        })
        .await;
        assert_eq!(desk.heard(bridge, conversation).await[before..], told);
        for word in ["two", "three"] {
            desk.says(bridge, (conversation, &answer(user, word))).await;
        }
        until("the user hears all", async || bot.said(user).len() >= 4).await;
        let one = answer(user, "one");
        let heard = [
            one,
            MOVED.to_owned(),
            answer(user, "two"),
            answer(user, "three"),
        ];
        assert_eq!(bot.said(user), heard);
        assert!(!bot.is_resumed(user));
    }

    async fn ends(&self) {
        let (desk, conversation) = &self.to;
        desk.closes(self.bridge, conversation).await;
        until("the bot speaks again", async || {
            self.bot.is_resumed(&self.user)
        })
        .await;
        assert_eq!(self.bot.said(&self.user).len(), 4, "nothing of the late");
        let (first, conversation) = &self.from;
        if first.is_called() {
            let heard = first.heard(self.bridge, conversation).await;
            assert_eq!(heard, [format!("{} 1", self.user)], "and no more");
        }
    }
}

fn answer(user: &str, word: &str) -> String {
    format!("{word} for {user}")
}

/// A bot of each platform and a desk of each kind.
async fn everybody() -> (Vec<Bot>, Vec<Desk>, Bridge) {
    let bots = [
        ("alpha", Platform::Chatlayer),
        ("beta", Platform::Certainly),
    ];
    let bots = join_all(bots.map(|(name, platform)| Bot::start(name, platform))).await;
    let desks = ["red", "blue", "green", "black", "white"]
        .into_iter()
        .zip(Kind::ALL);
    let desks = join_all(desks.map(|(name, kind)| Desk::start(name, kind))).await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    (bots, desks, bridge)
}

#[tokio::test]
async fn somebody_at_the_console_moves_users_between_desks_of_any_two_kinds() {
    let bots = [
        ("alpha", Platform::Chatlayer),
        ("beta", Platform::Certainly),
    ];
    let bots = join_all(bots.map(|(name, platform)| Bot::start(name, platform))).await;
    let desks = ["red", "blue", "green", "black", "white"]
        .into_iter()
        .zip(Kind::ALL);
    let desks = join_all(desks.map(|(name, kind)| Desk::start(name, kind))).await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    let pairs = desks
        .iter()
        .flat_map(|from| desks.iter().map(move |to| [from, to]));
    let pairs = pairs.filter(|[from, to]| from.kind != to.kind);
    let all = pairs.flat_map(|pair| bots.iter().map(move |bot| (bot, pair)));
    join_all(all.map(async |(bot, pair)| {
        let moved = Moved::new(&bridge, bot, pair).await;
        moved.has_its_past().await;
        moved.is_over_for_the_first().await;
        moved.goes_on_at_the_second().await;
        moved.ends().await;
    }))
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_desk_does_not_take_comes_back_to_the_console_that_sent_it() {
    let (bots, desks, bridge) = everybody().await;
    let ann = bridge.ann().await;
    let console = desks.iter().find(|desk| !desk.is_called()).unwrap();
    for desk in desks.iter().filter(|desk| desk.is_called()) {
        desk.stub().set_down(Some(422));
        for bot in &bots {
            let user = format!("{}-{}", bot.name, desk.name);
            assert!(bot.asks(&bridge, (&user, console.name)).await);
            let page = console.conversation(&bridge, &user).await.unwrap();
            console.says(&bridge, (&page, "one")).await;
            ann.does(&page, "transfer", &[("desk", desk.name)]).await;
            until("it is back", async || {
                let page = console.conversation(&bridge, &user).await;
                page.is_some()
                    && ann
                        .reads(&page.unwrap())
                        .await
                        .contains("Nobody has claimed")
            })
            .await;
            bot.user_says(&bridge, (&user, 1)).await;
            console.says(&bridge, (&page, "two")).await;
            until("the user hears all", async || bot.said(&user).len() >= 3).await;
            assert_eq!(bot.said(&user), ["one", MOVED, "two"]);
            let heard = console.heard(&bridge, &page).await;
            assert_eq!(heard, [format!("{user} 1")]);
            console.closes(&bridge, &page).await;
            until("the bot speaks again", async || bot.is_resumed(&user)).await;
        }
    }
    bridge.stop().await;
}
