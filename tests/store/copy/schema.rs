//! Every column of every table, filled with something of its own and looked for on the other side. What is added to a
//! schema and forgotten by the copy is missed here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use rusqlite::{Connection, types::Value};

use super::Move;
use crate::{postgres::Database, sqlite::Files, world::World};

/// Columns that only the file has.
const OF_THE_FILE: &[&str] = &[
    // Instead of it conversations are named by their ids.
    "conversations.row",
    // For the order in which keys were taken, which their days are as well.
    "keys.row",
    // Is in the state when it comes over.
    "messages.progress",
];
/// Columns that only the database has, and what stands in them of what is filled in here.
const OF_THE_DATABASE: &[(&str, &str)] = &[
    ("conversations.revision", "1767225600000000"),
    ("conversations.at_desk", "null"),
    ("deliveries.awaited", "0"),
];
/// Tables that only the file has: how it looks keys up.
const ONLY_HERE: &[&str] = &["key_index", "keys_indexed"];
/// Tables that only the database has.
const ONLY_THERE: &[&str] = &["lanes", "changes", "replicas"];
/// What a delivery of a conversation that is gone still names.
const GONE: i64 = 77;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_of_every_table_comes_over() {
    let files = Files::new();
    let path = files.path();
    World::new(files.again()).await.store.close().await;
    let database = Database::new();
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    let columns = columns_of_file(&connection);
    database.migrated().await;
    let there = columns_of_database(&database);
    for (table, columns) in &columns {
        for number in 0..2 {
            fill(&connection, (table, columns), &there[table], number);
        }
    }
    let wanted = rows_of_file(&connection, &columns, &there);
    drop(connection);

    let moved = Move { files, database };
    let copied = moved.copy().await.unwrap();
    let tables: BTreeSet<&str> = copied.iter().map(|copied| copied.table).collect();
    let all = columns.keys().map(String::as_str).chain(["lanes"]);
    assert_eq!(tables, all.collect());

    for (table, columns) in &there {
        if ONLY_THERE.contains(&table.as_str()) {
            continue;
        }
        let own = columns
            .keys()
            .filter(|column| !columns_known(&wanted[table].columns, column));
        for column in own {
            let name = format!("{table}.{column}");
            let known = OF_THE_DATABASE.iter().any(|(known, _)| *known == name);
            assert!(known, "the file has no {name}: say where it comes from");
        }
        assert_eq!(
            rows_of_database(&moved.database, table, &wanted[table].columns, columns),
            wanted[table].rows,
            "{table}"
        );
    }
    for (column, expected) in OF_THE_DATABASE {
        let (table, column) = column.split_once('.').unwrap();
        let expected = match *expected {
            "null" => "NULL",
            value => &format!("'{value}'"),
        };
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE ({column}::TEXT, '') IS DISTINCT FROM ({expected}, '')"
        );
        let sql = sql.replace("awaited::TEXT", "awaited::INT::TEXT");
        assert_eq!(moved.database.says(&sql), "0\n", "{table}.{column}");
    }
    let heads = "SELECT l.head = d.id AND l.due_at = d.due_at AND l.owner IS NULL FROM lanes l \
                 JOIN deliveries d ON d.lane = l.id WHERE d.settled_at IS NULL";
    assert_eq!(moved.database.says(heads), "t\n");
}

type Columns = BTreeMap<String, String>;

struct Wanted {
    columns: Vec<String>,
    rows: BTreeSet<Vec<String>>,
}

fn columns_known(columns: &[String], column: &str) -> bool {
    columns.iter().any(|known| known == column)
}

/// Tables, with their columns and the types of these.
fn columns_of_file(connection: &Connection) -> BTreeMap<String, Columns> {
    let sql = "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c \
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'migrations'";
    let mut statement = connection.prepare(sql).unwrap();
    let found = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let mut tables = gathered(found.map(Result::unwrap));
    for own in ONLY_HERE {
        assert!(tables.remove(*own).is_some(), "{own} is gone");
    }
    tables
}

fn columns_of_database(database: &Database) -> BTreeMap<String, Columns> {
    let sql = "SELECT table_name, column_name, data_type FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name <> 'migrations'";
    let told = database.says(sql);
    gathered(told.lines().map(|line| {
        let cells: Vec<String> = line.split('|').map(ToOwned::to_owned).collect();
        <[String; 3]>::try_from(cells).unwrap().into()
    }))
}

fn gathered(found: impl Iterator<Item = (String, String, String)>) -> BTreeMap<String, Columns> {
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for (table, column, kind) in found {
        tables.entry(table).or_default().insert(column, kind);
    }
    tables
}

/// Writes a row in which no two values are alike, as far as the schema lets them.
fn fill(connection: &Connection, (table, columns): (&str, &Columns), there: &Columns, number: i64) {
    let names: Vec<String> = columns.keys().map(|name| format!("\"{name}\"")).collect();
    let marks: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
    let values = columns.iter().map(|(column, kind)| {
        let is_switch = there.get(column).is_some_and(|kind| kind == "boolean");
        value((table, column), (kind, is_switch), number)
    });
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        marks.join(", ")
    );
    connection
        .execute(&sql, rusqlite::params_from_iter(values))
        .unwrap();
}

fn value((table, column): (&str, &str), (kind, is_switch): (&str, bool), number: i64) -> Value {
    let second = number == 1;
    match (table, column) {
        ("deliveries", "conversation") if second => Value::Integer(GONE),
        ("unknown_events", "conversation") => Value::Blob(id("conversations", "id", number)),
        ("conversations", "row") | (_, "conversation") => Value::Integer(number + 1),
        ("leg_names", "leg") => Value::Blob(id("legs", "id", number)),
        ("deliveries", "state") => Value::Text(if second { "dead" } else { "retrying" }.into()),
        ("deliveries", "settled_at") | ("handovers", "ended_at") if !second => Value::Null,
        ("handovers", "phase") if second => Value::Null,
        ("messages", "progress") => Value::Null,
        ("console_sessions", "id") => {
            let half = id(table, column, number);
            Value::Blob([half.clone(), half].concat())
        }
        _ if is_switch => Value::Integer(number),
        _ => match kind {
            "INTEGER" => {
                Value::Integer(1_000_000_000_000 + i64::from(short(table, column, number)))
            }
            "BLOB" => Value::Blob(id(table, column, number)),
            "TEXT" | "ANY" => Value::Text(format!(
                "{table}.{column} {number}: 'quotes' \"é\" 🙂 \0 \u{1} \\ end"
            )),
            other => panic!("{table}.{column} is {other}: say what to fill in"),
        },
    }
}

fn short(table: &str, column: &str, number: i64) -> u16 {
    let text = format!("{table}.{column}.{number}");
    text.bytes().fold(7, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(byte))
    })
}

fn id(table: &str, column: &str, number: i64) -> Vec<u8> {
    let mut bytes = format!("{column}{number}{table}-----------------").into_bytes();
    bytes.truncate(16);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Of the columns that both sides are to have.
fn rows_of_file(
    connection: &Connection,
    columns: &BTreeMap<String, Columns>,
    there: &BTreeMap<String, Columns>,
) -> BTreeMap<String, Wanted> {
    let mut wanted = BTreeMap::new();
    for (table, columns) in columns {
        let there = there.get(table);
        let there = there.unwrap_or_else(|| panic!("the database has no table {table}"));
        let (shared, own): (Vec<_>, Vec<_>) = columns
            .keys()
            .cloned()
            .partition(|column| there.contains_key(column));
        for column in own {
            let name = format!("{table}.{column}");
            assert!(
                OF_THE_FILE.contains(&name.as_str()),
                "the database has no {name}: say why"
            );
        }
        let names: Vec<String> = shared.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("SELECT {} FROM {table}", names.join(", "));
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut found = BTreeSet::new();
        while let Some(row) = rows.next().unwrap() {
            let cell = |(at, column): (usize, &String)| {
                let of_conversation = column == "conversation" && there[column] == "uuid";
                match row.get(at).unwrap() {
                    Value::Integer(number) if of_conversation && number == GONE => {
                        format!("{GONE:032x}")
                    }
                    Value::Integer(number) if of_conversation => {
                        hex(&id("conversations", "id", number - 1))
                    }
                    Value::Integer(number) if there[column] == "bytea" => {
                        hex(&number.to_be_bytes())
                    }
                    Value::Integer(number) => number.to_string(),
                    Value::Text(text) if there[column] == "bytea" => hex(text.as_bytes()),
                    Value::Text(text) => hex(text.replace('\0', "\u{fffd}").as_bytes()),
                    Value::Blob(bytes) => hex(&bytes),
                    Value::Null => "null".to_owned(),
                    Value::Real(_) => panic!("{table}.{column}"),
                }
            };
            found.insert(shared.iter().enumerate().map(cell).collect());
        }
        assert!(found.len() >= 2, "{table}");
        wanted.insert(
            table.clone(),
            Wanted {
                columns: shared,
                rows: found,
            },
        );
    }
    wanted
}

fn rows_of_database(
    database: &Database,
    table: &str,
    columns: &[String],
    kinds: &Columns,
) -> BTreeSet<Vec<String>> {
    let cell = |column: &String| {
        let written = match kinds[column].as_str() {
            "bigint" => format!("\"{column}\"::TEXT"),
            "boolean" => format!("\"{column}\"::INT::TEXT"),
            "uuid" => format!("replace(\"{column}\"::TEXT, '-', '')"),
            "bytea" => format!("encode(\"{column}\", 'hex')"),
            "text" => format!("encode(convert_to(\"{column}\", 'UTF8'), 'hex')"),
            other => panic!("{table}.{column} is {other}"),
        };
        format!("coalesce({written}, 'null')")
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let told = database.says(&format!("SELECT {} FROM {table}", cells.join(", ")));
    told.lines()
        .map(|line| line.split('|').map(ToOwned::to_owned).collect())
        .collect()
}
