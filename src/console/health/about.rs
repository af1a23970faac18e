//! Where there is more to see of what a warning is about.

use uuid::Uuid;

use crate::{
    console::state::Endpoints,
    domain::{
        delivery::Destination,
        effect::WarningKind,
        ids::{BotName, DeskName},
    },
    store::WarningView,
};

/// None: it is not known here, or no longer.
pub(super) fn address(warning: &WarningView, endpoints: &Endpoints) -> Option<String> {
    let subject = warning.subject.as_str();
    match warning.kind {
        WarningKind::DeadLetter | WarningKind::UnknownState => handover(subject),
        WarningKind::BotNotPaused => {
            handover(subject).or_else(|| bot(subject, endpoints).as_ref().map(card))
        }
        WarningKind::DestinationPaused => {
            let destination: Destination = subject.parse().ok()?;
            Some(format!("/console/deliveries?destination={destination}"))
        }
        WarningKind::ResumeLate => {
            let bot = bot(subject, endpoints)?;
            Some(format!("/console/deliveries?destination={bot}"))
        }
        WarningKind::ResumeFailed => {
            let bot = bot(subject, endpoints)?;
            Some(format!("/console/deliveries?state=dead&destination={bot}"))
        }
        WarningKind::UnkeyedHook
        | WarningKind::UnmatchedMessage
        | WarningKind::NoRoute
        | WarningKind::BotRemoved
        | WarningKind::NotErased => bot(subject, endpoints).as_ref().map(card),
        WarningKind::DeskRemoved
        | WarningKind::ContradictingEvent
        | WarningKind::OtherBotsEvent
        | WarningKind::UnknownEvent => desk(subject, endpoints).as_ref().map(card),
        WarningKind::Restored => None,
    }
}

/// The handover that it is about.
pub(super) fn handover_of(warning: &WarningView) -> Option<Uuid> {
    use WarningKind::{BotNotPaused, DeadLetter, UnknownState};
    let is_of_one = matches!(warning.kind, BotNotPaused | DeadLetter | UnknownState);
    warning.subject.parse().ok().filter(|_| is_of_one)
}

/// What the card of a bot or desk on the page of their health is called.
pub(super) fn card_id(of: &Destination) -> String {
    match of {
        Destination::Bot(name) => format!("bot-{name}"),
        Destination::Desk(name) => format!("desk-{name}"),
    }
}

fn card(of: &Destination) -> String {
    format!("#{}", card_id(of))
}

fn handover(subject: &str) -> Option<String> {
    let id: Uuid = subject.parse().ok()?;
    Some(format!("/console/handovers/{id}"))
}

fn bot(subject: &str, endpoints: &Endpoints) -> Option<Destination> {
    let name: BotName = subject.parse().ok()?;
    endpoints
        .bots
        .contains(&name)
        .then_some(Destination::Bot(name))
}

fn desk(subject: &str, endpoints: &Endpoints) -> Option<Destination> {
    let name: DeskName = subject.parse().ok()?;
    endpoints
        .desks
        .contains(&name)
        .then_some(Destination::Desk(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn leads(kind: WarningKind, subject: &str) -> Option<String> {
        let endpoints = Endpoints {
            bots: vec!["webshop".parse().unwrap()],
            desks: vec!["team".parse().unwrap()],
            ..Endpoints::default()
        };
        let warning = WarningView {
            kind,
            subject: subject.to_owned(),
            count: 1,
            first_at: Timestamp::default(),
            last_at: Timestamp::default(),
        };
        address(&warning, &endpoints)
    }

    #[test]
    fn a_warning_leads_to_what_it_is_about() {
        use WarningKind::{
            BotNotPaused, DeadLetter, DestinationPaused, ResumeFailed, ResumeLate, UnkeyedHook,
            UnknownEvent,
        };
        let id = "00000000-0000-0000-0000-000000000007";
        let handover = format!("/console/handovers/{id}");
        for (kind, subject, address) in [
            (DeadLetter, id, handover.as_str()),
            (BotNotPaused, id, &handover),
            (BotNotPaused, "webshop", "#bot-webshop"),
            (UnkeyedHook, "webshop", "#bot-webshop"),
            (UnknownEvent, "team", "#desk-team"),
            (
                ResumeLate,
                "webshop",
                "/console/deliveries?destination=bot:webshop",
            ),
            (
                ResumeFailed,
                "webshop",
                "/console/deliveries?state=dead&destination=bot:webshop",
            ),
            (
                DestinationPaused,
                "desk:team",
                "/console/deliveries?destination=desk:team",
            ),
        ] {
            assert_eq!(leads(kind, subject).as_deref(), Some(address), "{kind:?}");
        }
    }

    #[test]
    fn what_is_not_known_leads_nowhere() {
        for kind in WarningKind::ALL {
            for subject in ["gone", "\"><script>", "javascript:alert(1)", ""] {
                assert_eq!(leads(kind, subject), None, "{kind:?} {subject}");
            }
        }
    }
}
