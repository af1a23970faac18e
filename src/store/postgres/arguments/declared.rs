//! The functions of the database as they are declared.

use tokio_postgres::types::Type;

use super::Argument;

const FUNCTIONS: &str = include_str!("../migrations/0001_functions.sql");

/// What a function takes: names and types.
pub(in crate::store::postgres) fn takes(function: &str) -> Vec<String> {
    list(after(FUNCTIONS, &format!("CREATE FUNCTION {function}(")))
}

/// What stands in the columns of the rows that a function gives: names and types.
pub(in crate::store::postgres) fn gives(function: &str) -> Vec<String> {
    let declared = after(FUNCTIONS, &format!("CREATE FUNCTION {function}("));
    list(after(declared, "RETURNS TABLE ("))
}

/// What a function would have to take for these.
pub(in crate::store::postgres) fn of(arguments: &[Argument]) -> Vec<String> {
    let of = |(name, value): &Argument| format!("{name} {}", word(&value.kind()));
    arguments.iter().map(of).collect()
}

fn after<'t>(text: &'t str, what: &str) -> &'t str {
    text.split_once(what).expect("to be there").1
}

/// Up to the bracket that ends it.
fn list(text: &str) -> Vec<String> {
    let (list, _) = text.split_once(')').expect("an end");
    list.split(',').map(|one| one.trim().to_owned()).collect()
}

fn word(kind: &Type) -> &'static str {
    match *kind {
        Type::INT8 => "BIGINT",
        Type::INT8_ARRAY => "BIGINT[]",
        Type::TEXT_ARRAY => "TEXT[]",
        Type::UUID_ARRAY => "UUID[]",
        Type::BYTEA_ARRAY => "BYTEA[]",
        Type::BOOL_ARRAY => "BOOLEAN[]",
        _ => panic!("no function takes a {kind}"),
    }
}
