//! `handover console user add`: makes the table of somebody who may sign in at the console. Writes nothing down.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::{Args, Subcommand, ValueEnum};

use super::Error;
use crate::{config::User, domain::ids::OperatorName};

/// What is done about the console.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Those who may sign in
    #[command(subcommand)]
    User(OfUsers),
}

#[derive(Debug, Subcommand)]
pub(super) enum OfUsers {
    /// Ask for a password and print the table for the configuration
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What whoever it is signs in with: a-z, 0-9 and _
    #[arg(value_name = "NAME")]
    name: OperatorName,
    /// What they may do
    #[arg(long, value_enum, default_value = "agent")]
    role: Role,
    /// Read the password from standard input, one line, and do not ask
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Conversations, deliveries, health
    Agent,
    /// Also hook URLs, metrics, the admin API, retrying many at once, colleagues' conversations, and signing others out
    Admin,
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnfitPassword {
    #[error("a password has at least {LEAST} characters")]
    Short,
    #[error("a password has at most {MOST} bytes")]
    Long,
    #[error("a password is not the name")]
    Name,
    #[error("the two passwords are not the same")]
    Different,
    #[error("no terminal to ask on: use --password-stdin")]
    NoTerminal,
}

const LEAST: usize = 12;
const MOST: usize = 512;

pub(super) fn run(action: Action) -> Result<(), Error> {
    let Action::User(OfUsers::Add(add)) = action;
    let password = if add.password_stdin {
        from_stdin()?
    } else {
        ask(&add.name)?
    };
    fits(&add.name, &password)?;
    let hash = User::hash(&password).ok_or(Error::Unhashable)?;
    write!(io::stdout(), "{}", table(&add, &hash))?;
    Ok(())
}

fn from_stdin() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask(name: &OperatorName) -> Result<String, Error> {
    if !io::stdin().is_terminal() {
        return Err(UnfitPassword::NoTerminal.into());
    }
    let first = rpassword::prompt_password(format!("Password for {name}: "))?;
    let second = rpassword::prompt_password("The same again: ")?;
    if first == second {
        Ok(first)
    } else {
        Err(UnfitPassword::Different.into())
    }
}

fn fits(name: &OperatorName, password: &str) -> Result<(), UnfitPassword> {
    if password.chars().count() < LEAST {
        return Err(UnfitPassword::Short);
    }
    if password.len() > MOST {
        return Err(UnfitPassword::Long);
    }
    if password.eq_ignore_ascii_case(name.as_str()) {
        return Err(UnfitPassword::Name);
    }
    Ok(())
}

fn table(add: &Add, hash: &str) -> String {
    let Add { name, role, .. } = add;
    let role = match role {
        Role::Agent => "agent",
        Role::Admin => "admin",
    };
    format!(
        "# Put this into the configuration and restart the bridge.\n\
         [admin.users.{name}]\n\
         password_hash = \"{hash}\"\n\
         role = \"{role}\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_name() {
        let name = OperatorName::new("annabelle_smith").unwrap();
        for (password, fit) in [
            ("eleven char", Err(UnfitPassword::Short)),
            ("twelve chars", Ok(())),
            ("Annabelle_Smith", Err(UnfitPassword::Name)),
            (&"x".repeat(MOST + 1), Err(UnfitPassword::Long)),
        ] {
            assert_eq!(fits(&name, password), fit, "{password}");
        }
    }
}
