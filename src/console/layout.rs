//! What stands around every page: the head, the rail with the ways to the others, and the place of the page itself.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    assets,
    icons::{icon, mark, sprite},
    session::SignedIn,
    texts,
};
use crate::store::{DEAD_AT_MOST, InboxCounts};

/// For whom a page is made, and where it belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) who: &'a SignedIn,
    pub(super) here: NavItem,
    pub(super) counts: InboxCounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NavItem {
    Inbox,
    Deliveries,
    Health,
    People,
    Audit,
    /// Not on the rail; behind the initials at its foot.
    Account,
}

/// Each does without the others; they meet by events of the page.
const SCRIPTS: [&str; 14] = [
    "live.js", "watch.js", "write.js", "acts.js", "older.js", "long.js", "times.js", "left.js",
    "media.js", "keys.js", "sound.js", "aloud.js", "owed.js", "away.js",
];

/// More do not fit beside their picture; the inbox says how many there are.
const WAITING_AT_MOST: u64 = 100;

const ON_THE_RAIL: [NavItem; 5] = [
    NavItem::Inbox,
    NavItem::Deliveries,
    NavItem::Health,
    NavItem::People,
    NavItem::Audit,
];

impl NavItem {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Inbox => "/console",
            Self::Deliveries => "/console/deliveries",
            Self::Health => "/console/health",
            Self::People => "/console/people",
            Self::Audit => "/console/audit",
            Self::Account => "/console/account",
        }
    }

    /// What it is called, and its picture.
    const fn sign(self) -> (&'static str, &'static str) {
        match self {
            Self::Inbox => (texts::INBOX, "inbox"),
            Self::Deliveries => (texts::deliveries::TITLE, "send-out"),
            Self::Health => (texts::health::TITLE, "pulse"),
            Self::People => (texts::people::TITLE, "people"),
            Self::Audit => (texts::AUDIT, "book"),
            Self::Account => (texts::ACCOUNT, "people"),
        }
    }

    /// The inbox divides its room itself, the others scroll as a whole.
    const fn main_class(self) -> &'static str {
        match self {
            Self::Inbox => "main console",
            _ => "main page scroller",
        }
    }
}

/// A page of somebody who is signed in. `body` brings the one `h1`.
pub(super) fn page(frame: &Frame<'_>, title: &str, body: &Markup) -> Html<String> {
    document(
        &title_of(frame, title),
        "app",
        &html! {
            a.skip href="#main" { (texts::SKIP) }
            (rail(frame))
            main #main class=(frame.here.main_class()) tabindex="-1" { (body) }
        },
    )
}

/// A part of such a page, for the script of one that is open: without what stands still.
pub(super) fn part(frame: &Frame<'_>, title: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (title_of(frame, title)) } }
            body { (ways(frame)) (body) }
        }
    };
    Html(page.into_string())
}

/// A page of somebody who is not signed in. `body` brings the one `h1`.
pub(super) fn bare(title: &str, body: &Markup) -> Html<String> {
    document(
        &html! { (title) " · " (texts::PRODUCT) },
        "gate",
        &html! {
            main.gate__form #main {
                p.gate__brand { (mark()) (texts::PRODUCT) }
                (body)
            }
            aside.gate__view { (view()) p { (texts::GATE_SAYS) } }
        },
    )
}

fn document(title: &Markup, class: &str, body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href=(assets::href("mark.svg"));
                link rel="stylesheet" href=(assets::href("tokens.css"));
                link rel="stylesheet" href=(assets::href("app.css"));
                script src=(assets::href("theme.js")) {}
                @for name in SCRIPTS { script src=(assets::href(name)) type="module" {} }
            }
            body class=(class) { (sprite()) (body) }
        }
    };
    Html(page.into_string())
}

fn title_of(frame: &Frame<'_>, title: &str) -> Markup {
    let waiting = frame.counts.waiting;
    html! { @if waiting > 0 { "(" (waiting) ") " } (title) " · " (texts::PRODUCT) }
}

fn rail(frame: &Frame<'_>) -> Markup {
    let who = frame.who;
    let name = who.called();
    html! {
        nav.rail aria-label=(texts::MAIN_NAVIGATION) {
            a.rail__mark href=(NavItem::Inbox.path()) aria-label=(texts::TO_THE_INBOX) { (mark()) }
            (ways(frame))
            div.rail__foot {
                // Without script they could do nothing, so only the script shows them.
                button.rail__item type="button" data-keys hidden aria-label=(texts::KEYS) title=(texts::KEYS_HINT) { (icon("question")) }
                button.rail__item type="button" data-sound-switch hidden aria-label=(texts::SOUND) title=(texts::SOUND) { (icon("bell")) }
                button.rail__item type="button" data-theme-switch hidden aria-label=(texts::THEME) { (icon("theme")) }
                a.me href=(NavItem::Account.path()) data-who=(who.operator) aria-current=[current(NavItem::Account, frame)] {
                    span aria-hidden="true" { (initials(name)) }
                    span.sr { (texts::account_of(name)) }
                }
            }
        }
    }
}

fn ways(frame: &Frame<'_>) -> Markup {
    html! { ul.rail__list { @for place in ON_THE_RAIL { li { (item(place, frame)) } } } }
}

fn item(place: NavItem, frame: &Frame<'_>) -> Markup {
    let (name, picture) = place.sign();
    let InboxCounts { waiting, dead, .. } = frame.counts;
    html! {
        a.rail__item href=(place.path()) aria-current=[current(place, frame)] {
            (icon(picture))
            span { (name) }
            @if place == NavItem::Inbox && waiting > 0 {
                span.count { (texts::at_most(waiting, WAITING_AT_MOST)) i.sr { (texts::SR_WAITING) } }
            }
            @if place == NavItem::Deliveries && dead > 0 {
                span.count.count--bad { (texts::at_most(dead, DEAD_AT_MOST)) i.sr { (texts::SR_DEAD) } }
            }
        }
    }
}

fn current(place: NavItem, frame: &Frame<'_>) -> Option<&'static str> {
    (place == frame.here).then_some("page")
}

/// The first letters of the first two words.
fn initials(name: &str) -> String {
    name.split(|sign: char| sign.is_whitespace() || sign == '_')
        .filter_map(|word| word.graphemes(true).next())
        .take(2)
        .flat_map(str::chars)
        .flat_map(char::to_uppercase)
        .collect()
}

/// A bridge at dusk, beside the form of who is not signed in.
fn view() -> Markup {
    html! {
        svg viewBox="0 0 900 1000" preserveAspectRatio="xMidYMid slice" aria-hidden="true" {
            circle.view__sun cx="620" cy="330" r="150" {}
            path.view__far d="M0 560c120-70 220-80 330-40s190 10 280-30 200-40 290 10V577H0z" {}
            path.view__bank d="M-20 600c90-10 150 0 190 40s60 90 110 110H-20zM920 590c-110 0-170 20-200 60s-40 80-90 100h290z" {}
            path.view__line d="M230 690V300M670 690V300M-40 545C80 500 180 410 230 302c90 250 350 250 440 0 50 108 150 198 270 243" {}
            path.view__line d="M280 410v165M330 470v105M380 500v75M430 512v63M470 512v63M520 500v75M570 470v105M620 410v165M180 375v200M130 440v135M80 490v85M720 375v200M770 440v135M820 490v85" {}
            path.view__deck d="M-20 577h940" {}
            rect.view__bot x="196" y="541" width="26" height="26" {}
            circle.view__user cx="452" cy="557" r="13" {}
            circle.view__agent cx="700" cy="557" r="13" {}
            path.view__water d="M40 780c30-12 60 12 90 0s60 12 90 0 60 12 90 0 60 12 90 0 60 12 90 0 60 12 90 0 60 12 90 0 60 12 90 0M-10 830c30-12 60 12 90 0s60 12 90 0 60 12 90 0M500 830c30-12 60 12 90 0s60 12 90 0 60 12 90 0" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Role, domain::ids::OperatorName};

    fn named(shown_as: &str) -> SignedIn {
        SignedIn {
            operator: OperatorName::new("ann_peeters").unwrap(),
            shown_as: Some(shown_as.to_owned()),
            role: Role::Agent,
        }
    }

    fn rendered(who: &SignedIn, here: NavItem, waiting: u64) -> String {
        let counts = InboxCounts {
            waiting,
            ..InboxCounts::default()
        };
        counted(who, here, counts)
    }

    fn counted(who: &SignedIn, here: NavItem, counts: InboxCounts) -> String {
        page(
            &Frame { who, here, counts },
            "A <b>title",
            &html! { h1 { "A head" } },
        )
        .0
    }

    #[test]
    fn every_file_and_picture_that_a_page_names_exists() {
        for here in ON_THE_RAIL {
            let page = rendered(&named("Ann"), here, 3);
            assets::assert_all_there(&page);
            crate::console::icons::assert_all_drawn(&page);
        }
        assets::assert_all_there(&bare("Sign in", &html! {}).0);
    }

    #[test]
    fn a_page_says_where_it_is_and_who_waits() {
        let page = rendered(&named("Ann"), NavItem::Inbox, 3);
        assert_eq!(page.matches("aria-current").count(), 1);
        assert!(page.contains(r#"href="/console" aria-current="page""#));
        assert!(page.contains("<title>(3) A &lt;b&gt;title · Handover Bridge</title>"));
        assert!(page.contains(r#"3<i class="sr"> waiting</i>"#));
        let calm = rendered(&named("Ann"), NavItem::Inbox, 0);
        assert!(calm.contains("<title>A &lt;b&gt;title"));
        assert!(!calm.contains("waiting"));
    }

    #[test]
    fn dead_letters_are_counted_behind_their_page_as_far_as_anybody_counts() {
        let dead = |dead| {
            let counts = InboxCounts {
                dead,
                ..InboxCounts::default()
            };
            counted(&named("Ann"), NavItem::Inbox, counts)
        };
        let behind =
            |count| format!(r#"<span class="count count--bad">{count}<i class="sr"> dead letters"#);
        assert!(!dead(0).contains("dead letters"));
        assert!(dead(3).contains(&behind("3")));
        assert!(dead(DEAD_AT_MOST).contains(&behind("99+")));
    }

    #[test]
    fn a_hostile_name_is_text() {
        let page = rendered(&named("\"><script>alert(1)</script>"), NavItem::Inbox, 0);
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;: account"));
    }

    #[test]
    fn nothing_in_a_page_needs_more_than_the_policy_allows() {
        for page in [
            rendered(&named("Ann"), NavItem::Inbox, 1),
            bare("Sign in", &html! {}).0,
        ] {
            assert!(!page.contains(" style="));
            assert!(!page.contains("<style"));
            let is_handler = |rest: &str| {
                rest.split_once('=')
                    .is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase()))
            };
            assert!(!page.split(" on").skip(1).any(is_handler));
            assert_eq!(
                page.matches("<script").count(),
                page.matches("<script src=\"/console/").count()
            );
        }
    }

    #[test]
    fn initials_are_of_two_words_in_any_script() {
        assert_eq!(initials("Ann Peeters van Gent"), "AP");
        assert_eq!(initials("ann_peeters"), "AP");
        assert_eq!(initials("山田 花子"), "山花");
        assert_eq!(initials("Émile"), "É");
        assert_eq!(initials(""), "");
    }
}
