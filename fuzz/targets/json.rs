//! Depth, objects, and halves of surrogate pairs.
//!
//! Laws: depth is counted as a parser that went all the way would; an object is read as `serde_json` reads it, and
//! everything else is told as what it is; what is mended is as long as before and whole, what was whole is not touched, and
//! nothing becomes JSON that is not JSON but for such a half.
#![no_main]

use axum::body::Bytes;
use handover_bridge::{
    domain::json::{self, NotAnObject},
    http::body::{MAX_DEPTH, check_depth},
};
use handover_fuzz::target;
use serde_json::{Map, Value};

target!(|bytes: &[u8]| {
    is_mended(bytes);
    let shallow = check_depth(bytes).is_ok();
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let value = serde_json::from_str::<Value>(text);
    match &value {
        Ok(value) => assert_eq!(shallow, depth(value) <= MAX_DEPTH),
        Err(fault) => assert!(!(shallow && fault.to_string().contains("recursion limit"))),
    }
    let is_object = text.trim_start().starts_with('{');
    match (json::object::<Map<String, Value>>(text), value) {
        (Ok(read), Ok(Value::Object(object))) => assert_eq!(read, object),
        (Err(NotAnObject::Shape), _) => assert!(!is_object),
        (Err(NotAnObject::Syntax(_)), Err(_)) => {}
        (read, value) => panic!("{read:?} of {value:?}"),
    }
});

fn is_mended(bytes: &[u8]) {
    let mended = json::mend(Bytes::copy_from_slice(bytes));
    assert_eq!(mended.len(), bytes.len());
    assert_eq!(json::mend(mended.clone()), mended);
    let (sent, read) = (
        serde_json::from_slice::<Value>(bytes),
        serde_json::from_slice::<Value>(&mended),
    );
    match sent {
        Ok(_) => assert_eq!(mended, bytes),
        Err(fault) if read.is_ok() => assert!(is_of_half_a_pair(&fault), "{fault}"),
        Err(_) => {}
    }
    let half = read.err().filter(is_of_half_a_pair);
    assert!(half.is_none(), "{half:?} is left");
}

fn is_of_half_a_pair(fault: &serde_json::Error) -> bool {
    let told = fault.to_string();
    told.contains("surrogate") || told.contains("hex escape")
}

/// `serde_json` takes nothing that is too deep for this.
fn depth(value: &Value) -> usize {
    let inside = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inside.unwrap_or(0) + 1
}
