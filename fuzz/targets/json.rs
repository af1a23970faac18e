//! Depth, and objects.
//!
//! Laws: depth is counted as a parser that went all the way would; an object is read as `serde_json` reads it, and
//! everything else is told as what it is.
#![no_main]

use handover_bridge::{
    domain::json::{self, NotAnObject},
    http::body::{MAX_DEPTH, check_depth},
};
use handover_fuzz::target;
use serde_json::{Map, Value};

target!(|bytes: &[u8]| {
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

/// `serde_json` takes nothing that is too deep for this.
fn depth(value: &Value) -> usize {
    let inside = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inside.unwrap_or(0) + 1
}
