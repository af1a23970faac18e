//! What somebody has to see to: what it means and what to do.

use maud::{Markup, html};

use crate::{
    console::ages,
    domain::{effect::WarningKind, time::Timestamp},
    store::WarningView,
};

pub(super) fn warnings(warnings: &[WarningView], now: Timestamp) -> Markup {
    if warnings.is_empty() {
        return html! {};
    }
    html! {
        section.sec aria-label="Warnings" {
            div.sec__head { h2 { "Warnings" } p { "Somebody should look at these." } }
            div.table-wrap tabindex="0" role="region" aria-label="Table of warnings" {
                table.table.table--cards {
                    thead { tr {
                        th scope="col" { "What" } th scope="col" { "About" }
                        th scope="col" { "How often" } th scope="col" { "Last" }
                    } }
                    tbody { @for warning in warnings { (row(warning, now)) } }
                }
            }
        }
    }
}

fn row(warning: &WarningView, now: Timestamp) -> Markup {
    let [what, advice] = words(warning.kind);
    html! {
        tr {
            td.full { b { (what) } p { (advice) } }
            td.full.mono { bdi { (warning.subject) } }
            td.num data-label="How often" { (warning.count) }
            td.nowrap.num data-label="Last" { (ages::short(warning.last_at, now)) }
        }
    }
}

const fn words(kind: WarningKind) -> [&'static str; 2] {
    match kind {
        WarningKind::BotNotPaused => [
            "The bot was not paused",
            "It spoke while an agent had the user, or its pause has not succeeded yet. Look at the bot's pause steps and at what it is owed under Deliveries.",
        ],
        WarningKind::UnkeyedHook => [
            "A hook is called without its key",
            "Paste the address with the key, as an admin sees it below, into the settings of the platform.",
        ],
        WarningKind::UnmatchedMessage => [
            "A message could not be matched to a user",
            "The platform named a user whom this bot does not have, or has in several versions. Nobody got the message. Compare what the platform sends with the bot's settings.",
        ],
        WarningKind::NoRoute => [
            "No route leads from this bot to a desk",
            "Whoever asks for a person there is declined. Add the bot to a route of the configuration.",
        ],
        WarningKind::ResumeLate => [
            "The bot takes long to go on",
            "Its user is silent until then. It is tried further; Deliveries says why it fails.",
        ],
        WarningKind::ResumeFailed => [
            "The bot was not told to go on",
            "It may stay silent with this user. Mend the cause, then retry the dead letter under Deliveries.",
        ],
        WarningKind::DeadLetter => [
            "Something was given up",
            "Deliveries says what and why, under dead letters. Mend the cause, then retry it or give it up.",
        ],
        WarningKind::DestinationPaused => [
            "A bot or desk is not called at the moment",
            "It refuses our credentials or its certificate is not good, or it is called too often. Mend it; the pause ends within a minute after that.",
        ],
        WarningKind::DeskRemoved => [
            "A desk is gone from the configuration",
            "Its open conversations were moved on or given back. What it was owed is a dead letter.",
        ],
        WarningKind::BotRemoved => [
            "A bot is gone from the configuration",
            "Its open handovers were ended. What it was owed is a dead letter.",
        ],
        WarningKind::UnknownState => [
            "A newer version wrote this conversation",
            "This version cannot go on with it. Run the newer one again.",
        ],
        WarningKind::ContradictingEvent => [
            "An event of a desk names two conversations",
            "Nobody was told of it. Look at what the desk sends.",
        ],
        WarningKind::OtherBotsEvent => [
            "A desk was sent events of another bot",
            "They are passed over. Correct the webhook at the desk, or its bot in the configuration.",
        ],
        WarningKind::UnknownEvent => [
            "A desk sent an event that the bridge does not know",
            "It is passed over. Look at the desk's settings, or its hook in the configuration.",
        ],
        WarningKind::NotErased => [
            "The platform did not delete a user's data",
            "Everything is gone here. Delete it at the platform by hand.",
        ],
    }
}
