//! `[[routes]]`: which desk takes whose handovers. The first match wins.

use std::collections::BTreeSet;

use super::{fault::Problem, names, section::Section, value};
use crate::domain::{
    ids::{BotName, DeskName},
    policy::Route,
};

/// The names that a route may use, those of faulty tables included: one fault is enough.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bots: BTreeSet<BotName>,
    pub(super) desks: BTreeSet<DeskName>,
}

/// Whose handovers the routes so far take.
#[derive(Debug, Default)]
struct Taken {
    everybody: bool,
    bots: BTreeSet<BotName>,
}

pub(super) fn read_all(sections: Vec<Section<'_>>, known: &Known) -> Vec<Route> {
    let mut taken = Taken::default();
    sections
        .into_iter()
        .filter_map(|section| read(section, known, &mut taken))
        .collect()
}

fn read(mut section: Section<'_>, known: &Known, taken: &mut Taken) -> Option<Route> {
    let every_bot = !section.has("bot");
    let bots: Option<BTreeSet<BotName>> = section.optional("bot", names::read_list);
    let desk = section.required(
        "desk",
        names::read,
        "add the name of the desk that takes these handovers",
    );
    let fallback = section.optional("fallback", names::read);
    let options = section.optional("options", value::json_table);
    section.not_yet(&["when"]);

    if bots.iter().flatten().any(|bot| !known.bots.contains(bot)) {
        section.fault("bot", Problem::UnknownReference { what: "bot" });
    }
    for (key, name) in [("desk", &desk), ("fallback", &fallback)] {
        if name
            .as_ref()
            .is_some_and(|name| !known.desks.contains(name))
        {
            section.fault(key, Problem::UnknownReference { what: "desk" });
        }
    }
    if fallback.is_some() && fallback == desk {
        section.fault("fallback", Problem::FallbackIsDesk);
    }
    if bots.is_some() || every_bot {
        if !taken.leave_any(bots.as_ref(), known) {
            section.fault_here(Problem::UnreachableRoute);
        }
        taken.add(bots.as_ref());
    }
    section.finish();
    Some(Route {
        bots: bots.unwrap_or_default(),
        desk: desk?,
        fallback,
        options: options.unwrap_or_default(),
    })
}

impl Taken {
    /// Whether a route for `bots` (`None`: all) could still be the first to match.
    fn leave_any(&self, bots: Option<&BTreeSet<BotName>>, known: &Known) -> bool {
        if self.everybody {
            return false;
        }
        match bots {
            Some(bots) => !bots.is_subset(&self.bots),
            None => known.bots.is_empty() || !known.bots.is_subset(&self.bots),
        }
    }

    fn add(&mut self, bots: Option<&BTreeSet<BotName>>) {
        match bots {
            Some(bots) => self.bots.extend(bots.iter().cloned()),
            None => self.everybody = true,
        }
    }
}
