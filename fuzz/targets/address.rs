//! Where calls go, with ids from outside in them.
//!
//! Laws: an id is one segment, encoded byte by byte, or no call; whatever it is, the call goes to the host that was
//! configured; an address from the configuration is http or https and holds no credentials.
#![no_main]

use arbitrary::Arbitrary;
use handover_bridge::outbound::{
    BaseUrl, Endpoint,
    template::{Context, Template},
};
use handover_fuzz::target;

#[derive(Arbitrary, Debug)]
struct Input {
    segments: Vec<String>,
    one: String,
    other: String,
    between: Dots,
    base: String,
}

/// What an operator may write between two values.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Dots {
    Nothing,
    Dot,
    Slash,
    Encoded,
}

target!(|input: Input| {
    joined(&input);
    rendered(&input);
    configured(&input);
});

fn joined(input: &Input) {
    let base: BaseUrl = "https://api.example/v1/".parse().unwrap();
    let segments: Vec<_> = input.segments.iter().map(String::as_str).collect();
    match base.join(&segments) {
        Ok(endpoint) => {
            let encoded: String = segments
                .iter()
                .map(|id| format!("/{}", encode(id)))
                .collect();
            assert!(endpoint == at(&format!("https://api.example/v1{encoded}")));
            assert!(endpoint.is_at(&base));
            assert!(segments.iter().all(|id| is_segment(id)));
        }
        Err(_) => assert!(!segments.iter().all(|id| is_segment(id))),
    }
}

fn rendered(input: &Input) {
    let base: BaseUrl = "https://api.example/v1/".parse().unwrap();
    let between = match input.between {
        Dots::Nothing => "",
        Dots::Dot => ".",
        Dots::Slash => "/",
        Dots::Encoded => "%2e",
    };
    let source =
        format!("{{{{ desk.api_url }}}}/a/{{{{ one }}}}{between}{{{{ other }}}}/b?c={{{{ one }}}}");
    let context = Context::default()
        .with("one", &input.one)
        .with("other", &input.other)
        .with_url("desk", "api_url", &base);
    let Ok(endpoint) = Template::url(&source).unwrap().endpoint(&context) else {
        return;
    };
    let (one, other) = (encode(&input.one), encode(&input.other));
    assert!(endpoint.is_at(&base));
    assert!(
        endpoint
            == at(&format!(
                "https://api.example/v1/a/{one}{between}{other}/b?c={one}"
            ))
    );
}

fn configured(input: &Input) {
    let Ok(base) = input.base.parse::<BaseUrl>() else {
        return;
    };
    let shown = base.expose();
    assert!(shown.starts_with("https://") || shown.starts_with("http://"));
    let authority = shown.split(['/', '?']).nth(2).unwrap_or_default();
    assert!(!authority.contains('@') && !base.host().is_empty());
    if let Ok(endpoint) = base.join(&[&input.one]) {
        assert!(endpoint.is_at(&base));
    }
    assert!(format!("{base:?}").ends_with("/…)"));
}

fn is_segment(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id != "." && id != ".."
}

/// Independently of the library that does it: what is unreserved stays.
fn encode(id: &str) -> String {
    let one = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    id.bytes().map(one).collect()
}

fn at(text: &str) -> Endpoint {
    text.parse::<BaseUrl>().unwrap().endpoint()
}
