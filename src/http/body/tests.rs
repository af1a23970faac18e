use super::*;

impl Skim for Vec<u8> {
    fn piece(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

fn limits(body_bytes: usize) -> Limits {
    Limits {
        max: 10,
        values: 3,
        within: Duration::from_secs(5),
        gate: Gate::new(Capacity {
            requests: 1,
            body_bytes,
            values: 3,
        }),
    }
}

fn announced(length: usize) -> Body {
    Body::from(vec![b'x'; length])
}

fn in_chunks(length: usize) -> Body {
    let chunks = (0..length).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
    Body::from_stream(futures_util::stream::iter(chunks))
}

#[tokio::test]
async fn the_limit_itself_is_taken_and_one_byte_more_is_not() {
    for body in [announced, in_chunks] {
        assert_eq!(
            read(&HeaderMap::new(), body(10), limits(10))
                .await
                .unwrap()
                .len(),
            10
        );
        let refused = read(&HeaderMap::new(), body(11), limits(10))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), Kind::TooLarge);
        let refused = read(&HeaderMap::new(), body(1000), limits(10))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), Kind::TooLarge);
    }
}

#[tokio::test]
async fn a_body_without_room_is_turned_away_or_seen_whole_and_leaves_the_room_to_others() {
    let limits = limits(8);
    for body in [announced, in_chunks] {
        let (none, eight) = (HeaderMap::new(), |kept: &Buffered| kept.len() == 8);
        let refused = read(&none, body(9), limits.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
        let mut seen = Vec::new();
        let skimmed = read_or_skim(&none, body(9), &limits, &mut seen).await;
        assert!(skimmed.unwrap().is_none());
        assert_eq!(seen, b"xxxxxxxxx");
        let kept = read(&none, body(8), limits.clone()).await.unwrap();
        assert!(eight(&kept));
        let refused = read(&none, body(1), limits.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
    }
}

#[tokio::test]
async fn a_body_is_counted_by_its_values_too_and_those_within_strings_are_none() {
    let (none, limits) = (HeaderMap::new(), limits(100));
    let limits = Limits { max: 20, ..limits };
    let kept = read(&none, Body::from(r#"["[,{,[,{"]"#), limits.clone()).await;
    assert_eq!(kept.unwrap().values, 1);
    let refused = read(&none, Body::from("[1,2,3,4]"), limits.clone()).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::TooLarge);
    let _two = read(&none, Body::from("[1,2]"), limits.clone()).await;
    let refused = read(&none, Body::from("[[]]"), limits.clone()).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Unavailable);
    let mut seen = Vec::new();
    let skimmed = read_or_skim(&none, Body::from("[[]]"), &limits, &mut seen).await;
    assert!(skimmed.unwrap().is_none());
    assert_eq!(seen, b"[[]]");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let body = Body::from_stream(futures_util::stream::pending::<
        std::result::Result<Bytes, std::io::Error>,
    >());
    let limits = Limits {
        within: Duration::from_millis(20),
        ..limits(10)
    };
    assert_eq!(
        read(&HeaderMap::new(), body, limits)
            .await
            .unwrap_err()
            .kind(),
        Kind::TooSlow
    );
}

#[tokio::test]
async fn only_identity_encoding_is_taken() {
    for (encoding, taken) in [
        ("identity", true),
        ("Identity", true),
        ("gzip", false),
        ("identity, br", false),
        ("", false),
    ] {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, encoding.parse().unwrap())]);
        assert_eq!(
            read(&headers, announced(1), limits(10)).await.is_ok(),
            taken,
            "{encoding}"
        );
    }
}

#[test]
fn only_json_types_are_json() {
    for (content_type, json) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/vnd.desk+json", true),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("text/json+json", false),
    ] {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
        assert_eq!(is_json(&headers), json, "{content_type}");
    }
    assert!(!is_json(&HeaderMap::new()));
}

#[test]
fn depth_counts_nesting_and_not_brackets_in_strings() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert_eq!(check_depth(&nested(MAX_DEPTH)), Ok(()));
    assert_eq!(check_depth(&nested(MAX_DEPTH + 1)), Err(TooDeep));
    assert_eq!(check_depth(&vec![b'['; 1_000_000]), Err(TooDeep));
    let brackets = format!(r#"{{"text": "{}\"{}"}}"#, "[".repeat(100), "{".repeat(100));
    assert_eq!(check_depth(brackets.as_bytes()), Ok(()));
    assert_eq!(check_depth("[]".repeat(1000).as_bytes()), Ok(()));
    let escaped_backslash = format!(r#"["\\",{}"#, "[".repeat(MAX_DEPTH));
    assert_eq!(check_depth(escaped_backslash.as_bytes()), Err(TooDeep));
}
