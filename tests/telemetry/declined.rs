//! Why a request was declined stands in the log: of a user of whom nothing is kept it stands nowhere else.

use serde_json::{Value, json};

use crate::{
    bridge::{World, offload},
    until,
    vendors::Answer,
};

#[tokio::test]
async fn each_declined_request_leaves_a_line_with_our_reason_and_the_desk_that_was_asked() {
    let world = World::new().await;
    let (caller, process) = world.start_process().await;
    world
        .desk
        .answer_next([Answer::Refuse, Answer::Status(400)]);
    assert!(!caller.asks_for_an_agent("ann").await);
    assert!(!caller.asks_for_an_agent("ben").await);
    let both = json!([
        {"bot": "webshop", "desk": "live", "reason": "desk"},
        {"bot": "webshop", "desk": "live", "reason": "not_taken"},
    ]);
    until(async || told(&process.lines()) == both).await;
}

#[tokio::test]
async fn a_request_of_nobody_known_that_no_desk_was_asked_for_leaves_a_line_too() {
    let mut world = World::new().await;
    world.settings = "kinds.webhook = { enabled = false }".to_owned();
    let (caller, process) = world.start_process().await;
    let mut silent = offload("ann", "");
    silent["transcript"] = json!([]);
    let (status, answer) = caller.post_hook(&silent).await;
    assert_eq!(status, 200);
    assert!(answer.contains("\"offloadSuccess\":false"), "{answer}");
    let one = json!([{"bot": "webshop", "reason": "desk_disabled"}]);
    until(async || told(&process.lines()) == one).await;
}

/// What the lines about declined requests tell, without what every line has.
fn told(lines: &[Value]) -> Value {
    let of_requests = lines
        .iter()
        .filter(|line| line["message"] == "a request was declined");
    let fields = of_requests.map(|line| {
        let mut line = line.clone();
        let fields = line.as_object_mut().unwrap();
        for common in ["timestamp", "level", "message", "target", "spans"] {
            fields.remove(common);
        }
        line
    });
    fields.collect()
}
