//! How bots and desks are called in labels.

use std::collections::BTreeSet;

use crate::domain::{
    delivery::Destination,
    ids::{BotName, DeskName},
};

/// The bots and desks of the configuration. All others have one name, so that a series of what was removed is there
/// before anything becomes of what it was owed, and ends with nobody's name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    bots: BTreeSet<BotName>,
    desks: BTreeSet<DeskName>,
}

/// No name has parentheses.
pub const REMOVED: &str = "(removed)";
/// Of a handover for which no desk has been asked.
pub const NO_DESK: &str = "(none)";

impl Names {
    pub fn new<'a>(
        bots: impl IntoIterator<Item = &'a BotName>,
        desks: impl IntoIterator<Item = &'a DeskName>,
    ) -> Self {
        Self {
            bots: bots.into_iter().cloned().collect(),
            desks: desks.into_iter().cloned().collect(),
        }
    }

    pub fn bot<'a>(&self, bot: &'a BotName) -> &'a str {
        let known = self.bots.contains(bot);
        if known { bot.as_str() } else { REMOVED }
    }

    pub fn desk<'a>(&self, desk: &'a DeskName) -> &'a str {
        let known = self.desks.contains(desk);
        if known { desk.as_str() } else { REMOVED }
    }

    /// Where there may be none.
    pub fn asked<'a>(&self, desk: Option<&'a DeskName>) -> &'a str {
        desk.map_or(NO_DESK, |desk| self.desk(desk))
    }

    pub fn destination(&self, to: &Destination) -> String {
        let known = match to {
            Destination::Bot(bot) => self.bots.contains(bot),
            Destination::Desk(desk) => self.desks.contains(desk),
        };
        if known {
            to.to_string()
        } else {
            REMOVED.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_configuration_is_called_by_it_and_any_other_is_gone() {
        let bot = BotName::new("webshop").unwrap();
        let desk = DeskName::new("live").unwrap();
        let names = Names::new([&bot], [&desk]);
        assert_eq!((names.bot(&bot), names.desk(&desk)), ("webshop", "live"));
        assert_eq!(names.destination(&Destination::Bot(bot)), "bot:webshop");
        assert_eq!(names.destination(&Destination::Desk(desk)), "desk:live");
        // A desk may be called as a bot is.
        let bot = BotName::new("live").unwrap();
        let desk = DeskName::new("webshop").unwrap();
        assert_eq!((names.bot(&bot), names.desk(&desk)), (REMOVED, REMOVED));
        assert_eq!(names.destination(&Destination::Bot(bot)), REMOVED);
        assert_eq!(
            (names.asked(Some(&desk)), names.asked(None)),
            (REMOVED, NO_DESK)
        );
        assert_eq!(names.destination(&Destination::Desk(desk)), REMOVED);
    }
}
