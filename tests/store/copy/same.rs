//! What people and programs see of a store is the same before and after.

use std::time::Duration;

use handover_bridge::{
    domain::{
        delivery::Task,
        effect::{Warning, WarningKind},
        event::{Event, Feed, Incoming, PlatformMessage},
        ids::{ConversationId, OperatorName},
        message::{Content, MediaKind},
        operator::Action,
        policy::PausedBecause,
        time::Timestamp,
    },
    store::{
        ConsoleStore, DeliveryFilter, InboxList, InboxQuery, Named, NewAudit, Pause, Session,
        SessionId, Whose,
    },
};

use super::Moved;
use crate::world::{World, bot, bot_said, ines, says, says_once, step, team, text, tom};

const MINUTE: Duration = Duration::from_mins(1);
const USERS: [&str; 6] = ["ann", "bea", "cem", "dov", "eve 🙂", "fay"];

/// Everything there is: open and ended handovers, notes, dead letters, repeats, files, odd texts, a pause, sessions.
async fn filled() -> (World, Moved) {
    let moved = Moved::new();
    let world = World::new(moved.clone()).await;
    world
        .apply(step("fay", vec![bot_said("hello"), media()]))
        .await;
    for user in USERS.into_iter().take(5) {
        world.apply(says(user, "before")).await;
    }
    let mut waiting = Vec::new();
    for user in ["ann", "bea", "cem"] {
        waiting.push(world.waiting(user).await);
        for text in ["it's \"quoted\" \\ 🙂", "nul \0 and \u{fffd}", "end\n\t"] {
            world.user_says(user, text).await;
        }
    }
    world.apply(says_once("ann", "1", "once")).await;
    let handover = world.request("dov").await;
    let text = "for colleagues".to_owned();
    world
        .operate("dov", &ines(), Action::Note { handover, text })
        .await;
    let of_eve = world.waiting("eve 🙂").await;
    world.agent_says(of_eve, "good morning").await;
    let said = world.claim(&bot()).await.unwrap();
    world.dies(said).await;
    world.closes(of_eve).await;
    while let Some(resume) = world.claim(&bot()).await {
        world.done(resume).await;
    }
    let late = world.claim_of(&team(), waiting[1]).await;
    world.fails_for(late, MINUTE).await;
    world
        .store
        .warn(Warning {
            kind: WarningKind::NotErased,
            subject: "somebody".into(),
        })
        .await
        .unwrap();
    let pause = Pause {
        until: world.clock.now().plus(MINUTE),
        because: PausedBecause::RateLimited,
    };
    world.store.pause(&bot(), Some(pause)).await.unwrap();
    let session = Session {
        id: SessionId([7; 32]),
        operator: tom(),
        begun_at: world.clock.now(),
        seen_at: world.clock.now(),
    };
    world.store.begin_session(session).await.unwrap();
    let entry = NewAudit {
        actor: "ines".to_owned(),
        action: "signed in",
        subject: "ines".to_owned(),
    };
    world.store.keep_audit(entry).await.unwrap();
    let ann = world.conversation("ann").await;
    world.store.mark_read(ann, &ines(), 2).await.unwrap();
    (world, moved)
}

fn media() -> Incoming {
    let content = Content::Media {
        kind: MediaKind::Image,
        url: "https://files.example.com/a%20b.png".to_owned(),
        name: Some("a b.png".to_owned()),
        caption: Some("eine Katze".to_owned()),
    };
    let said = PlatformMessage {
        at: None,
        content,
        raw: Some("{\"raw\": \"\\u0000\"}".to_owned()),
        feed: Feed::Only,
    };
    Incoming {
        event: Event::UserSaid(said),
        keys: Vec::new(),
    }
}

/// All that can be asked, but for versions, which grow.
async fn seen(store: &dyn ConsoleStore, conversations: &[ConversationId]) -> Vec<String> {
    let mut seen = Vec::new();
    for list in [
        InboxList::Waiting,
        InboxList::Mine,
        InboxList::Open,
        InboxList::WithBot,
        InboxList::Closed,
    ] {
        let rows = store.inbox(query(list, ines())).await.unwrap().items;
        seen.extend(rows.into_iter().map(|mut row| {
            row.version = 0;
            format!("{list:?} {row:?}")
        }));
    }
    for id in conversations {
        let view = store.conversation(*id, None, 100).await.unwrap();
        let mut view = view.expect("it is kept");
        view.version = 0;
        seen.push(format!("{view:?}"));
    }
    let all = DeliveryFilter {
        limit: 1000,
        ..DeliveryFilter::default()
    };
    let deliveries = store.deliveries(all).await.unwrap().items;
    seen.extend(deliveries.into_iter().map(|view| format!("{view:?}")));
    seen.push(format!("{:?}", store.inbox_counts(&ines()).await.unwrap()));
    seen.push(format!("{:?}", store.warnings().await.unwrap()));
    seen.push(format!(
        "{:?}",
        store.audit_trail(None, 100).await.unwrap().items
    ));
    for mut standing in store.standings().await.unwrap() {
        // Of this process's calls alone.
        (standing.last_success, standing.last_error) = (None, None);
        seen.push(format!("{standing:?}"));
    }
    seen.push(format!("{:?}", store.census().await.unwrap()));
    seen.push(format!("{:?}", store.names_in_use().await.unwrap()));
    let since = Timestamp::from_millis(0);
    seen.push(format!("{:?}", store.sessions_since(since).await.unwrap()));
    seen
}

fn query(list: InboxList, operator: OperatorName) -> InboxQuery {
    InboxQuery {
        list,
        operator,
        bot: None,
        desk: None,
        text: None,
        after: None,
        limit: 100,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_says_the_same_of_itself_before_and_after() {
    let (mut world, _) = filled().await;
    let mut conversations = Vec::new();
    for user in USERS {
        conversations.push(world.conversation(user).await);
    }
    let before = seen(&*world.store, &conversations).await;
    assert!(before.len() > 30, "{before:#?}");
    world.reopen().await;
    let after = seen(&*world.store, &conversations).await;
    for (before, after) in before.iter().zip(&after) {
        // As a column of the database has it.
        let before = before.replace("\\0", "\u{fffd}");
        assert_eq!(after.replace("\\0", "\u{fffd}"), before);
    }
    assert_eq!(after.len(), before.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_goes_out_in_its_order_and_a_repeat_is_one() {
    let (mut world, _) = filled().await;
    world.reopen().await;
    world.wait(MINUTE * 2);
    let first = world.claim(&team()).await.unwrap();
    assert!(
        matches!(first.job.task, Task::Open { .. }),
        "a platform waits for it"
    );
    world.done(first).await;
    let (ann, bea) = (
        world.conversation("ann").await,
        world.conversation("bea").await,
    );
    let claims = world.claims(&team(), 100).await;
    world.apply(says_once("ann", "1", "once")).await;
    world.user_says("ann", "after").await;
    let (mut texts, mut of_bea) = (Vec::new(), Vec::new());
    for claim in claims {
        let mut next = Some(claim);
        while let Some(claim) = next {
            match claim.job.about.conversation {
                id if id == ann => texts.push(text(&claim)),
                id if id == bea => of_bea.push(text(&claim)),
                _ => {}
            }
            next = world.done(claim).await;
        }
    }
    let wanted = [
        "it's \"quoted\" \\ 🙂",
        "nul \0 and \u{fffd}",
        "end\n\t",
        "once",
        "after",
    ];
    assert_eq!(texts, wanted);
    assert_eq!(of_bea, wanted[..3]);
    let erased = Whose {
        named: vec![Named::Key("eve 🙂".to_owned())],
        bot: None,
        version: None,
    };
    let erasure = world.store.erase(erased, false, "admin").await.unwrap();
    assert_eq!(erasure.conversations, 1, "also by an id with a character 0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_alone_has_follows_from_the_rest() {
    let (mut world, moved) = filled().await;
    world.reopen().await;
    let says = |sql: &str| moved.database.says(sql);
    let wrong = "SELECT count(*) FROM deliveries WHERE awaited <> (task::JSON->>'do' IN ('open', 'look_up'))";
    assert_eq!(says(wrong), "0\n");
    assert_ne!(says("SELECT count(*) FROM deliveries WHERE awaited"), "0\n");
    let heads = "SELECT DISTINCT ON (lane) lane, destination, id, \
                 CASE WHEN awaited AND state = 'pending' THEN 0 ELSE due_at END \
                 FROM deliveries WHERE settled_at IS NULL ORDER BY lane, urgent DESC, ord";
    let lanes = "SELECT id, destination, head, due_at FROM lanes ORDER BY id";
    assert_eq!(says(lanes), says(heads));
    assert_ne!(says(lanes), "");
    let desks = "SELECT count(*) FROM conversations WHERE at_desk IS DISTINCT FROM \
                 (SELECT h.desk FROM handovers h WHERE h.conversation = conversations.id AND h.ended_at IS NULL)";
    assert_eq!(says(desks), "0\n", "no handover is closing");
}
