//! An operator's own templates.

use super::*;

#[tokio::test]
async fn an_operators_own_calls_are_made_as_written_and_their_answers_kept() {
    let stub = Stub::answering("200 OK", "", r#"{"ticket": "t1"}"#).await;
    let own = r#"
        [desks.live.requests.message]
        method = "PUT"
        url = "{{ desk.api_url }}/rooms/{{ desk_ref.conversationId }}/{{ message.id }}"
        headers = { authorization = "Bearer {{ desk_ref.customToken }}" }
        body = "{ 'text': message.text, 'url': message.url, 'token': bot_token }"
        take = { ticket = "answer.ticket" }
    "#;
    let done = desk(&stub, own)
        .perform(in_room(told(None)).for_desk().unwrap())
        .await
        .unwrap();
    assert_eq!(done.taken.get("ticket"), Some(&json!("t1")));
    let (head, body) = sent(&stub).await;
    let path = format!("put /rooms/{ROOM}/00000000-0000-0000-0000-000000000002 http");
    assert!(head.starts_with(&path), "{head}");
    assert!(
        head.contains("\r\nauthorization: bearer canary-custom"),
        "{head}"
    );
    assert_eq!(body, json!({"text": "hello", "url": null, "token": TOKEN}));

    let mut later = in_room(Task::Close {
        reason: "ended".into(),
    });
    let leg = later.leg.as_mut().unwrap();
    leg.taken = leg.taken.clone().with(&done.taken).unwrap();
    let close = r#"
        [desks.live.requests.close]
        method = "DELETE"
        url = "{{ desk.api_url }}/tickets/{{ desk_ref.ticket }}"
        body = "{ 'why': reason }"
    "#;
    let (head, body) = made(&later, close).await;
    assert!(head.starts_with("delete /tickets/t1 http"), "{head}");
    assert_eq!(body, json!({"why": "ended"}));
}

#[tokio::test]
async fn no_header_of_ours_goes_to_another_host() {
    let elsewhere = Stub::answering("200 OK", "", "").await;
    let stub = Stub::answering("200 OK", "", "").await;
    let base = elsewhere.base();
    let own = format!(
        "[desks.live.requests.message]\nmethod = \"POST\"\nurl = \"{}x\"\nbody = \"message.text\"\n",
        base.expose()
    );
    desk(&stub, &own)
        .perform(in_room(told(None)).for_desk().unwrap())
        .await
        .unwrap();
    let (head, body) = sent(&elsewhere).await;
    assert!(!head.contains("canary"), "{head}");
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn what_another_host_answers_says_nothing_of_the_desk() {
    for status in [
        "200 OK",
        "401 Unauthorized",
        "429 Too Many Requests",
        "503 Busy",
    ] {
        let stub = Stub::answering(status, "", "{}").await;
        let elsewhere = Stub::answering(status, "", "{}").await;
        let host = elsewhere.base().expose().trim_end_matches('/').to_owned();
        for (host, unasked) in [("{{ desk.api_url }}", false), (&*host, true)] {
            let message =
                format!("[desks.live.requests.message]\nmethod = \"POST\"\nurl = \"{host}/x\"");
            let told = desk(&stub, &message)
                .perform(in_room(told(None)).for_desk().unwrap())
                .await;
            let said = match told {
                Ok(done) => done.unasked,
                Err(failure) => failure.unasked,
            };
            assert_eq!(said, unasked, "{status} of {host}");
        }
    }
}

#[tokio::test]
async fn a_dry_run_finds_what_only_shows_when_a_template_is_filled_in() {
    let stub = Stub::answering("200 OK", "", "").await;
    assert!(desk(&stub, "").dry_run().is_empty());
    assert!(desk(&stub, "files = \"native\"").dry_run().is_empty());
    for (key, url, body) in [
        ("message", "{{ desk.api_url }}/x", "message.txt"),
        (
            "message",
            "{{ desk.api_url }}/{{ desk_ref.customToken }}",
            "1",
        ),
        ("close", "{{ desk.api_url }}/x", "desk_ref.nothing"),
    ] {
        let own = format!(
            "[desks.live.requests.{key}]\nmethod = \"POST\"\nurl = \"{url}\"\nbody = \"{body}\""
        );
        let faults = desk(&stub, &own).dry_run();
        let [fault] = &faults[..] else {
            panic!("{faults:?}")
        };
        assert_eq!(
            fault.at.key.to_string(),
            format!("desks.live.requests.{key}")
        );
    }
    assert!(stub.requests().await.is_empty(), "it calls nobody");
}

#[tokio::test]
async fn what_cannot_be_compiled_stops_the_start_and_says_where() {
    let stub = Stub::answering("200 OK", "", "").await;
    for (settings, says) in [
        (
            "[desks.live.requests.close]\nmethod = \"POST\"\nurl = \"{{ desk.api_url }}\"\nbody = \"message.text\"",
            ": desks.live.requests.close",
        ),
        (
            "[desks.live.requests.message]\nmethod = \"POST\"\nurl = \"{{ desk.api_url\"",
            ": desks.live.requests.message",
        ),
    ] {
        let faults = Settings::compile(&configured(&stub, settings)).unwrap_err();
        let [fault] = &faults[..] else {
            panic!("{faults:?}")
        };
        assert!(fault.to_string().ends_with(says), "{fault}");
    }
    let mut odd = configured(&stub, "");
    odd.headers = vec![("a b".to_owned(), "canary".into())];
    let faults = Settings::compile(&odd).unwrap_err();
    let told = format!("{} {faults:?}", faults[0]);
    assert!(!told.contains("canary"), "{told}");
}
