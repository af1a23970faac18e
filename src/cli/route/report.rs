//! What `handover route` found out, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::{
    config::Config,
    domain::{
        ids::DeskName,
        policy::{Conditions, Policy},
        reason::Ours,
        routing::{Choice, Condition, Facts, Mismatch, Unavailable},
        time::Timestamp,
    },
};

pub(super) struct Report<'c> {
    config: &'c Config,
    policy: &'c Policy,
    facts: &'c Facts<'c>,
    at: Timestamp,
    /// The routes up to the one that matches, each with what does not fit.
    tried: Vec<Option<Mismatch<'c>>>,
    choice: Option<Choice>,
    /// The desks of the choice, each with why it is not asked.
    desks: Vec<(DeskName, Option<Unavailable>)>,
}

impl<'c> Report<'c> {
    pub(super) fn new(
        (config, policy): (&'c Config, &'c Policy),
        facts: &'c Facts<'c>,
        (at, conditions): (Timestamp, &Conditions),
    ) -> Self {
        let mut tried = Vec::new();
        for route in &policy.routes {
            let mismatch = route.mismatch(facts);
            tried.push(mismatch);
            if mismatch.is_none() {
                break;
            }
        }
        let choice = policy.choose(facts);
        let asked = choice.iter().flat_map(|choice| &choice.desks);
        let desks = asked
            .map(|desk| (desk.clone(), policy.unavailable(desk, conditions, at)))
            .collect();
        Self {
            config,
            policy,
            facts,
            at,
            tried,
            choice,
            desks,
        }
    }

    /// Why no desk would be asked; none if one would.
    pub(super) fn declined(&self) -> Option<&'static str> {
        if !self.bot_is_enabled() {
            return Some(Ours::BotDisabled.label());
        }
        if self.asked().is_some() {
            return None;
        }
        let first = self.desks.iter().find_map(|(_, why)| *why);
        Some(first.map_or(Ours::NoRoute.label(), Unavailable::label))
    }

    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} asks for an agent at {}", self.facts.bot, self.at)?;
        if !self.bot_is_enabled() {
            writeln!(
                out,
                "  bots.{} is not enabled, so it gets none",
                self.facts.bot
            )?;
        }
        if self.policy.routes.is_empty() {
            writeln!(out, "  no routes are configured")?;
        }
        for (place, mismatch) in self.tried.iter().enumerate() {
            match mismatch {
                None => writeln!(out, "  routes[{place}] matches")?,
                Some(mismatch) => {
                    writeln!(
                        out,
                        "  routes[{place}] does not match: {}",
                        self.why(*mismatch)
                    )?;
                }
            }
        }
        match &self.choice {
            None => writeln!(out, "  no route matches, and there is not exactly one desk")?,
            Some(Choice { route: None, .. }) => {
                writeln!(out, "  no route matches, so the only desk is asked")?;
            }
            Some(_) => {}
        }
        for (desk, why) in &self.desks {
            writeln!(out, "  desk {desk}: {}", self.state(desk, *why))?;
        }
        if let Some(choice) = self
            .choice
            .as_ref()
            .filter(|choice| !choice.options.is_empty())
        {
            writeln!(out, "  options: {}", Value::Object(choice.options.clone()))?;
        }
        if self.policy.waits_for_session(self.facts) {
            writeln!(out, "  {}", self.about_session())?;
        }
        match (self.declined(), self.asked()) {
            (None, Some(desk)) => writeln!(out, "{desk} is asked"),
            (reason, _) => writeln!(out, "declined: {}", reason.unwrap_or(Ours::NoRoute.label())),
        }
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let routes: Vec<Value> = self
            .tried
            .iter()
            .enumerate()
            .map(|(place, mismatch)| match mismatch {
                None => json!({"route": place, "matches": true}),
                Some(Mismatch::Bot) => json!({"route": place, "matches": false, "unmet": "bot"}),
                Some(Mismatch::Condition(condition)) => json!({
                    "route": place,
                    "matches": false,
                    "unmet": condition.of.to_string(),
                    "wanted": texts(&condition.any_of),
                    "found": texts(&condition.of.found(self.facts)),
                }),
            })
            .collect();
        let desks: Vec<Value> = self
            .desks
            .iter()
            .map(|(desk, why)| json!({"desk": desk, "unavailable": why}))
            .collect();
        let asked = self.asked().filter(|_| self.bot_is_enabled());
        let choice = self.choice.as_ref();
        let report = json!({
            "bot": self.facts.bot,
            "at": self.at,
            "routes": routes,
            "route": choice.and_then(|choice| choice.route),
            "desks": desks,
            "desk": asked,
            "options": choice.map(|choice| &choice.options),
            "declined": self.declined(),
            "waits_for_session": self.policy.waits_for_session(self.facts),
        });
        writeln!(out, "{report}")
    }

    fn bot_is_enabled(&self) -> bool {
        let bot = self.policy.bots.get(self.facts.bot);
        bot.is_some_and(|bot| bot.enabled)
    }

    fn asked(&self) -> Option<&DeskName> {
        let open = self.desks.iter().find(|(_, why)| why.is_none());
        open.map(|(desk, _)| desk)
    }

    fn why(&self, mismatch: Mismatch<'_>) -> String {
        let Mismatch::Condition(Condition { of, any_of }) = mismatch else {
            return "it is for other bots".to_owned();
        };
        let wanted = texts(any_of).join(" or ");
        let found = texts(&of.found(self.facts));
        if found.is_empty() {
            format!("{of} is not given, {wanted} is wanted")
        } else {
            format!("{of} is {}, {wanted} is wanted", found.join(" and "))
        }
    }

    fn state(&self, desk: &DeskName, why: Option<Unavailable>) -> String {
        let of_desk = self.config.desks.get(desk);
        let hours = of_desk.and_then(|desk| desk.hours.as_ref());
        let local = hours
            .and_then(|name| self.config.hours.get(name))
            .and_then(|hours| Some((hours.wall(self.at)?, hours.zone()?)))
            .map(|(wall, zone)| format!(", {} in {zone}", wall.strftime("%a %H:%M")))
            .unwrap_or_default();
        match (why, hours) {
            (Some(Unavailable::OutsideHours), Some(name)) => {
                format!("closed by hours.{name}{local}")
            }
            (Some(Unavailable::Disabled), _) => "not enabled".to_owned(),
            (Some(why), _) => why.to_string(),
            (None, hours) => {
                let open = hours.map_or_else(
                    || "always open".to_owned(),
                    |name| format!("open by hours.{name}{local}"),
                );
                let most = of_desk.and_then(|desk| desk.max_open);
                let most = most.map(|most| format!(", unless it has {most} handovers by then"));
                let wants_agent = of_desk.is_some_and(|desk| desk.kind.requires_agent());
                let agent = if wants_agent {
                    ", unless no agent is there by then"
                } else {
                    ""
                };
                format!("{open}{}{agent}", most.unwrap_or_default())
            }
        }
    }

    fn about_session(&self) -> &'static str {
        let bot = self.policy.bots.get(self.facts.bot);
        if bot.is_some_and(|bot| bot.look_ups.session) {
            "session data may decide otherwise: the bridge asks the platform for it; give it by --session"
        } else {
            "session data would decide, but the bridge cannot read it of this bot: such a route never matches"
        }
    }
}

fn texts(scalars: &[impl ToString]) -> Vec<String> {
    scalars.iter().map(ToString::to_string).collect()
}
