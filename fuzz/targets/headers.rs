//! Headers that others write: who called, by which id, and signatures of Standard Webhooks.
//!
//! Laws: only a trusted proxy names a source or an id; an id is short and plain wherever it came from; a source is the
//! peer or stands in the header; a signature is one of ours, to the letter.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use arbitrary::Arbitrary;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use handover_bridge::{
    domain::time::Timestamp,
    http::{
        request_id::{self, RequestId},
        source::{Peer, Source, Sources},
    },
    outbound::webhook_signature::{SignedContent, WebhookSecret, WebhookSecrets},
};
use handover_fuzz::target;

#[derive(Arbitrary, Debug)]
struct Input {
    peer: [u8; 4],
    forwarded: Vec<Vec<u8>>,
    /// Hops that are well written: the trusted, and others.
    hops: Vec<[u8; 4]>,
    ids: Vec<Vec<u8>>,
    secret: String,
    signed: (String, i64, Vec<u8>),
    before: String,
    behind: String,
    flip: Option<(u8, u8)>,
}

target!(|input: Input| {
    called(&input);
    signed(&input);
});

fn called(input: &Input) {
    let sources = Sources::new(vec!["10.0.0.0/8".parse().unwrap()]);
    let peer = IpAddr::from(input.peer);
    let trusted = input.peer[0] == 10;
    let mut headers = HeaderMap::new();
    let named = HeaderName::from_static("x-forwarded-for");
    let forwarded = input
        .forwarded
        .iter()
        .map(|bytes| HeaderValue::from_bytes(bytes));
    for value in forwarded.flatten() {
        headers.append(&named, value);
    }
    let hops: Vec<_> = input
        .hops
        .iter()
        .map(|hop| Ipv4Addr::from(*hop).to_string())
        .collect();
    headers.append(&named, HeaderValue::try_from(hops.join(", ")).unwrap());
    let given = input.ids.iter().map(|bytes| HeaderValue::from_bytes(bytes));
    for value in given.flatten() {
        headers.append(request_id::HEADER, value);
    }

    let source = sources.of(Some(Peer(peer)), &headers);
    let nearest = input.hops.iter().rev().find(|hop| hop[0] != 10);
    match nearest {
        _ if !trusted => assert_eq!(source, Source::from(peer)),
        Some(hop) => assert_eq!(source, Source::from(IpAddr::from(*hop))),
        None => {}
    }
    assert_eq!(sources.of(None, &headers), Source::UNKNOWN);

    let id = RequestId::of(&sources, Some(Peer(peer)), &headers);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    assert!((1..=128).contains(&id.as_str().len()) && id.as_str().bytes().all(plain));
    let theirs = headers
        .get_all(request_id::HEADER)
        .iter()
        .any(|given| *given == id.header());
    assert!(trusted || !theirs, "a stranger has named a request");
}

fn signed(input: &Input) {
    let Ok(secret) = WebhookSecret::parse(&input.secret) else {
        return;
    };
    let secrets = WebhookSecrets::new(vec![secret]).unwrap();
    let (id, at, body) = &input.signed;
    let now = Timestamp::from_millis(*at);
    let content = SignedContent { id, at: now, body };
    let ours = secrets.sign(&content);
    assert_eq!(secrets.verify(&content, &ours, now), Ok(()));
    let mut middle = ours.clone().into_bytes();
    if let Some((place, mask)) = input.flip {
        let place = usize::from(place) % middle.len();
        middle[place] ^= mask & 0x7f;
    }
    let middle = String::from_utf8_lossy(&middle);
    let header = format!("{}{middle}{}", input.before, input.behind);
    let stands_there = header.split(' ').any(|part| part == ours);
    assert_eq!(secrets.verify(&content, &header, now).is_ok(), stands_there);
}
