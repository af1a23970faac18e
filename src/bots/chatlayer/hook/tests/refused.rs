//! Calls that are not taken, and what their senders hear.

use serde_json::json;

use super::*;

#[test]
fn what_names_the_conversation_must_be_there_and_be_usable() {
    let good = || json!({"event": "offload", "botId": "b1", "version": "LIVE", "sessionId": "s1"});
    for field in ["botId", "version", "sessionId"] {
        for bad in [
            json!(null),
            json!(""),
            json!("."),
            json!(".."),
            json!("x".repeat(257)),
            json!({}),
            json!(true),
            json!(17),
        ] {
            let mut body = good();
            body[field] = bad.clone();
            let error = hook(&body).unwrap_err();
            assert!(
                matches!(error, HookError::Contract { .. } | HookError::Id { .. }),
                "{field} {bad}"
            );
        }
    }
    for fine in ["a/b", "%2e%2e", "x?y#z", "..;"] {
        let mut body = good();
        body["sessionId"] = json!(fine);
        assert_eq!(key_of(&step(&body)).user.as_str(), fine);
    }
    let missing = json!({"event": "messages", "botId": "b1", "version": "LIVE", "sessionId": "s1"});
    assert!(matches!(
        hook(&missing),
        Err(HookError::Contract { field: "messages" })
    ));
}

#[test]
fn a_field_of_another_type_is_named_without_what_stands_in_it() {
    for (field, says) in [
        (r#""event": {"canary": 1}"#, "event is not what it must be"),
        (
            r#""event": "messages", "messages": "canary""#,
            "messages is not what it must be",
        ),
        (
            r#""event": "offload", "transcript": {"canary": []}"#,
            "transcript is not what it must be",
        ),
        (
            r#""event": "canary", "event": "canary""#,
            "the body is not what it must be",
        ),
    ] {
        let error = parse(&bot(), format!("{{{field}}}").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), says, "{field}");
    }
}

#[test]
fn a_call_that_names_no_event_is_refused() {
    let conversation = r#""botId": "b1", "version": "LIVE", "sessionId": "s1""#;
    for name in ["", r#""event": null,"#, r#""event": "","#, r#""type": 1,"#] {
        let body = format!("{{{name} {conversation}}}");
        assert!(
            matches!(
                parse(&bot(), body.as_bytes()),
                Err(HookError::Contract { field: "event" })
            ),
            "{body}"
        );
    }
    let old = format!(r#"{{"event": null, "type": "offload", {conversation}}}"#);
    assert_eq!(kind(old.as_bytes()).unwrap(), Kind::Offload);
}

#[test]
fn only_an_object_is_a_call() {
    let positions = r#"["messages", null]"#;
    let whole = messages(&json!([]));
    let wrapped = json!([whole]).to_string();
    for body in [positions, wrapped.as_str(), "[1, 2, 3]", "1", "null"] {
        assert!(
            matches!(kind(body.as_bytes()), Err(HookError::NoObject)),
            "{body}"
        );
    }
    for body in ["", " ", "[1, 2", "[] []", "\u{feff}{}"] {
        assert!(
            matches!(kind(body.as_bytes()), Err(HookError::NotJson(_))),
            "{body}"
        );
    }
}

#[test]
fn what_cannot_be_read_as_text_or_number_is_refused_wherever_it_stands() {
    let item = |text: &str| {
        let message = format!(r#"{{"messageType": "text", "text": {text}}}"#);
        format!(r#"[{{"actor": "user", "message": {message}}}]"#)
    };
    let huge = "1".repeat(10_000);
    for text in [r#""\ud83d""#, r#""\udc00\ud83d""#, huge.as_str()] {
        for (event, list) in [("messages", "messages"), ("offload", "transcript")] {
            let body = format!(
                r#"{{"event": "{event}", "botId": "b", "version": "LIVE", "sessionId": "s", "{list}": {}}}"#,
                item(text)
            );
            let refused = parse(&bot(), body.as_bytes());
            assert!(matches!(refused, Err(HookError::NotJson(_))), "{event}");
        }
    }
    let not_text = b"{\"event\": \"rated\", \"x\": \"\xff\"}";
    assert!(matches!(
        parse(&bot(), not_text),
        Err(HookError::NotText(_))
    ));
}

#[test]
fn errors_quote_nothing_of_the_body() {
    let bodies = [
        r#"{"event":"offload","messages":"canary"}"#,
        r#"{"event":["canary"]}"#,
        r#"["canary"]"#,
        r#"{"event":canary}"#,
    ];
    for body in bodies {
        let error = parse(&bot(), body.as_bytes()).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
}
