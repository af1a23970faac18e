//! Dead letters as an operator meets them: in the list of the command line, in the log, and gone again.

use std::process::Output;

use serde_json::Value;

use crate::{
    accepted, agent_says,
    bridge::World,
    handover_of, of_type, texts, until,
    vendors::{Answer, Call},
};

#[tokio::test]
async fn dead_letters_are_listed_sent_again_under_their_ids_or_given_up() {
    let world = World::new().await;
    let (bridge, process) = world.start_process().await;
    assert_eq!(bridge.offload("s1").await, accepted());
    for number in [1, 2] {
        let before = world.desk.calls().len();
        world.desk.answer_next([Answer::Status(422)]);
        bridge.say("s1", number).await;
        // The message, and the line in its place.
        let two_more = |calls: &[Call]| calls.len() == before + 2;
        world.desk.until("the line", two_more).await;
    }
    let dead = ids(&process
        .run(&["deliveries", "list", "--state", "dead"])
        .await);
    let refused: Vec<_> = world
        .desk
        .calls()
        .iter()
        .filter(|call| call.status == 422)
        .map(|call| call.id.clone())
        .collect();
    assert_eq!(dead, refused, "the id of a delivery is its webhook-id");
    let [first, second] = dead.try_into().unwrap();

    let printed = stdout(&process.run(&["deliveries", "retry", &first]).await);
    assert_eq!(
        printed,
        format!("{first} is sent again, at once or when its destination takes calls again\n")
    );
    let again = |calls: &[Call]| calls.iter().filter(|call| call.id == first).count() == 2;
    let calls = world.desk.until("it once more", again).await;
    let last = calls.last().unwrap();
    assert_eq!(
        (texts(std::slice::from_ref(last))[0], last.id.as_str()),
        ("message 1", &*first)
    );

    let printed = stdout(&process.run(&["deliveries", "skip", &second]).await);
    assert_eq!(printed, format!("{second} is given up\n"));
    let left = stdout(
        &process
            .run(&["deliveries", "list", "--state", "dead"])
            .await,
    );
    assert_eq!(left, "no deliveries\n");
    let twice = process.run(&["deliveries", "skip", &second]).await;
    assert!(!twice.status.success(), "{twice:?}");

    let handover = handover_of(&calls);
    world.platform.answer_next([Answer::Status(422)]);
    assert_eq!(bridge.desk_says(&handover, agent_says("bad")).await, 202);
    let failed = |calls: &[Call]| of_type(calls, "message.failed") == 1;
    world.desk.until("the failure", failed).await;
    assert_eq!(bridge.warnings("dead_letter").await, 3);

    // The desk may hear of it before the log does.
    until(async || dead_letters(&process.lines()).len() == 3).await;
    let logged = dead_letters(&process.lines());
    let [one, two, three] = logged.try_into().unwrap();
    assert_eq!([&one.0, &two.0], [&first, &second], "each once");
    assert_eq!(
        [one.1, two.1, three.1],
        ["desk:live", "desk:live", "bot:webshop"]
    );

    drop(process);
    let changes =
        world.rows("SELECT action || ' ' || subject FROM audit WHERE actor = 'admin' ORDER BY row");
    assert_eq!(
        changes,
        [
            format!("deliveries.retry {first}"),
            format!("deliveries.skip {second}")
        ]
    );
}

/// Id and destination of each dead letter that was logged.
fn dead_letters(lines: &[Value]) -> Vec<(String, String)> {
    let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let dead = lines
        .iter()
        .filter(|line| line["message"] == "a delivery is a dead letter");
    dead.inspect(|line| {
        assert_eq!(
            (&line["level"], &line["error.class"]),
            (&"WARN".into(), &"rejected".into())
        );
    })
    .map(|line| (field(line, "delivery.id"), field(line, "destination")))
    .collect()
}

/// The first column of a table, without its head.
fn ids(output: &Output) -> Vec<String> {
    let printed = stdout(output);
    let rows = printed.lines().skip(1);
    rows.filter_map(|row| row.split_whitespace().next().map(ToOwned::to_owned))
        .collect()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
