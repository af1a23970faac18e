//! JSON that is no message: each is refused, or what is odd in it is nobody's; none takes long, none takes the process.

use std::time::{Duration, Instant};

use crate::{
    bridge::{Bridge, DESK_TOKEN, bearer, hook_path},
    raw,
};

/// A hundred times what the slowest takes on an idle machine: what grows without bound goes far beyond it.
const SOON: Duration = Duration::from_secs(20);

/// A call with this in the place of the message's text, quotes included.
fn with_text(text: &str) -> String {
    format!(
        r#"{{"botId":"b1","version":"LIVE","sessionId":"s1","event":"messages","messages":[{{"actor":"user",
        "timestamp":"2026-01-01T00:00:00Z","message":{{"messageType":"text","text":{text}}}}}]}}"#
    )
}

/// A desk's event with this in the place of its text.
fn desk_text(text: &str) -> String {
    format!(r#"{{"type":"message","content":{{"type":"text","text":{text}}}}}"#)
}

/// Members of an object, with a comma behind each.
fn keys(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|key| format!("\"{key}\":0,")).collect();
    members.concat()
}

fn odd_values() -> Vec<(&'static str, String, u16)> {
    let keys = keys(1_000_000);
    vec![
        ("depth 129", "[".repeat(129) + &"]".repeat(129), 400),
        ("depth a million, open", "[".repeat(1_000_000), 400),
        ("objects in objects", r#"{"a":"#.repeat(100_000), 400),
        ("a million keys", format!("{{{keys}\"x\":0}}"), 413),
        (
            "2 MB of string",
            format!("\"{}\"", "x".repeat(2_000_000)),
            413,
        ),
        ("10^4 digits", "9".repeat(10_000), 400),
        ("an exponent out of range", "1e400".to_owned(), 400),
        ("a raw NUL", "\"\0\"".to_owned(), 400),
        ("a raw line end", "\"\n\"".to_owned(), 400),
        ("an unknown escape", r#""\x41""#.to_owned(), 400),
        ("no value", String::new(), 400),
        ("not a number", "NaN".to_owned(), 400),
        ("a leading zero", "01".to_owned(), 400),
        ("single quotes", "'x'".to_owned(), 400),
    ]
}

#[tokio::test]
async fn odd_json_is_refused_in_bounded_time_and_nothing_dies_of_it() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    let whole = |text: &str| (with_text(text), desk_text(text));
    let mut cases: Vec<_> = odd_values()
        .into_iter()
        .map(|(name, value, status)| (name, whole(&value), status))
        .collect();
    let (hook, desk) = whole("\"x\"");
    cases.extend([
        (
            "a byte order mark",
            (format!("\u{feff}{hook}"), format!("\u{feff}{desk}")),
            400,
        ),
        (
            "data behind it",
            (format!("{hook} {{}}"), format!("{desk},")),
            400,
        ),
        (
            "a NUL behind it",
            (format!("{hook}\0"), format!("{desk}\0")),
            400,
        ),
        ("nothing", (String::new(), String::new()), 400),
        ("white space", (" \n".repeat(1000), " ".to_owned()), 400),
        (
            "its event twice",
            (
                hook.replacen('{', r#"{"event":"rating","#, 1),
                desk.replacen('{', r#"{"type":"typing","#, 1),
            ),
            422,
        ),
        (
            "an array around it",
            (format!("[{hook}]"), format!("[{desk}]")),
            422,
        ),
    ]);
    for (name, (hook, desk), status) in cases {
        let began = Instant::now();
        for request in [
            raw::post(&hook_path(), "", &hook),
            raw::post(&events, &bearer(DESK_TOKEN), &desk),
        ] {
            let answer = raw::exchange(bridge.public, request.as_bytes()).await.pop();
            // Whoever sends much more than is taken may find the connection reset before the answer is read.
            let (seen, body) =
                answer.map_or((413, String::new()), |answer| (answer.status, answer.body));
            assert_eq!(seen, status, "{name}: {body}");
        }
        assert!(began.elapsed() < SOON, "{name} took {:?}", began.elapsed());
        bridge.is_alive().await;
    }
    assert_eq!(bridge.hook(&hook).await.status, 200);
}

#[tokio::test]
async fn halves_of_pairs_without_number_are_read_in_bounded_time() {
    let bridge = Bridge::start().await;
    let handover = bridge.offload("s1").await;
    let events = format!("/api/v1/handovers/{handover}/events");
    for halves in [
        r"\ud800",
        r"\udc00",
        r"\udc00\ud800\n",
        r"\ud800\ud800\udc00",
    ] {
        let text = format!("\"x{}\"", halves.repeat(40_000));
        let began = Instant::now();
        assert_eq!(bridge.hook(&with_text(&text)).await.status, 200);
        let told = raw::post(&events, &bearer(DESK_TOKEN), &desk_text(&text));
        let told = raw::exchange(bridge.public, told.as_bytes())
            .await
            .remove(0);
        assert_eq!(told.status, 202, "{halves}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    bridge.is_alive().await;
}

#[tokio::test]
async fn a_body_that_is_not_text_is_refused() {
    let bridge = Bridge::start().await;
    let head = raw::post(&hook_path(), "", "12345");
    for body in [b"\xff\xfe{}\0", b"\"\xc3\x28\"\"", b"{\"\x80\":"] {
        let request = [head.trim_end_matches("12345").as_bytes(), body].concat();
        let answer = raw::exchange(bridge.public, &request).await.remove(0);
        assert_eq!(answer.status, 400);
    }
    bridge.is_alive().await;
}

#[tokio::test]
async fn keys_without_number_are_read_in_bounded_time() {
    let bridge = Bridge::start().await;
    let (keys, variables) = (keys(60_000), keys(16_000));
    let offload = |rest: &str| {
        format!(
            r#"{{"botId":"b1","version":"LIVE","sessionId":"s1","event":"offload","transcript":[],{rest}}}"#
        )
    };
    for body in [
        offload(&format!("{keys}\"x\":0")),
        offload(&format!("\"payload\":{{{variables}\"x\":0}}")),
    ] {
        let began = Instant::now();
        assert_eq!(bridge.hook(&body).await.status, 200);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    bridge.is_alive().await;
}
