//! What functions of the database are called with, each argument beside its name there. Most neighbours have one type, so a
//! swap would run and store the one as the other: tests hold names, order and types against the functions as they are
//! declared.

#[cfg(test)]
pub(super) mod declared;

use super::columns::Value;

pub(super) type Argument = (&'static str, Value);

/// Rows as a function takes them: of each column an array, named as the function names it.
macro_rules! columns {
    ($row:pat in $rows:expr => { $($name:ident: $kind:ident = $value:expr),+ $(,)? }) => {{
        let rows = $rows;
        $(let mut $name = Vec::new();)+
        for $row in rows {
            $($name.push($value);)+
        }
        [$((stringify!($name), $crate::store::postgres::columns::Value::$kind($name))),+]
    }};
}
pub(super) use columns;

/// As they are bound, which is by their places.
pub(super) fn values(arguments: impl IntoIterator<Item = Argument>) -> Vec<Value> {
    arguments.into_iter().map(|(_, value)| value).collect()
}
