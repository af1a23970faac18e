//! Whether the role may do all that a bridge does. Whatever it may not would show when it is needed, as a step that fails,
//! while the probe, which writes one row, finds the store ready.

use tokio_postgres::{
    GenericClient,
    types::{ToSql, Type},
};

use super::{OpenError, fault::Fault, schema};

/// The rights that are missing, each with what it is missing on. Numbers of rows are drawn without a right of their own.
const LACKING: &str = "WITH lacking (what, may) AS ( \
         SELECT what, may FROM unnest($1) what, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) may \
             WHERE has_table_privilege(to_regclass(what), may) IS NOT TRUE \
         UNION ALL SELECT what, 'USAGE' FROM unnest($2) what \
             WHERE has_sequence_privilege(to_regclass(what), 'USAGE') IS NOT TRUE \
         UNION ALL SELECT proname::text, 'EXECUTE' FROM pg_proc WHERE proname = ANY($3) \
             AND pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('migrations')) \
             AND NOT has_function_privilege(oid, 'EXECUTE')), \
     each (told) AS (SELECT may || ' on ' || string_agg(what, ', ' ORDER BY what COLLATE \"C\") FROM lacking GROUP BY may) \
     SELECT string_agg(told, '; ' ORDER BY told COLLATE \"C\") FROM each";

pub(super) async fn refuse_without(client: &impl GenericClient) -> Result<(), OpenError> {
    let made = |kind| schema::made(kind).collect::<Vec<_>>();
    let (tables, sequences, functions) = (made("TABLE"), made("SEQUENCE"), made("FUNCTION"));
    let names = Type::TEXT_ARRAY;
    let values: [(&(dyn ToSql + Sync), _); 3] = [
        (&tables, names.clone()),
        (&sequences, names.clone()),
        (&functions, names),
    ];
    let rows = client.query_typed(LACKING, &values).await;
    let rows = rows.map_err(Fault::from)?;
    let row = rows.first().ok_or(Fault::Missing)?;
    match row.try_get(0).map_err(Fault::from)? {
        None => Ok(()),
        Some(lacking) => Err(OpenError::Rights { lacking }),
    }
}
