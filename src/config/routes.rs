//! `[[routes]]`: which desk takes whose handovers. The first match wins.

mod when;

use std::collections::BTreeSet;

use config::Value;

use super::{fault::Problem, names, section::Section, value};
use crate::domain::{
    ids::{BotName, DeskName},
    routing::{Condition, Route, leaves_nothing},
};

/// The names that a route may use, those of faulty tables included: one fault is enough.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bots: BTreeSet<BotName>,
    pub(super) desks: BTreeSet<DeskName>,
}

/// Whose handovers a route takes, wherever it leads.
#[derive(Debug)]
struct Taking {
    /// None: every bot's.
    bots: Option<BTreeSet<BotName>>,
    when: Vec<Condition>,
}

pub(super) fn read_all(sections: Vec<Section<'_>>, known: &Known) -> Vec<Route> {
    let mut before = Vec::new();
    sections
        .into_iter()
        .filter_map(|section| read(section, known, &mut before))
        .collect()
}

fn read(mut section: Section<'_>, known: &Known, before: &mut Vec<Taking>) -> Option<Route> {
    let taking = read_taking(&mut section, known);
    if let Some(taking) = &taking
        && taking.is_left_nothing(before, known)
    {
        section.fault_here(Problem::UnreachableRoute);
    }
    let desk = section.required(
        "desk",
        |value| known.desk(value),
        "add the name of the desk that takes these handovers",
    );
    let mut asked: BTreeSet<DeskName> = desk.iter().cloned().collect();
    let fallbacks = section.filled_list("fallback", |value| {
        let name = known.desk(value)?;
        let is_another = asked.insert(name.clone());
        is_another.then_some(name).ok_or(Problem::DeskTwice)
    });
    let options = section.optional("options", value::json_table);
    section.finish();
    let (bots, when) = taking
        .as_ref()
        .map(|taking| (taking.bots.clone().unwrap_or_default(), taking.when.clone()))
        .unwrap_or_default();
    before.extend(taking);
    Some(Route {
        bots,
        when,
        desk: desk?,
        fallbacks: fallbacks.unwrap_or_default(),
        options: options.unwrap_or_default(),
    })
}

/// None if a fault was found in it.
fn read_taking(section: &mut Section<'_>, known: &Known) -> Option<Taking> {
    let every_bot = !section.has("bot");
    let bots = section.filled_list("bot", |value| known.bot(value));
    let bots = bots.map(BTreeSet::from_iter);
    let when = section.table("when").and_then(when::read);
    (every_bot || bots.is_some()).then_some(Taking { bots, when: when? })
}

impl Known {
    fn bot(&self, value: &Value) -> Result<BotName, Problem> {
        let bot = Some(names::read(value)?).filter(|bot| self.bots.contains(bot));
        bot.ok_or(Problem::UnknownReference { what: "bot" })
    }

    fn desk(&self, value: &Value) -> Result<DeskName, Problem> {
        let desk = Some(names::read(value)?).filter(|desk| self.desks.contains(desk));
        desk.ok_or(Problem::UnknownReference { what: "desk" })
    }
}

impl Taking {
    /// Every handover that it could take is taken by one of those before it.
    fn is_left_nothing(&self, before: &[Self], known: &Known) -> bool {
        let taken = |bot: Option<&BotName>| {
            before.iter().any(|other| {
                let same_bot = match (&other.bots, bot) {
                    (None, _) => true,
                    (Some(bots), Some(bot)) => bots.contains(bot),
                    (Some(_), None) => false,
                };
                same_bot && leaves_nothing(&other.when, &self.when)
            })
        };
        let bots = self.bots.as_ref().unwrap_or(&known.bots);
        taken(None) || (!bots.is_empty() && bots.iter().all(|bot| taken(Some(bot))))
    }
}
