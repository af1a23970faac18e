//! Which rows there are on one side, and where each of their values stands on the other.
//!
//! The file names a conversation by its row's number, the database by its id. What a process with a file knows only in
//! memory, and the database by a row or a column, is put together here: the lanes with their heads, the desk that a
//! conversation is at, whether a platform waits for a delivery. Nobody holds a lane of a store at rest.

use super::fields::{Field, Kind};

/// A table of the database, and what the file is asked for its rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What stands behind FROM. Whatever is joined is joined so that no row is lost or doubled.
    pub(super) source: &'static str,
    pub(super) columns: &'static [Column],
    /// The columns by which rows come in one order on both sides; together they name a row.
    pub(super) order: &'static [&'static str],
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What the file is asked for it.
    pub(super) source: &'static str,
}

/// The number that a sequence of the database gives out.
pub(super) const NUMBER: &str = "row";
/// Texts in the order in which PostgreSQL has them, which has no character 0.
pub(super) const STORABLE: &str = "storable";

/// A conversation's id. One that is gone has left its number: what belonged to it belongs to nobody's id, and still to
/// no other's than its like.
macro_rules! conversation {
    ($row:literal) => {
        concat!("coalesce(c.id, unhex(printf('%032x', ", $row, ")))")
    };
}

macro_rules! columns {
    ($($kind:ident $name:literal = $source:expr;)+) => {
        &[$(Column { name: $name, kind: Kind::$kind, source: $source }),+]
    };
}

/// Each with those before it that its rows point to.
pub(super) const ALL: [Table; 20] = [
    Table {
        name: "meta",
        source: "meta",
        columns: columns! {
            Text "name" = "name";
            Bytes "value" = "handover_bytes(value)";
        },
        order: &["name"],
    },
    Table {
        name: "conversations",
        source: "conversations_now",
        columns: columns! {
            Id "id" = "id";
            Text "bot" = "bot";
            Text "realm" = "realm";
            Text "user" = "user";
            // Above every version that pages of the console have seen, which SQLite takes from the clock.
            Integer "revision" = "handover_revision()";
            Integer "version" = "version";
            Text "state" = "state";
            Text "phase" = "phase";
            Integer "wake_at" = "wake_at";
            Integer "updated_at" = "updated_at";
            Integer "observed_since" = "observed_since";
            Switch "handed_over" = "handed_over";
            Text "at_desk" = "handover_desk(state)";
        },
        order: &["id"],
    },
    Table {
        name: "handovers",
        source: "handovers h LEFT JOIN conversations c ON c.row = h.conversation",
        columns: columns! {
            Integer "row" = "h.row";
            Id "id" = "h.id";
            Id "conversation" = conversation!("h.conversation");
            Text "desk" = "h.desk";
            Text "facts" = "h.facts";
            Text "phase" = "h.phase";
            Text "answer" = "h.answer";
            Integer "requested_at" = "h.requested_at";
            Integer "phase_since" = "h.phase_since";
            Integer "ended_at" = "h.ended_at";
            Text "reason" = "h.reason";
            Text "taken" = "h.taken";
            Text "operator" = "h.operator";
        },
        order: &["row"],
    },
    Table {
        name: "legs",
        source: "legs",
        columns: columns! {
            Id "id" = "id";
            Id "handover" = "handover";
            Text "desk" = "desk";
            Text "reference" = "reference";
            Switch "closed" = "closed";
            Text "taken" = "taken";
        },
        order: &["id"],
    },
    Table {
        name: "leg_names",
        source: "leg_names",
        columns: columns! {
            Text "desk" = "desk";
            Text "reference" = "reference";
            Id "leg" = "leg";
        },
        order: &["desk", "reference"],
    },
    Table {
        name: "unmatched_events",
        source: "unmatched_events",
        columns: columns! {
            Integer "row" = "row";
            Text "desk" = "desk";
            Text "reference" = "reference";
            Integer "expires_at" = "expires_at";
            Integer "size" = "size";
            Text "event" = "event";
            Text "keys" = "keys";
        },
        order: &["row"],
    },
    Table {
        name: "messages",
        source: "messages m LEFT JOIN conversations c ON c.row = m.conversation",
        columns: columns! {
            Integer "row" = "m.row";
            Id "id" = "m.id";
            Id "conversation" = conversation!("m.conversation");
            Integer "seq" = "m.seq";
            Text "actor" = "m.actor";
            Integer "at" = "m.at";
            Id "handover" = "m.handover";
            Switch "late" = "m.late";
            Switch "unsaid" = "m.unsaid";
            Text "content" = "m.content";
            Text "raw" = "m.raw";
            Integer "recorded_at" = "m.recorded_at";
        },
        order: &["row"],
    },
    Table {
        name: "deliveries",
        source: "deliveries d LEFT JOIN conversations c ON c.row = d.conversation",
        columns: columns! {
            Integer "row" = "d.row";
            Id "id" = "d.id";
            Id "conversation" = conversation!("d.conversation");
            Id "handover" = "d.handover";
            Id "lane" = "d.lane";
            Text "destination" = "d.destination";
            Integer "ord" = "d.ord";
            Switch "urgent" = "d.urgent";
            Switch "awaited" = "handover_awaited(d.task)";
            Text "task" = "d.task";
            Text "state" = "d.state";
            Integer "attempts" = "d.attempts";
            Integer "due_at" = "d.due_at";
            Text "error_class" = "d.error_class";
            Integer "created_at" = "d.created_at";
            Integer "settled_at" = "d.settled_at";
            Text "trace" = "d.trace";
        },
        order: &["row"],
    },
    Table {
        name: "lanes",
        source: "(SELECT *, row_number() OVER (PARTITION BY lane ORDER BY urgent DESC, ord) AS place \
                 FROM deliveries WHERE settled_at IS NULL) WHERE place = 1",
        columns: columns! {
            Id "id" = "lane";
            Text "destination" = "destination";
            Id "head" = "id";
            Integer "due_at" = "CASE WHEN state = 'pending' AND handover_awaited(task) THEN 0 ELSE due_at END";
            Integer "not_before" = "0";
            Id "owner" = "NULL";
            Integer "fence" = "0";
            Integer "leased_until" = "0";
            Id "flying" = "NULL";
        },
        order: &["id"],
    },
    Table {
        name: "keys",
        source: "keys",
        columns: columns! {
            Bytes "hash" = "hash";
            Integer "day" = "day";
            Id "reference" = "reference";
            Bytes "body" = "body";
        },
        // What is old lies together.
        order: &["day", "hash"],
    },
    Table {
        name: "echoes",
        source: "echoes e LEFT JOIN conversations c ON c.row = e.conversation",
        columns: columns! {
            Integer "row" = "e.row";
            Id "conversation" = conversation!("e.conversation");
            Bytes "fingerprint" = "e.fingerprint";
            Id "delivery" = "e.delivery";
            Integer "expires_at" = "e.expires_at";
        },
        order: &["row"],
    },
    Table {
        name: "journal",
        source: "journal",
        columns: columns! {
            Integer "row" = "row";
            Id "handover" = "handover";
            Integer "at" = "at";
            Text "from_phase" = "from_phase";
            Text "to_phase" = "to_phase";
            Text "cause" = "cause";
            Text "detail" = "detail";
            Text "operator" = "operator";
        },
        order: &["row"],
    },
    Table {
        name: "warnings",
        source: "warnings",
        columns: columns! {
            Text "kind" = "kind";
            Text "subject" = "subject";
            Integer "count" = "count";
            Integer "first_at" = "first_at";
            Integer "last_at" = "last_at";
        },
        order: &["kind", "subject"],
    },
    Table {
        name: "unknown_events",
        source: "unknown_events",
        columns: columns! {
            Integer "row" = "row";
            Id "conversation" = "conversation";
            Integer "at" = "at";
            Text "raw" = "raw";
        },
        order: &["row"],
    },
    Table {
        name: "pauses",
        source: "pauses",
        columns: columns! {
            Text "destination" = "destination";
            Integer "until" = "until";
            Text "because" = "because";
        },
        order: &["destination"],
    },
    Table {
        name: "audit",
        source: "audit",
        columns: columns! {
            Integer "row" = "row";
            Integer "at" = "at";
            Text "actor" = "actor";
            Text "action" = "action";
            Text "subject" = "subject";
        },
        order: &["row"],
    },
    Table {
        name: "erasures",
        source: "erasures",
        columns: columns! {
            Integer "row" = "row";
            Id "id" = "id";
            Switch "at_platform" = "at_platform";
            Integer "requested_at" = "requested_at";
            Integer "finished_at" = "finished_at";
            Integer "conversations" = "conversations";
            Integer "platform_deleted" = "platform_deleted";
            Integer "platform_kept" = "platform_kept";
        },
        order: &["row"],
    },
    Table {
        name: "erasing",
        source: "erasing e LEFT JOIN conversations c ON c.row = e.conversation",
        columns: columns! {
            Id "conversation" = conversation!("e.conversation");
            Id "erasure" = "e.erasure";
            Switch "told" = "e.told";
        },
        order: &["conversation", "erasure"],
    },
    Table {
        name: "console_reads",
        source: "console_reads r LEFT JOIN conversations c ON c.row = r.conversation",
        columns: columns! {
            Id "conversation" = conversation!("r.conversation");
            Text "operator" = "r.operator";
            Integer "seq" = "r.seq";
        },
        order: &["conversation", "operator"],
    },
    Table {
        name: "console_sessions",
        source: "console_sessions",
        columns: columns! {
            Bytes "id" = "id";
            Text "operator" = "operator";
            Integer "begun_at" = "begun_at";
            Integer "seen_at" = "seen_at";
        },
        order: &["id"],
    },
];

impl Table {
    /// What the file is asked for all rows, in order.
    pub(super) fn of_file(&self) -> String {
        let values = self.columns.iter().map(|column| column.source);
        let order = self.ordering().map(|column| match column.kind {
            Kind::Text => format!("{} COLLATE {STORABLE}", column.source),
            _ => column.source.to_owned(),
        });
        select(values, self.source, order)
    }

    /// What the database is asked for the same.
    pub(super) fn of_database(&self) -> String {
        let order = self.ordering().map(|column| match column.kind {
            Kind::Text => format!("\"{}\" COLLATE \"C\"", column.name),
            _ => format!("\"{}\"", column.name),
        });
        select(self.names(), self.name, order)
    }

    /// What the database takes them with. COPY writes numbers as they come, whatever gives them out otherwise.
    pub(super) fn for_database(&self) -> String {
        let names: Vec<String> = self.names().collect();
        format!(
            "COPY {} ({}) FROM STDIN (FORMAT binary)",
            self.name,
            names.join(", ")
        )
    }

    pub(super) fn is_numbered(&self) -> bool {
        self.columns.iter().any(|column| column.name == NUMBER)
    }

    /// How the row is named to an operator.
    pub(super) fn name_of(&self, row: &[Field]) -> String {
        let with_value = |column: &Column| {
            let at = self
                .columns
                .iter()
                .position(|own| own.name == column.name)?;
            Some(format!("{} {}", column.name, row.get(at)?))
        };
        let parts: Vec<String> = self.ordering().filter_map(with_value).collect();
        parts.join(", ")
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
    }

    fn ordering(&self) -> impl Iterator<Item = &Column> {
        let named = |name: &&str| self.columns.iter().find(|column| column.name == *name);
        self.order.iter().filter_map(named)
    }
}

fn select<V: Into<String>>(
    values: impl Iterator<Item = V>,
    from: &str,
    order: impl Iterator<Item = String>,
) -> String {
    let values: Vec<String> = values.map(Into::into).collect();
    let order: Vec<String> = order.collect();
    let (values, order) = (values.join(", "), order.join(", "));
    format!("SELECT {values} FROM {from} ORDER BY {order}")
}
