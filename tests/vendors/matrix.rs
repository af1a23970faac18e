//! Every bot platform on every kind of desk, several of each at once.

use futures_util::future::join_all;

use crate::{
    bridge::Bridge,
    desk::{Desk, Kind},
    person::{ACTS, Page},
    platform::{Bot, Platform},
    until,
};

const BOTS: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
const DESKS: [&str; 10] = [
    "red", "blue", "green", "black", "white", "brown", "grey", "pink", "amber", "olive",
];

/// Two bots of each platform, two desks of each kind, and a route from each bot to each desk.
pub async fn everybody() -> (Vec<Bot>, Vec<Desk>) {
    let platforms = Platform::ALL.into_iter().flat_map(|one| [one, one]);
    let kinds = Kind::ALL.into_iter().flat_map(|one| [one, one]);
    let bots = BOTS.into_iter().zip(platforms);
    let desks = DESKS.into_iter().zip(kinds);
    (
        join_all(bots.map(|(name, platform)| Bot::start(name, platform))).await,
        join_all(desks.map(|(name, kind)| Desk::start(name, kind))).await,
    )
}

pub fn settings(bots: &[Bot], desks: &[Desk]) -> String {
    let routes = desks.iter().map(|desk| {
        let name = desk.name;
        format!("[[routes]]\nwhen = {{ \"payload.desk\" = \"{name}\" }}\ndesk = \"{name}\"\n")
    });
    // On a busy machine not every desk has answered in time; the bot is not to go on because of that.
    let in_doubt = "[handover]\nwhen_unsure = \"accept\"\n".to_owned();
    std::iter::once(in_doubt)
        .chain(bots.iter().map(Bot::config))
        .chain(desks.iter().map(Desk::config))
        .chain(routes)
        .collect()
}

/// One conversation, there and back, with some messages each way.
async fn passage(bridge: &Bridge, (bot, desk): (&Bot, &Desk)) {
    let user = format!("{}-{}", bot.name, desk.name);
    assert!(bot.asks(bridge, (&user, desk.name)).await, "{user}");
    until("the desk has it", async || {
        desk.conversation(bridge, &user).await.is_some()
    })
    .await;
    let conversation = desk.conversation(bridge, &user).await.unwrap();
    assert!(
        desk.past(bridge, &user)
            .await
            .contains(&format!("help {user}"))
    );
    for number in 1..=3 {
        bot.user_says(bridge, (&user, number)).await;
    }
    let told: Vec<_> = (1..=3).map(|number| format!("{user} {number}")).collect();
    until("the desk hears all", async || {
        desk.heard(bridge, &conversation).await.len() >= 3
    })
    .await;
    assert_eq!(desk.heard(bridge, &conversation).await, told);
    let answers = ["one", "two"].map(|word| format!("{word} for {user}"));
    for answer in &answers {
        desk.says(bridge, (&conversation, answer)).await;
    }
    until("the user hears all", async || bot.said(&user).len() >= 2).await;
    assert_eq!(bot.said(&user), answers);
    desk.closes(bridge, &conversation).await;
    until("the bot speaks again", async || bot.is_resumed(&user)).await;
}

#[tokio::test]
async fn every_bot_carries_conversations_to_every_desk_and_back() {
    let (bots, desks) = everybody().await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    let pairs = bots
        .iter()
        .flat_map(|bot| desks.iter().map(move |desk| (bot, desk)));
    join_all(pairs.map(|pair| passage(&bridge, pair))).await;

    // Nobody was shown what is another's.
    let secrets: Vec<_> = bots
        .iter()
        .map(|bot| (bot.name, bot.secret()))
        .chain(
            desks
                .iter()
                .filter_map(|desk| Some((desk.name, desk.secret()?))),
        )
        .collect();
    let mut seen: Vec<_> = bots.iter().map(|bot| (bot.name, bot.seen())).collect();
    for desk in &desks {
        seen.push((desk.name, desk.seen(&bridge).await));
    }
    for (name, calls) in seen {
        assert!(!calls.is_empty());
        for whole in calls {
            let others = secrets.iter().filter(|(owner, _)| *owner != name);
            for (owner, secret) in others {
                assert!(
                    !whole.contains(secret),
                    "{name} has seen the secret of {owner}"
                );
            }
        }
    }
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_desk_tells_of_anothers_conversation_reaches_nobody() {
    let (bots, desks) = everybody().await;
    let bridge = Bridge::start(&settings(&bots, &desks)).await;
    let bot = &bots[0];
    for desk in &desks {
        let user = format!("user-{}", desk.name);
        assert!(bot.asks(&bridge, (&user, desk.name)).await);
        until("the desk has it", async || {
            desk.conversation(&bridge, &user).await.is_some()
        })
        .await;
    }
    for kind in Kind::ALL {
        let pair: Vec<_> = desks.iter().filter(|desk| desk.kind == kind).collect();
        let [own, other] = pair[..] else {
            panic!("two of each kind")
        };
        let user = format!("user-{}", own.name);
        let conversation = own.conversation(&bridge, &user).await.unwrap();
        match kind {
            Kind::Webhook => {
                let token = format!("token-of-the-desk-{}", other.name);
                let event = serde_json::json!({"type": "closed"});
                let (status, _) = bridge.tell((&conversation, &token), &event).await;
                assert_eq!(status, 404);
            }
            Kind::Console => {
                // What is asked for on the page of one names the handover of the other.
                let ann = bridge.ann().await;
                let theirs = format!("user-{}", other.name);
                let mixed = Page {
                    path: other.conversation(&bridge, &theirs).await.unwrap(),
                    body: ann.reads(&conversation).await,
                };
                for (act, fields) in ACTS {
                    let (status, shown) = ann.tries(&mixed, act, fields).await;
                    assert_eq!(status, 409, "{act}");
                    assert!(shown.contains("This handover is over"), "{act}");
                }
                for page in [&conversation, &mixed.path] {
                    assert!(ann.reads(page).await.contains("Nobody has claimed"));
                }
            }
            // Both count from one: it is its own conversation of that number that it speaks of.
            Kind::Template | Kind::AivoLive | Kind::Chatwoot => {
                other
                    .says(&bridge, (&conversation, "for its own user"))
                    .await;
                let theirs = format!("user-{}", other.name);
                until("their user hears it", async || {
                    !bot.said(&theirs).is_empty()
                })
                .await;
            }
        }
        assert!(bot.said(&user).is_empty());
        assert!(!bot.is_resumed(&user));
    }
    bridge.stop().await;
}
