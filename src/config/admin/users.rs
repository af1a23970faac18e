//! `[admin.users.*]`: who may sign in at the console.

use std::collections::BTreeMap;

use argon2::{
    Argon2, Params,
    password_hash::{PasswordHasher as _, phc::PasswordHash},
};
use config::Value;

use crate::{
    config::{
        fault::Problem,
        names,
        secrets::{self, Keys, Rule, Secrets},
        section::Section,
        value,
    },
    domain::ids::OperatorName,
};

/// Somebody who may sign in at the console.
#[derive(Clone, Debug)]
pub struct User {
    /// Argon2id, in the PHC string format; exactly one.
    pub password_hash: Secrets,
    pub role: Role,
    /// What users and colleagues are told; the name of the table where it is left out.
    pub shown_as: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    /// Sees hook URLs as well, and may change what is not a conversation.
    Admin,
}

const PASSWORD_HASH: Keys = Keys {
    key: "password_hash",
    file: "password_hash_file",
    hint: "`handover console user add NAME` makes one",
};
/// KiB that a password takes to be tried: less is guessed too easily, more would take the machine.
const MEMORY: std::ops::RangeInclusive<u32> = 8_192..=262_144;
const LONGEST_NAME: usize = 64;

pub(super) fn read_all(section: Option<Section<'_>>) -> BTreeMap<OperatorName, User> {
    let tables = names::named_tables::<OperatorName>(section).into_iter();
    tables
        .filter_map(|(name, section)| {
            let user = User::read(section);
            Some((name?, user?))
        })
        .collect()
}

impl User {
    /// What stands in the configuration for this password. `None`: the machine has no random bytes or not the memory.
    pub fn hash(password: &str) -> Option<String> {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.ok().map(|hash| hash.to_string())
    }

    fn read(mut section: Section<'_>) -> Option<Self> {
        let hash = secrets::required_one(&mut section, PASSWORD_HASH, Rule::Own(check_hash));
        let role = section.required("role", Role::read, "add role = \"agent\" or \"admin\"");
        let shown_as = section.optional("name", read_name);
        section.finish();
        Some(Self {
            password_hash: hash?,
            role: role?,
            shown_as,
        })
    }
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    fn read(value: &Value) -> Result<Self, Problem> {
        match value::text(value)?.as_str() {
            "agent" => Ok(Self::Agent),
            "admin" => Ok(Self::Admin),
            _ => Err(Problem::NotOneOf("\"agent\", \"admin\"")),
        }
    }
}

fn read_name(value: &Value) -> Result<String, Problem> {
    let name = value::text(value)?.trim().to_owned();
    match name.chars().count() {
        0 => Err(Problem::Empty),
        1..=LONGEST_NAME => Ok(name),
        _ => Err(Problem::Expected("a name of at most 64 characters")),
    }
}

fn check_hash(hash: &str) -> Result<(), Problem> {
    let is_good = PasswordHash::new(hash).is_ok_and(|hash| {
        let is_strong = Params::try_from(&hash).is_ok_and(|params| {
            MEMORY.contains(&params.m_cost()) && (1..=16).contains(&params.t_cost())
        });
        hash.algorithm.as_str() == "argon2id" && hash.hash.is_some() && is_strong
    });
    is_good.then_some(()).ok_or(Problem::NotAPasswordHash)
}
