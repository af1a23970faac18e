//! What a route asks for, so that agents find the conversation.

use super::{opening::*, *};

/// Of a conversation that its route wants urgent and labelled, of which these are the answers.
async fn sorted(answers: [(&'static str, String); 2]) -> Vec<(String, Value)> {
    let mut job = open();
    let options = json!({"team": 3, "priority": "urgent", "labels": ["vip"]});
    job.about.handover.options = options.as_object().unwrap().clone();
    let [priority, labels] = answers;
    let answers = [
        listed(&[contact()]),
        listed(&[]),
        made_conversation(),
        priority,
        labels,
        nothing(),
        nothing(),
    ];
    let (calls, done) = asked(&job, &answers).await;
    is_opened(done);
    calls
}

#[tokio::test]
async fn agents_find_it_where_the_route_wants_it() {
    let calls = sorted([nothing(), nothing()]).await;
    assert_eq!(calls[2].1["team_id"], 3);
    let asked = |path: &str, body| (format!("POST conversations/42/{path}"), body);
    assert_eq!(
        calls[3..5],
        [
            asked("toggle_priority", json!({"priority": "urgent"})),
            asked("labels", json!({"labels": ["vip"]})),
        ]
    );
}

#[tokio::test]
async fn a_user_waits_for_no_label() {
    let old = || ("404 Not Found", String::new());
    assert_eq!(sorted([old(), old()]).await.len(), 7);
}
