//! `[[routes]]`: which desk takes whose handovers. The first match wins.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{fault::Problem, name::Name, section::Section, value};

/// The routes in order, each of them reachable.
#[derive(Clone, Debug)]
pub struct Routes(Vec<Route>);

/// One rule of routing.
#[derive(Clone, Debug)]
pub struct Route {
    /// Whose handovers; `None`: every bot's.
    pub bots: Option<Vec<Name>>,
    pub desk: Name,
    /// Takes the handover when the desk refuses or is down.
    pub fallback: Option<Name>,
    /// For the desk to understand; the bridge does not look inside.
    pub options: Map<String, Value>,
}

/// Whose handovers the routes so far take.
#[derive(Debug, Default)]
struct Taken {
    everybody: bool,
    bots: BTreeSet<Name>,
}

/// The names that a route may use, those of faulty tables included: one fault is enough.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bots: BTreeSet<Name>,
    pub(super) desks: BTreeSet<Name>,
}

impl Routes {
    pub fn iter(&self) -> std::slice::Iter<'_, Route> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn read(sections: Vec<Section<'_>>, known: &Known) -> Option<Self> {
        let count = sections.len();
        let mut taken = Taken::default();
        let mut routes = Vec::with_capacity(count);
        for section in sections {
            routes.extend(Route::read(section, known, &mut taken));
        }
        (routes.len() == count).then_some(Self(routes))
    }
}

impl<'a> IntoIterator for &'a Routes {
    type Item = &'a Route;
    type IntoIter = std::slice::Iter<'a, Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Route {
    fn read(mut section: Section<'_>, known: &Known, taken: &mut Taken) -> Option<Self> {
        let names_bots = section.has("bot");
        let bots = section.optional("bot", Name::read_list);
        let desk = section.required(
            "desk",
            Name::read,
            "add the name of the desk that takes these handovers",
        );
        let fallback = section.optional("fallback", Name::read);
        let options = section.optional("options", value::json_table);
        section.not_yet(&["when"]);

        if bots.iter().flatten().any(|bot| !known.bots.contains(bot)) {
            section.fault("bot", Problem::UnknownReference { what: "bot" });
        }
        if desk
            .as_ref()
            .is_some_and(|desk| !known.desks.contains(desk))
        {
            section.fault("desk", Problem::UnknownReference { what: "desk" });
        }
        if fallback
            .as_ref()
            .is_some_and(|fallback| !known.desks.contains(fallback))
        {
            section.fault("fallback", Problem::UnknownReference { what: "desk" });
        }
        if fallback.is_some() && fallback == desk {
            section.fault("fallback", Problem::FallbackIsDesk);
        }
        if bots.is_some() || !names_bots {
            if !taken.leaves_any(bots.as_deref(), known) {
                section.fault_here(Problem::UnreachableRoute);
            }
            taken.add(bots.as_deref());
        }
        section.finish();
        Some(Self {
            bots,
            desk: desk?,
            fallback,
            options: options.unwrap_or_default(),
        })
    }
}

impl Taken {
    /// Whether a route for `bots` (`None`: all) could still be the first to match.
    fn leaves_any(&self, bots: Option<&[Name]>, known: &Known) -> bool {
        if self.everybody {
            return false;
        }
        match bots {
            Some(bots) => bots.iter().any(|bot| !self.bots.contains(bot)),
            None => known.bots.is_empty() || known.bots.iter().any(|bot| !self.bots.contains(bot)),
        }
    }

    fn add(&mut self, bots: Option<&[Name]>) {
        match bots {
            Some(bots) => self.bots.extend(bots.iter().cloned()),
            None => self.everybody = true,
        }
    }
}
