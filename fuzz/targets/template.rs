//! Templates and expressions, over values that others have sent.
//!
//! Laws: no template runs long or makes much; the same values give the same text; an expression gives JSON and never
//! what was not there.
#![no_main]

use arbitrary::Arbitrary;
use handover_bridge::outbound::template::{Context, Expression, Template};
use handover_fuzz::{Json, target};

#[derive(Arbitrary, Debug)]
struct Input {
    written: Written,
    message: Json,
    text: String,
}

/// What an operator writes: anything, or what the documentation shows.
#[derive(Arbitrary, Debug)]
enum Written {
    Any(String),
    Usual(u8),
}

const USUAL: [&str; 8] = [
    "{'hash': message.id, 'text': text}",
    "message.items|map(attribute='title')|list",
    "[message, text, message.a.b]",
    "text|upper|trim",
    "message|tojson",
    "message|length * 3",
    "text ~ message.name",
    "message.items[0] if message.items else none",
];

target!(|input: Input| {
    let source = match &input.written {
        Written::Any(source) => source.as_str(),
        Written::Usual(which) => USUAL[usize::from(*which) % USUAL.len()],
    };
    let context = Context::default()
        .with("message", &input.message.0)
        .with("text", &input.text)
        .with_url("bot", "api_url", &"https://api.example".parse().unwrap());
    if let Ok(expression) = Expression::json(source) {
        let _ = expression.names();
        let value = expression.evaluate(&context).ok();
        assert_eq!(value, expression.evaluate(&context).ok());
    }
    for compiled in [Template::text(source), Template::url(source)] {
        let Ok(template) = compiled else { continue };
        let _ = (template.names(), template.endpoint(&context).is_ok());
        let text = template.render(&context).ok();
        assert_eq!(text, template.render(&context).ok());
    }
});
