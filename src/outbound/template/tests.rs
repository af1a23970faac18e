use serde_json::json;

use super::*;

fn context(message: serde_json::Value) -> Context {
    Context::default().with("message", message).with_url(
        "desk",
        "api_url",
        &"https://api.example/v1/".parse().unwrap(),
    )
}

#[test]
fn a_text_inserts_values_as_they_are() {
    let template = Template::text("Hello {{ message.name }}{{ message.nothing }}!").unwrap();
    let context = context(json!({"name": "<Ann & Bob>", "nothing": null}));
    assert_eq!(template.render(&context).unwrap(), "Hello <Ann & Bob>!");
}

#[test]
fn an_address_encodes_every_value_but_configured_addresses() {
    let template =
        Template::url("{{ desk.api_url }}/rooms/{{ message.room }}?to={{ message.room }}").unwrap();
    let endpoint = template
        .endpoint(&context(json!({"room": "../a?b#c"})))
        .unwrap();
    assert_eq!(
        endpoint.into_url().as_str(),
        "https://api.example/v1/rooms/..%2Fa%3Fb%23c?to=..%2Fa%3Fb%23c"
    );
}

#[test]
fn no_filter_talks_a_value_out_of_being_encoded() {
    for filter in ["safe", "e", "escape", "tojson", "string", "upper"] {
        let template = Template::url(&format!(
            "{{{{ desk.api_url }}}}/{{{{ message.room|{filter} }}}}"
        ))
        .unwrap();
        let url = template
            .endpoint(&context(json!({"room": "a/../../b"})))
            .unwrap()
            .into_url();
        assert_eq!(url.path_segments().unwrap().count(), 2, "{filter}");
    }
}

#[test]
fn dot_segments_are_refused_however_they_are_put_together() {
    let template = Template::url("{{ desk.api_url }}/a/{{ message.x }}{{ message.y }}/b").unwrap();
    let joined = template.endpoint(&context(json!({"x": ".x", "y": "."})));
    assert!(joined.is_err(), "a dot alone is refused");
    let template = Template::url("{{ desk.api_url }}/a/.{{ message.x }}").unwrap();
    let error = template.endpoint(&context(json!({"x": ""}))).unwrap_err();
    assert!(matches!(error, TemplateError::Segment(SegmentError::Empty)));
    let template = Template::url("{{ desk.api_url }}/a/../b").unwrap();
    assert!(matches!(
        template.endpoint(&context(json!({}))),
        Err(TemplateError::Url(UrlError::DotSegment))
    ));
}

#[test]
fn an_expression_gives_json() {
    let source = "{'text': message.text|upper, 'list': [message.id, none], 'at': desk.api_url}";
    let value = Expression::json(source)
        .unwrap()
        .evaluate(&context(json!({"text": "\"é\"", "id": 7})))
        .unwrap();
    assert_eq!(
        value,
        json!({"text": "\"É\"", "list": [7, null], "at": "https://api.example/v1"})
    );
}

#[test]
fn what_is_missing_is_an_error_everywhere() {
    let undefined = |result: Result<(), TemplateError>| {
        let error = result.unwrap_err();
        assert!(
            matches!(
                error,
                TemplateError::Evaluation {
                    kind: ErrorKind::UndefinedError,
                    ..
                }
            ),
            "{error:?}"
        );
    };
    let empty = context(json!({}));
    undefined(
        Template::text("{{ message.text }}")
            .unwrap()
            .render(&empty)
            .map(drop),
    );
    undefined(
        Template::url("https://a.example/{{ message.text }}")
            .unwrap()
            .render(&empty)
            .map(drop),
    );
    undefined(
        Expression::json("message.text")
            .unwrap()
            .evaluate(&empty)
            .map(drop),
    );
    undefined(
        Expression::json("message.text.more")
            .unwrap()
            .evaluate(&empty)
            .map(drop),
    );
    undefined(
        Expression::json("{'text': message.text}")
            .unwrap()
            .evaluate(&empty)
            .map(drop),
    );
}

#[test]
fn the_names_that_a_template_needs_are_known_before_it_runs() {
    let names = Template::url("{{ bot.api_url }}/{{ session_id }}")
        .unwrap()
        .names();
    assert_eq!(
        names,
        HashSet::from(["bot".to_owned(), "session_id".to_owned()])
    );
    assert!(
        Expression::json("{'a': reason}")
            .unwrap()
            .names()
            .contains("reason")
    );
}

#[test]
fn a_loop_without_end_runs_out_of_fuel() {
    let template = Template::text(
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    );
    let error = template.unwrap().render(&context(json!({}))).unwrap_err();
    assert!(matches!(
        error,
        TemplateError::Evaluation {
            kind: ErrorKind::OutOfFuel,
            ..
        }
    ));
}

#[test]
fn faults_of_syntax_come_at_once_and_faults_of_evaluation_quote_nothing() {
    assert!(matches!(
        Template::text("{{ message."),
        Err(TemplateError::Syntax(_))
    ));
    assert!(matches!(
        Expression::json("{'a': "),
        Err(TemplateError::Syntax(_))
    ));
    let template = Template::text("{{ message.text + 1 }}").unwrap();
    let error = template
        .render(&context(json!({"text": "canary"})))
        .unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("canary"),
        "{error:?}"
    );
}
