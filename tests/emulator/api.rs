//! The API that the bridge calls back.

use handover_bridge::emulator::{BotState, Line, Speaker};
use serde_json::{Value, json};

use crate::stub::{ACCESS_TOKEN, World, say};

#[tokio::test]
async fn all_six_templates_are_shown_as_the_agents_words() {
    let world = World::new().await;
    let session = world.handed_over().await;
    let button = json!({"postBackButton": {"title": "b", "payload": {"nextDialogstateId": "d", "sessionDataToSet": [{"key": "k", "value": "v"}]}}});
    let templates = json!({"sendMessages": [
        {"textMessageTemplate": {"textMessages": [{"text": "one"}, {"text": "two"}]}},
        {"buttonTemplate": {"textMessages": [{"text": "three"}], "buttons": [button, {"urlButton": {"title": "u", "url": "https://example.com"}}, {"phoneNumberButton": {"title": "p", "phoneNumber": "+31"}}]}},
        {"quickReplyTemplate": {"textMessages": [{"text": "four"}], "quickReplies": [{"title": "q", "payload": {}}]}},
        {"carouselTemplate": {"elements": [{"title": "five", "subTitle": "s", "imageUrl": "https://example.com/a.png", "buttons": [button]}]}},
        {"listTemplate": {"size": "LARGE", "button": button, "elements": [{"title": "six", "imageUrl": "https://example.com/a.png", "button": button}]}},
        {"attachmentTemplate": {"media": {"url": "https://example.com/a.png", "type": "image"}}},
    ]});
    assert_eq!(world.act(&session, &templates).await.unwrap().status(), 200);
    let lines = world.user.lines(&session);
    let agent: Vec<&Value> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Said {
                by: Speaker::Agent,
                message,
                ..
            } => Some(message),
            _ => None,
        })
        .collect();
    assert_eq!(agent.len(), 7);
    assert_eq!(agent[1]["text"], "two");
    assert_eq!(agent[2]["attachment"]["payload"]["template_type"], "button");
    assert_eq!(agent[3]["quick_replies"][0]["title"], "q");
    assert_eq!(
        agent[4]["attachment"]["payload"]["template_type"],
        "generic"
    );
    assert_eq!(agent[5]["attachment"]["payload"]["template_type"], "list");
    assert_eq!(agent[6]["attachment"]["type"], "image");
}

#[tokio::test]
async fn wrong_calls_are_told_apart() {
    let world = World::new().await;
    let session = world.talk().await;
    let path = format!("/v1/bots/b1/conversations/{session}/actions?version=DRAFT");
    let hello = say("hello");
    let cases = [
        (path.as_str(), Some("wrong"), hello.clone(), 401),
        (path.as_str(), None, hello.clone(), 401),
        (
            path.as_str(),
            Some(ACCESS_TOKEN),
            json!({"sendMessages": [{"text": "no template"}]}),
            400,
        ),
        (path.as_str(), Some(ACCESS_TOKEN), json!({}), 400),
        (
            "/v1/bots/b1/conversations/emulator-0/actions?version=DRAFT",
            Some(ACCESS_TOKEN),
            hello.clone(),
            404,
        ),
        (
            &path.replace("b1", "b2"),
            Some(ACCESS_TOKEN),
            hello.clone(),
            404,
        ),
        (
            &path.replace("DRAFT", "LIVE"),
            Some(ACCESS_TOKEN),
            hello.clone(),
            404,
        ),
        (
            &path.replace("?version=DRAFT", ""),
            Some(ACCESS_TOKEN),
            hello.clone(),
            400,
        ),
        (
            &format!("{path}&access_token=id%3Asecret"),
            None,
            hello.clone(),
            401,
        ),
        (
            "/api/webview?access_token=id%3Asecret",
            None,
            json!({"botId": "b1", "senderId": session}),
            400,
        ),
        (
            "/api/webview",
            Some(ACCESS_TOKEN),
            json!({"botId": "b1", "senderId": session}),
            401,
        ),
    ];
    for (path, token, body, expected) in cases {
        let mut call = world.http.post(format!("{}{path}", world.root)).json(&body);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        assert_eq!(
            call.send().await.unwrap().status(),
            expected,
            "{path} {token:?} {body}"
        );
    }
    assert_eq!(
        world.user.texts_by(&session, Speaker::Agent),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn the_bots_are_listed_for_whoever_has_the_token() {
    let world = World::new().await;
    let url = format!("{}/v1/bots", world.root);
    assert_eq!(world.http.get(&url).send().await.unwrap().status(), 401);
    let bots: Value = world
        .http
        .get(&url)
        .bearer_auth(ACCESS_TOKEN)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(bots[0]["id"], "b1");
}

#[tokio::test]
async fn the_legacy_call_sets_data_speaks_and_jumps_to_a_dialog() {
    let world = World::new().await;
    let session = world.handed_over().await;
    let call = json!({
        "botId": "b1", "senderId": session,
        "session": {"namespace": "handover", "data": {"reason": "idle"}},
        "action": {"nextDialogstate": "carousel"},
        "messages": [{"type": "text", "config": {"textMessages": [{"text": "goodbye"}]}}],
    });
    let url = format!("{}/api/webview?access_token=id%3Asecret", world.root);
    assert_eq!(
        world
            .http
            .post(url)
            .json(&call)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(world.user.bot(&session), Some(BotState::Speaking));
    assert_eq!(
        world.user.session_data(&session)["handover"]["reason"],
        "idle"
    );
    assert_eq!(world.user.texts_by(&session, Speaker::Agent), ["goodbye"]);
    let carousel = |line: &Line| matches!(line, Line::Said { by: Speaker::Bot, message, .. } if message["attachment"]["payload"]["template_type"] == "generic");
    world.shows(&session, carousel).await;
}

#[tokio::test]
async fn what_was_said_can_be_asked_for_by_todays_call_and_by_the_legacy_one() {
    let world = World::new().await;
    let session = world.talk().await;
    world.user.write(&session, "hello there").unwrap();
    let get = |path: String| world.http.get(format!("{}{path}", world.root));
    let conversation = format!("/v1/bots/b1/conversations/{session}");
    let messages = get(format!("{conversation}/messages?version=DRAFT"));
    let answer = messages.bearer_auth(ACCESS_TOKEN).send().await.unwrap();
    let today: Value = answer.json().await.unwrap();
    let legacy = get(format!(
        "/api/bots/b1/history/{session}?limit=1&offset=1&access_token=id%3Asecret"
    ));
    let legacy: Value = legacy.send().await.unwrap().json().await.unwrap();
    let said = today["data"].as_array().unwrap();
    assert!(
        said.iter()
            .any(|item| item["actor"] == "user" && item["message"]["text"] == "hello there")
    );
    assert_eq!(legacy["count"], said.len());
    assert_eq!(legacy["rows"][0]["message"], said[1]["message"]);
    assert_eq!(legacy["rows"][0]["createdAt"], said[1]["timestamp"]);
}

#[tokio::test]
async fn session_data_are_read_and_deleted() {
    let world = World::new().await;
    let session = world.talk().await;
    let data = json!({"sessionData": {"tier": "gold"}});
    assert_eq!(world.act(&session, &data).await.unwrap().status(), 200);
    let url = |version: &str| {
        format!(
            "{}/v1/bots/b1/conversations/{session}/session-data?version={version}",
            world.root
        )
    };
    let read = || {
        world
            .http
            .get(url("DRAFT"))
            .bearer_auth(ACCESS_TOKEN)
            .send()
    };
    let before: Value = read().await.unwrap().json().await.unwrap();
    assert_eq!(before["tier"], "gold");
    let wrong = [
        (world.http.delete(url("DRAFT")), 401),
        (
            world.http.delete(url("LIVE")).bearer_auth(ACCESS_TOKEN),
            404,
        ),
    ];
    for (call, status) in wrong {
        assert_eq!(call.send().await.unwrap().status(), status);
    }
    for _ in 0..2 {
        let delete = world.http.delete(url("DRAFT")).bearer_auth(ACCESS_TOKEN);
        assert_eq!(delete.send().await.unwrap().status(), 204);
    }
    let after: Value = read().await.unwrap().json().await.unwrap();
    assert_eq!(after, json!({}));
}
