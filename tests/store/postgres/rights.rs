//! A role that may not do all that a bridge does.

use handover_bridge::store::{
    Store as _,
    postgres::{OpenError, Options, PostgresStore},
};

use super::Database;
use crate::world::{clock, policy};

/// As docs/operations.md has them.
const GRANTED: &str = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO";
const NUMBERED: &str = "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO";

/// Serves, and owns nothing. Gone with this.
struct Role<'d> {
    database: &'d Database,
    name: String,
}

impl<'d> Role<'d> {
    fn new(database: &'d Database) -> Self {
        let name = format!("{}_serves", database.name);
        database.says(&format!("CREATE ROLE {name} LOGIN"));
        Self { database, name }
    }

    fn is(&self, granted: &str) {
        self.database.says(&format!("{granted} {}", self.name));
    }

    async fn opens(&self) -> Result<PostgresStore, OpenError> {
        let url = self.database.url();
        let url = url.replace("//bridge@", &format!("//{}@", self.name));
        let options = Options {
            url: url.into(),
            migrate: false,
            ..self.database.options(policy(), clock())
        };
        options.open().await
    }

    async fn lacks(&self) -> String {
        self.opens().await.expect_err("it is refused").to_string()
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        self.database
            .says(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

#[tokio::test]
async fn a_role_without_the_rights_of_a_bridge_is_refused_and_told_which_it_lacks() {
    let database = Database::new();
    database.migrated().await;
    let role = Role::new(&database);
    let lacks = role.lacks().await;
    assert!(lacks.contains("SELECT on audit, changes, "), "{lacks}");

    role.is("GRANT SELECT ON ALL TABLES IN SCHEMA public TO");
    let lacks = role.lacks().await;
    for lacking in ["INSERT on audit, changes, ", "USAGE on lane_fences"] {
        assert!(lacks.contains(lacking), "{lacks}");
    }
    assert!(!lacks.contains("SELECT on"), "{lacks}");

    role.is(GRANTED);
    role.is(NUMBERED);
    role.is("REVOKE UPDATE, DELETE ON deliveries FROM");
    database.says("REVOKE EXECUTE ON FUNCTION handover_clock FROM PUBLIC");
    let lacks = role.lacks().await;
    let only = "lacks DELETE on deliveries; EXECUTE on handover_clock; UPDATE on deliveries:";
    assert!(lacks.contains(only), "{lacks}");

    role.is("GRANT UPDATE, DELETE ON deliveries TO");
    role.is("GRANT EXECUTE ON FUNCTION handover_clock TO");
    role.is("REVOKE INSERT, UPDATE, DELETE ON migrations FROM");
    role.opens().await.unwrap().close().await;
    database.until_left().await;
}
