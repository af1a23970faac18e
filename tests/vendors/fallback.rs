//! From a desk of one kind to one of another, because the first does not have it or does not keep it.

use futures_util::future::join_all;

use crate::{
    bridge::Bridge,
    desk::{Desk, Kind},
    matrix::settings,
    platform::{Bot, Platform},
    until,
};

/// Of desks that are called and of the console, which takes whatever it is given.
const PAIRS: [(Kind, Kind); 6] = [
    (Kind::Webhook, Kind::Template),
    (Kind::Template, Kind::Webhook),
    (Kind::Webhook, Kind::Console),
    (Kind::Template, Kind::Console),
    (Kind::AivoLive, Kind::Console),
    (Kind::Chatwoot, Kind::Console),
];

const CALLED: [Kind; 4] = [
    Kind::Webhook,
    Kind::Template,
    Kind::AivoLive,
    Kind::Chatwoot,
];
/// Those whose first call has brought the whole conversation.
const CALLED_ONCE: [Kind; 3] = [Kind::Webhook, Kind::Template, Kind::AivoLive];

/// A bot, a desk and the one that it gives way to.
struct Between {
    bot: Bot,
    first: Desk,
    second: Desk,
    bridge: Bridge,
}

impl Between {
    async fn start(platform: Platform, pair: (Kind, Kind)) -> Self {
        Self::with(platform, pair, |settings| settings).await
    }

    /// With settings that are made of the usual ones.
    async fn with(
        platform: Platform,
        (first, second): (Kind, Kind),
        other: impl FnOnce(String) -> String,
    ) -> Self {
        let bot = Bot::start("alpha", platform).await;
        let desks = [
            Desk::start("first", first).await,
            Desk::start("second", second).await,
        ];
        let routed = settings(std::slice::from_ref(&bot), &desks);
        let routed = routed.replacen(
            "desk = \"first\"\n",
            "desk = \"first\"\nfallback = \"second\"\n",
            1,
        );
        let bridge = Bridge::start(&other(routed)).await;
        let [first, second] = desks;
        Self {
            bot,
            first,
            second,
            bridge,
        }
    }

    /// By what the second desk knows it, once it does.
    async fn falls_back(&self) -> String {
        let (desk, bridge) = (&self.second, &self.bridge);
        until("the second has it", async || {
            desk.conversation(bridge, "u1").await.is_some()
        })
        .await;
        assert!(desk.past(bridge, "u1").await.contains("help u1"));
        desk.conversation(bridge, "u1").await.unwrap()
    }

    async fn goes_on(&self, conversation: &str) {
        let (bot, desk, bridge) = (&self.bot, &self.second, &self.bridge);
        bot.user_says(bridge, ("u1", 1)).await;
        until("it hears the user", async || {
            !desk.heard(bridge, conversation).await.is_empty()
        })
        .await;
        desk.says(bridge, (conversation, "Hello")).await;
        until("the user hears it", async || bot.said("u1") == ["Hello"]).await;
        desk.closes(bridge, conversation).await;
        until("the bot speaks again", async || bot.is_resumed("u1")).await;
        assert_eq!(bot.said("u1"), ["Hello"], "and nothing else");
    }
}

#[tokio::test]
async fn a_desk_that_does_not_take_it_gives_way_to_one_of_another_kind_with_the_whole_past() {
    for platform in Platform::ALL {
        for pair in PAIRS {
            let between = Between::start(platform, pair).await;
            between.first.stub().set_down(Some(422));
            assert!(between.bot.asks(&between.bridge, ("u1", "first")).await);
            let conversation = between.falls_back().await;
            between.goes_on(&conversation).await;
            between.bridge.stop().await;
        }
    }
}

#[tokio::test]
async fn a_desk_that_does_not_answer_in_time_gives_way_to_the_console_and_is_too_late() {
    let trial = async |kind| {
        let between = Between::start(Platform::Chatlayer, (kind, Kind::Console)).await;
        let (bot, bridge) = (&between.bot, &between.bridge);
        between.first.stub().hang();
        assert!(bot.asks(bridge, ("u1", "first")).await, "{kind:?}");
        let conversation = between.falls_back().await;
        // It has heard the call all the same.
        let heard = between.first.conversation(bridge, "u1").await.unwrap();
        let late = (heard.as_str(), "I have it");
        between.first.says_too_late(bridge, late).await;
        between.first.closes_too_late(bridge, &heard).await;
        between.goes_on(&conversation).await;
        bridge.stop_at_once();
    };
    join_all(CALLED_ONCE.map(trial)).await;
}

#[tokio::test]
async fn a_console_at_which_nobody_is_gives_way_to_a_desk_that_is_called() {
    for kind in CALLED {
        let requires = |settings: String| {
            let console = "kind = \"console\"\n";
            settings.replacen(console, &format!("{console}require_agent = true\n"), 1)
        };
        let pair = (Kind::Console, kind);
        let between = Between::with(Platform::Certainly, pair, requires).await;
        assert!(between.bot.asks(&between.bridge, ("u1", "first")).await);
        let conversation = between.falls_back().await;
        between.goes_on(&conversation).await;
        between.bridge.stop().await;
    }
}

#[tokio::test]
async fn a_desk_that_loses_the_conversation_twice_gives_way_to_one_of_another_kind() {
    for pair in PAIRS {
        let between = Between::start(Platform::Chatlayer, pair).await;
        let (bot, bridge) = (&between.bot, &between.bridge);
        assert!(bot.asks(bridge, ("u1", "first")).await);
        until("the desk has it", async || {
            between.first.conversation(bridge, "u1").await.is_some()
        })
        .await;
        between.first.stub().set_down(Some(410));
        bot.user_says(bridge, ("u1", 1)).await;
        let conversation = between.falls_back().await;
        let past = between.second.past(bridge, "u1").await;
        let heard = between.second.heard(bridge, &conversation).await.join(" ");
        assert!(
            past.contains("u1 1") || heard.contains("u1 1"),
            "{past} {heard}"
        );
        bridge.stop_at_once();
    }
}
