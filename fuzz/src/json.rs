//! JSON of any shape, shallow enough to be taken.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::Value;

/// Nested four levels at most: what is deeper is the business of the targets that take bytes.
#[derive(Clone, Debug)]
pub struct Json(pub Value);

const DEEPEST: u8 = 4;
const WIDEST: usize = 6;

impl<'a> Arbitrary<'a> for Json {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        value(input, DEEPEST).map(Self)
    }
}

fn value(input: &mut Unstructured<'_>, deepest: u8) -> Result<Value> {
    let kinds = if deepest == 0 { 4 } else { 6 };
    Ok(match input.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => Value::Bool(input.arbitrary()?),
        2 => input.arbitrary::<i64>()?.into(),
        3 => input.arbitrary::<f64>()?.into(),
        4 => input.arbitrary::<String>()?.into(),
        5 => {
            let length = input.int_in_range(0..=WIDEST)?;
            (0..length)
                .map(|_| value(input, deepest - 1))
                .collect::<Result<Vec<_>>>()?
                .into()
        }
        _ => {
            let length = input.int_in_range(0..=WIDEST)?;
            let members = (0..length).map(|_| Ok((input.arbitrary()?, value(input, deepest - 1)?)));
            Value::Object(members.collect::<Result<_>>()?)
        }
    })
}
