//! What goes: with an erasure, or after its time.

use super::*;

/// Deleted rows lie about in a file in more ways than one: in free pages, in older versions of a page, and in the unused
/// part of pages that were split or joined.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_user_is_in_none_of_the_files_however_much_was_written_before_and_after() {
    let files = Files::new();
    let folder = files.0.path().join("data");
    let world = World::new(files).await;
    for round in 0..12 {
        let says = (0..60).map(|user| {
            let name = if user % 3 == 0 { "canary" } else { "linnet" };
            // Of every size, so that rows leave their pages and come back.
            let text = format!("{name} ").repeat(1 + (user * 7 + round * 131) % 900);
            let user = format!("{:x}-{name}-{user}", user * 7919 % 60);
            let step = Step {
                profile: Some(profile(&text)),
                ..says(&user, &text)
            };
            world.apply(step)
        });
        futures_util::future::join_all(says).await;
    }
    assert!(holding(&folder, "canary") > 0);
    for user in (0..60).step_by(3) {
        let name = format!("{:x}-canary-{user}", user * 7919 % 60);
        let whose = Whose {
            named: vec![Named::Key(name)],
            bot: None,
            version: None,
        };
        let begun = world.store.erase(whose, false, "admin").await.unwrap();
        assert_eq!(begun.conversations, 1);
    }
    while world.store.go_on_erasing(7).await.unwrap() != Erased::All {}
    assert_eq!(holding(&folder, "canary"), 0);
    assert!(holding(&folder, "linnet") > 0);
    world.store.close().await;
    assert_eq!(holding(&folder, "canary"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_whose_bot_nobody_knows_keeps_what_it_has() {
    let mut policy = policy();
    policy.bots.clear();
    let world = World::with(Files::new(), policy).await;
    for (at_platform, kept) in [(true, 1), (false, 0)] {
        world.user_says("ann", "hello").await;
        let whose = Whose {
            named: vec![Named::Key("ann".to_owned())],
            bot: None,
            version: None,
        };
        let begun = world
            .store
            .erase(whose, at_platform, "admin")
            .await
            .unwrap();
        while world.store.go_on_erasing(9).await.unwrap() != Erased::All {}
        let done = world.store.erasure(begun.id).await.unwrap().unwrap();
        assert_eq!((done.platform_deleted, done.platform_kept), (0, kept));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_is_not_finished_while_a_reader_keeps_the_log() {
    let (world, path) = with_file().await;
    world.user_says("ann", "canary").await;
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM messages")
        .unwrap();
    let mut statement = reader.prepare("SELECT row FROM messages").unwrap();
    let mut rows = statement.query([]).unwrap();
    assert!(rows.next().unwrap().is_some());
    let whose = Whose {
        named: vec![Named::Key("ann".to_owned())],
        bot: None,
        version: None,
    };
    let begun = world.store.erase(whose, false, "admin").await.unwrap();
    let mut turn = Erased::More;
    while turn == Erased::More {
        turn = world.store.go_on_erasing(100).await.unwrap();
    }
    assert_eq!(turn, Erased::Waits);
    // Meanwhile everybody else goes on.
    tokio::join!(
        async {
            for _ in 0..5 {
                assert_eq!(world.store.go_on_erasing(100).await.unwrap(), Erased::Waits);
            }
        },
        async {
            for number in 0..100 {
                world.user_says("bea", &format!("text {number}")).await;
            }
        }
    );
    let seen = world.store.erasure(begun.id).await.unwrap().unwrap();
    assert_eq!(
        (seen.left, seen.finished_at),
        (0, None),
        "the rows are gone"
    );
    drop(rows);
    drop(statement);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(world.store.go_on_erasing(100).await.unwrap(), Erased::All);
    assert_eq!(holding(path.parent().unwrap(), "canary"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_chats_that_only_the_bot_had_are_gone_after_their_time_in_small_steps() {
    let (world, path) = with_file().await;
    chats(&world).await;
    assert_eq!(rows_of(&path, "messages"), 20_000);
    let day = Duration::from_hours(24);
    let retention = Retention {
        observed: day,
        keys: 8 * day,
        ..keep()
    };
    world.wait(day + Duration::from_millis(1));
    let mut turns = 0;
    loop {
        let removed = world.store.purge(retention, 500).await.unwrap();
        assert!(removed <= 600, "a step of {removed} rows");
        if removed == 0 {
            break;
        }
        turns += 1;
    }
    assert!(turns >= 50, "{turns} turns");
    for table in [
        "conversations",
        "messages",
        "journal",
        "deliveries",
        "echoes",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
    assert_eq!(rows_of(&path, "keys"), 20_000, "a repeat is still known");
    world.wait(8 * day);
    while world.store.purge(retention, 500).await.unwrap() > 0 {}
    assert_eq!(rows_of(&path, "keys"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_chats_leave_no_row_where_nothing_may_be_observed() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        ..policy()
    };
    let world = World::with(files, silent).await;
    chats(&world).await;
    let raw = "{}".to_owned();
    let unknown = Incoming {
        event: Event::PlatformUnknown { raw },
        keys: Vec::new(),
    };
    world.apply(step("ann", vec![unknown])).await;
    for table in [
        "conversations",
        "messages",
        "keys",
        "journal",
        "deliveries",
        "echoes",
        "unknown_events",
        "handovers",
        "legs",
        "warnings",
        "audit",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
}

#[tokio::test]
async fn where_nothing_is_observed_handovers_are_kept_whole_also_over_a_restart() {
    let files = Files::new();
    let path = files.0.path().join("data").join("handover.db");
    let silent = Policy {
        observe: false,
        ..policy()
    };
    let mut world = World::with(files, silent).await;
    world.apply(says("ann", "to the bot")).await;
    let handover = world.waiting("ann").await;
    world.apply(says("ann", "one")).await;
    world.store.close().await;
    world.reopen().await;
    world.apply(says("ann", "two")).await;
    let said = |transcript: Vec<(u64, String)>| -> Vec<String> {
        transcript.into_iter().map(|(_, text)| text).collect()
    };
    assert_eq!(said(world.transcript(handover).await), ["one", "two"]);
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    world.wait(Duration::from_mins(10));
    world.apply(says("ann", "to the bot again")).await;
    assert_eq!(rows_of(&path, "messages"), 2);
    let again = world.waiting("ann").await;
    world.apply(says("ann", "three")).await;
    assert_eq!(said(world.transcript(again).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_conversation_goes_with_the_last_that_is_kept_of_it_also_if_the_bot_spoke_after_the_handover()
 {
    let (world, path) = with_file().await;
    let handover = world.waiting("ann").await;
    world.closes(handover).await;
    let resume = world.claim(&bot()).await.unwrap();
    world.done(resume).await;
    let day = Duration::from_hours(24);
    let retention = Retention {
        transcripts: 10 * day,
        delivered: day,
        dead_letters: day,
        ..keep()
    };
    world.wait(5 * day);
    world.user_says("ann", "and later").await;
    for _ in 0..2 {
        world.wait(8 * day);
        while world.store.purge(retention, 99).await.unwrap() > 0 {}
    }
    for table in [
        "conversations",
        "messages",
        "handovers",
        "legs",
        "journal",
        "deliveries",
    ] {
        assert_eq!(rows_of(&path, table), 0, "{table}");
    }
}

#[tokio::test]
async fn what_operators_were_told_goes_too() {
    let (world, path) = with_file().await;
    let warning = Warning {
        kind: WarningKind::DeadLetter,
        subject: "a handover".to_owned(),
    };
    world.store.warn(warning).await.unwrap();
    let day = Duration::from_hours(24);
    let retention = Retention {
        dead_letters: day,
        ..keep()
    };
    world.wait(day);
    world.store.purge(retention, 99).await.unwrap();
    assert_eq!(rows_of(&path, "warnings"), 1);
    world.wait(Duration::from_millis(1));
    world.store.purge(retention, 99).await.unwrap();
    assert_eq!(rows_of(&path, "warnings"), 0);
}

/// Ten thousand users who say something and are answered by the bot.
async fn chats(world: &World) {
    for many in 0..40 {
        let chats = (0..250).map(|one| {
            let user = format!("user-{many}-{one}");
            let keys = |id: &str| vec![DedupeKey::message_id(&key(&user), id)];
            let events = vec![
                user_said("hello", keys("1")),
                Incoming {
                    keys: keys("2"),
                    ..bot_said("good day")
                },
            ];
            world.apply(step(&user, events))
        });
        futures_util::future::join_all(chats).await;
    }
}

fn profile(name: &str) -> Profile {
    Profile {
        user: UserProfile {
            first_name: Some(name.to_owned()),
            ..UserProfile::default()
        },
        ..Profile::default()
    }
}

/// How often a word stands in the files of a folder.
fn holding(folder: &Path, word: &str) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    let count = |file: PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        let windows = bytes.windows(word.len());
        windows.filter(|window| *window == word.as_bytes()).count()
    };
    files.map(|entry| count(entry.unwrap().path())).sum()
}
