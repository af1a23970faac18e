//! From a desk of one kind to one of another.

use crate::{
    bridge::Bridge,
    desk::{Desk, Kind},
    matrix::settings,
    platform::{Bot, Platform},
    until,
};

async fn between(first: Kind, second: Kind) -> (Bot, [Desk; 2], Bridge) {
    let bot = Bot::start("alpha", Platform::Chatlayer).await;
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
    let bridge = Bridge::start(&routed).await;
    (bot, desks, bridge)
}

#[tokio::test]
async fn a_desk_that_does_not_take_it_gives_way_to_one_of_another_kind_with_the_whole_past() {
    for (first, second) in [
        (Kind::Webhook, Kind::Template),
        (Kind::Template, Kind::Webhook),
    ] {
        let (bot, [refusing, taking], bridge) = between(first, second).await;
        refusing.stub().set_down(Some(422));
        assert!(bot.asks(&bridge, ("u1", "first")).await);
        until("the other has it", async || {
            taking.conversation(&bridge, "u1").await.is_some()
        })
        .await;
        assert!(
            taking.past(&bridge, "u1").await.contains("help u1"),
            "{first:?}"
        );
        let conversation = taking.conversation(&bridge, "u1").await.unwrap();
        bot.user_says(&bridge, ("u1", 1)).await;
        until("it hears the user", async || {
            !taking.heard(&bridge, &conversation).await.is_empty()
        })
        .await;
        taking.says(&bridge, (&conversation, "Hello")).await;
        until("the user hears it", async || bot.said("u1") == ["Hello"]).await;
        taking.closes(&bridge, &conversation).await;
        until("the bot speaks again", async || bot.is_resumed("u1")).await;
        bridge.stop().await;
    }
}

#[tokio::test]
async fn a_desk_that_loses_the_conversation_twice_gives_way_to_one_of_another_kind() {
    for (first, second) in [
        (Kind::Webhook, Kind::Template),
        (Kind::Template, Kind::Webhook),
    ] {
        let (bot, [losing, taking], bridge) = between(first, second).await;
        assert!(bot.asks(&bridge, ("u1", "first")).await);
        until("the desk has it", async || {
            losing.conversation(&bridge, "u1").await.is_some()
        })
        .await;
        losing.stub().set_down(Some(410));
        bot.user_says(&bridge, ("u1", 1)).await;
        until("the other has it", async || {
            taking.conversation(&bridge, "u1").await.is_some()
        })
        .await;
        let past = taking.past(&bridge, "u1").await;
        let conversation = taking.conversation(&bridge, "u1").await.unwrap();
        let heard = taking.heard(&bridge, &conversation).await.join(" ");
        assert!(past.contains("help u1"), "{past}");
        assert!(
            past.contains("u1 1") || heard.contains("u1 1"),
            "{past} {heard}"
        );
        bridge.stop().await;
    }
}
