use serde_json::json;

use super::*;

fn written(body: &impl Serialize) -> Value {
    serde_json::to_value(body).unwrap()
}

#[test]
fn an_agents_words_are_the_documented_sample() {
    let sample = include_str!("../../../../tests/samples/certainly/agent-message.request.json");
    let content = Content::text("Hello from Agent!");
    let body = AgentMessage::new(&content).unwrap();
    assert_eq!(
        written(&body),
        serde_json::from_str::<Value>(sample).unwrap()
    );
}

#[test]
fn what_is_no_text_is_not_said_by_halves() {
    let intro = Content::Intro {};
    assert!(AgentMessage::new(&intro).is_err());
    assert!(TriggerMessage::new(&intro, "u").is_err());
}

#[test]
fn a_module_is_named_by_a_number_where_it_is_one() {
    let body = |module| written(&TriggerResponse::new("u", module, Map::new()));
    assert_eq!(
        body("1068935"),
        json!({"user_id": "u", "module_id": 1_068_935, "wait_time": 0, "custom_vars": {}, "is_async": true})
    );
    assert_eq!(body("welcome")["module_id"], "welcome");
}

#[test]
fn only_an_answer_that_says_so_is_a_refusal() {
    let rows = [
        (r#"{"message":"1","error":[]}"#, Verdict::Taken),
        (
            r#"{"error":"Bot user with this id does not exist","message":null}"#,
            Verdict::UnknownUser,
        ),
        (
            r#"{"error":"text is missing","message":null}"#,
            Verdict::Refused,
        ),
        (r#"{"error":["text is missing"]}"#, Verdict::Refused),
        (r#"{"error":"a remark","message":"1"}"#, Verdict::Taken),
        ("{}", Verdict::Taken),
        ("[1]", Verdict::Taken),
        ("<html>", Verdict::Taken),
        ("", Verdict::Taken),
    ];
    for (answer, verdict) in rows {
        assert_eq!(Verdict::of(answer.as_bytes()), verdict, "{answer}");
    }
}
