//! The console beside desks that are called: whoever is there sees all handovers, and answers those of the console.

use futures_util::future::join_all;

use crate::{
    bridge::Bridge,
    desk::{Desk, Kind},
    matrix::{everybody, settings},
    person::ACTS,
    platform::Bot,
    until,
};

/// An agent of the desk has said one thing to the user. Gives what the desk knows the conversation by.
async fn attended(bridge: &Bridge, (bot, desk): (&Bot, &Desk), user: &str) -> String {
    assert!(bot.asks(bridge, (user, desk.name)).await);
    until("the desk has it", async || {
        desk.conversation(bridge, user).await.is_some()
    })
    .await;
    let conversation = desk.conversation(bridge, user).await.unwrap();
    let answer = format!("one for {user}");
    desk.says(bridge, (&conversation, &answer)).await;
    until("the user hears it", async || bot.said(user) == [&*answer]).await;
    conversation
}

/// An agent of the desk has the user, and somebody at the console acts as if it were theirs.
async fn meddle(bridge: &Bridge, (bot, desk): (&Bot, &Desk)) {
    let user = format!("{}-{}", bot.name, desk.name);
    let conversation = attended(bridge, (bot, desk), &user).await;

    let ann = bridge.ann().await;
    let page = ann.finds((&user, desk.name)).await.unwrap();
    let why = format!("This conversation is at the desk {}", desk.name);
    assert!(page.body.contains("This conversation is at the desk"));
    assert!(!page.body.contains("/claim\""));
    let answering = ["claim", "reply", "assign"];
    for (act, fields) in ACTS.iter().filter(|(act, _)| answering.contains(act)) {
        let (status, shown) = ann.tries(&page, act, fields).await;
        assert_eq!(status, 409, "{act} at {}", desk.name);
        assert!(shown.contains(&why), "{act} at {}: {shown}", desk.name);
    }

    bot.user_says(bridge, (&user, 1)).await;
    let answers = ["one", "two"].map(|word| format!("{word} for {user}"));
    desk.says(bridge, (&conversation, &answers[1])).await;
    until("the desk hears the user", async || {
        !desk.heard(bridge, &conversation).await.is_empty()
    })
    .await;
    until("the user hears all", async || bot.said(&user).len() >= 2).await;
    assert_eq!(bot.said(&user), answers);
    let turns = ann.turns(&page.path).await;
    let by_agents = turns.iter().filter(|(by, _)| by == "agent");
    assert!(by_agents.map(|(_, text)| text).eq(&answers), "{turns:?}");
    assert_eq!(
        desk.heard(bridge, &conversation).await,
        [format!("{user} 1")]
    );
    assert!(desk.dismissal(&conversation).is_none() && !bot.is_resumed(&user));
    desk.closes(bridge, &conversation).await;
    until("the bot speaks again", async || bot.is_resumed(&user)).await;
}

/// Somebody at the console ends what an agent elsewhere is busy with.
async fn end(bridge: &Bridge, (bot, desk): (&Bot, &Desk)) {
    let user = format!("ended-{}-{}", bot.name, desk.name);
    let conversation = attended(bridge, (bot, desk), &user).await;
    let ann = bridge.ann().await;
    let page = ann.finds((&user, desk.name)).await.unwrap();
    ann.does(&page.path, "close", &[("reason", "solved")]).await;
    until("the bot speaks again", async || bot.is_resumed(&user)).await;
    until("the desk is told", async || {
        desk.dismissal(&conversation).as_deref() == Some(desk.kind.end("solved"))
    })
    .await;
    let late = format!("late for {user}");
    desk.says_too_late(bridge, (&conversation, &late)).await;
    desk.closes_too_late(bridge, &conversation).await;
    let turns = ann.turns(&page.path).await;
    let kept = turns.iter().any(|(_, text)| *text == late);
    assert_eq!(kept, desk.kind != Kind::Webhook, "{turns:?}");
    assert_eq!(bot.said(&user), [format!("one for {user}")]);
}

#[tokio::test]
async fn an_act_at_the_console_on_another_desks_handover_changes_nothing() {
    let (bots, desks) = everybody().await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    let called = desks.iter().filter(|desk| desk.is_called());
    let pairs = called.flat_map(|desk| bots.iter().map(move |bot| (bot, desk)));
    join_all(pairs.map(|pair| meddle(&bridge, pair))).await;
    bridge.stop().await;
}

#[tokio::test]
async fn whoever_is_at_the_console_may_end_what_is_at_any_desk() {
    let (bots, desks) = everybody().await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    let called = desks.iter().filter(|desk| desk.is_called());
    let pairs = called.flat_map(|desk| bots.iter().map(move |bot| (bot, desk)));
    join_all(pairs.map(|pair| end(&bridge, pair))).await;
    bridge.stop().await;
}
