//! Answers and bodies that no vendor should send, and some do.

use serde_json::{Value, json};

use super::{Answer, canary::ANSWER};

/// An answer that does not say that anything was done, by its name.
pub(super) fn answers(good: &[u8]) -> Vec<(&'static str, Answer)> {
    let html = format!("<!DOCTYPE html><html><body>{ANSWER}</body></html>");
    let half = good.get(..good.len() / 2).unwrap_or_default();
    let broken = [b"{\"".as_slice(), half, ANSWER.as_bytes()].concat();
    let promise = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let head = |rest: &str| [promise.as_slice(), rest.as_bytes(), b"\r\n\r\n"].concat();
    let much = " ".repeat(1 << 20).into_bytes();
    vec![
        ("html", Answer::with(200, html)),
        ("broken json", Answer::with(200, broken)),
        (
            "a body that breaks off",
            Answer::Raw([head("content-length: 1000"), b"{\"a\": \"".to_vec()].concat()),
        ),
        (
            "no utf-8",
            Answer::with(200, b"{\"a\": \"\xff\xfe\xc0\"}".to_vec()),
        ),
        ("depth", Answer::with(200, "[".repeat(100_000))),
        (
            "100 MB",
            Answer::Pieces {
                head: head("content-length: 104857600"),
                piece: much.clone(),
                times: Some(100),
            },
        ),
        (
            "chunks without end",
            Answer::Pieces {
                head: head("transfer-encoding: chunked"),
                piece: [b"100000\r\n".to_vec(), much, b"\r\n".to_vec()].concat(),
                times: None,
            },
        ),
        (
            "a head without end",
            Answer::Pieces {
                head: promise.to_vec(),
                piece: format!("x-more: {ANSWER}\r\n").into_bytes(),
                times: None,
            },
        ),
        (
            "no http",
            Answer::Raw(format!("{ANSWER}\r\n\r\n").into_bytes()),
        ),
        ("nothing", Answer::Raw(Vec::new())),
    ]
}

/// The JSON with each of its values, and the whole, in turn another kind of value. At most so many.
pub(super) fn of_wrong_types(good: &[u8], most: usize) -> Vec<Vec<u8>> {
    let Ok(good) = serde_json::from_slice::<Value>(good) else {
        return Vec::new();
    };
    let strange = [
        Value::Null,
        json!(-1),
        json!(1e300),
        json!(true),
        json!(""),
        json!("x".repeat(5_000)),
        json!([]),
        json!({"a": {}}),
    ];
    let mut changed = Vec::new();
    let mut paths = Vec::new();
    walk(&good, String::new(), &mut paths);
    for path in paths {
        for value in &strange {
            let mut other = good.clone();
            if let Some(place) = other.pointer_mut(&path) {
                *place = value.clone();
            }
            changed.push(other.to_string().into_bytes());
        }
    }
    let stride = (changed.len() / most.max(1)).max(1);
    changed.into_iter().step_by(stride).take(most).collect()
}

/// What can become of a body on its way, and what nobody sent.
pub(super) fn bodies(good: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = (0..32)
        .filter_map(|part| good.get(..good.len() * part / 32).map(<[u8]>::to_vec))
        .collect();
    all.extend(of_wrong_types(good, 400));
    all.push("[".repeat(100_000).into_bytes());
    all.push("{\"a\":".repeat(100_000).into_bytes());
    all.push(b"\xff\xfe\x00".to_vec());
    all.push(vec![0; 1_000]);
    all.push(format!("\"{ANSWER}\"").into_bytes());
    all.push(format!("{{\"{ANSWER}\": \"{ANSWER}\"}}").into_bytes());
    all
}

fn walk(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(field, format!("{path}/{name}"), paths);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}
