//! Every page of the console in each of its states, for those who look at pages.

mod street;

use serde_json::json;

use self::street::{Street, street};
use crate::{browser::signed_in_at, webdriver::Browser, world::World};

/// A page in one of its states.
#[derive(Clone)]
pub struct View {
    pub name: &'static str,
    address: String,
    /// Brings it into the state, once it is loaded.
    act: &'static str,
    /// Stands there then.
    sign: &'static str,
}

/// Views of one world in a browser that may see them.
pub struct Gallery {
    pub browser: Browser,
    pub views: Vec<View>,
    _world: World,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

const UNFOLD_WRITING: &str = "for (const it of ['ready', 'choices', 'attachment']) { const tool = document.getElementById(it); tool.removeAttribute('name'); tool.open = true; }";
const UNFOLD_ACTS: &str = "for (const tool of document.querySelectorAll('.acts details')) { tool.removeAttribute('name'); tool.open = true; }";
const UNFOLD_JOURNEYS: &str = "for (const it of document.querySelectorAll('.after, .raw')) it.open = true; document.querySelector('.after').scrollIntoView()";
const SUBMIT: &str = "document.querySelector('#write').value = ' '; HTMLFormElement.prototype.submit.call(document.querySelector('.compose'))";
const READ_FURTHER_UP: &str = "document.querySelector('.talk__scroll').scrollTop = -1000";
const SHOW_KEYS: &str = "document.querySelector('[data-keys]').click()";
const SHOW_CONTEXT: &str = "document.querySelector('.talk__more').click()";

const REFUSE: &str = "document.querySelector('#name').value = 'ann'; document.querySelector('#password').value = 'x'; document.querySelector('form').submit()";

impl Gallery {
    /// The inbox and conversations, as an agent sees them.
    pub async fn of_work() -> Self {
        let street = street().await;
        let (root, browser) = entered(&street.world, "ann").await;
        let at = |name, page: &str, act, sign| view(name, &root, (page, act, sign));
        let Street {
            world,
            claimed,
            waiting,
            with_colleague,
            with_bot,
            closed,
        } = street;
        let views = vec![
            at("inbox", "/console", "", ".row"),
            at("inbox-open", "/console?list=open", "", ".row"),
            at("inbox-closed", "/console?list=closed", "", ".row"),
            at(
                "search-without-result",
                "/console?q=nobody+of+that+name",
                "",
                "#inbox",
            ),
            at("keys", "/console", SHOW_KEYS, "dialog[open]"),
            at("waiting", &waiting, "", "form.claim"),
            at("claimed", &claimed, "", "#write"),
            at(
                "claimed-read-further-up",
                &claimed,
                READ_FURTHER_UP,
                "#write",
            ),
            at(
                "claimed-writing-unfolded",
                &claimed,
                UNFOLD_WRITING,
                "#replies",
            ),
            at("claimed-acts-unfolded", &claimed, UNFOLD_ACTS, "#note"),
            at(
                "claimed-journeys-unfolded",
                &claimed,
                UNFOLD_JOURNEYS,
                ".after[open]",
            ),
            at("claimed-about", &claimed, SHOW_CONTEXT, "#context"),
            at("refused", &claimed, SUBMIT, ".compose__fault"),
            at("with-a-colleague", &with_colleague, UNFOLD_ACTS, ".ended"),
            at("with-the-bot", &with_bot, "", ".ended"),
            at("closed", &closed, "", ".ended"),
        ];
        Self {
            browser,
            views,
            _world: world,
        }
    }

    /// All the rest, as an admin sees it.
    pub async fn of_repair() -> Self {
        let Street { world, .. } = street().await;
        let (root, browser) = entered(&world, "ben").await;
        browser
            .go(&format!("{root}/console/deliveries?state=dead"))
            .await;
        let path = async |selector: &str| {
            let read =
                format!("return document.querySelector(\"{selector}\").getAttribute('href')");
            let path = browser.script(&read).await;
            path.as_str().unwrap_or_else(|| panic!("{path}")).to_owned()
        };
        let (skip, all) = (
            path("a[href*='/skip']").await,
            path("a[href*='/retry-all']").await,
        );
        let at = |name, page: &str| view(name, &root, (page, "", "h1"));
        let unknown = "/console/conversations/00000000-0000-0000-0000-000000000001";
        let views = vec![
            at("deliveries-retrying", "/console/deliveries"),
            at("deliveries-dead", "/console/deliveries?state=dead"),
            at(
                "deliveries-none",
                "/console/deliveries?state=dead&class=busy",
            ),
            at("deliveries-skip", &skip),
            at("deliveries-retry-all", &all),
            at("health", "/console/health"),
            at("people", "/console/people"),
            at("people-sign-out", "/console/people/sign-out?who=ann"),
            at("audit", "/console/audit"),
            at("account", "/console/account"),
            at("not-found", unknown),
        ];
        Self {
            browser,
            views,
            _world: world,
        }
    }

    /// With nobody there, or nothing that works.
    pub async fn of_silence() -> Self {
        let world = World::new();
        let (root, browser) = entered(&world, "ben").await;
        let at = |name, page: &str| view(name, &root, (page, "", "h1"));
        let views = vec![
            at("inbox-empty", "/console"),
            at("inbox-empty-bot", "/console?list=bot"),
            at("deliveries-empty", "/console/deliveries"),
            at("health-quiet", "/console/health"),
        ];
        Self {
            browser,
            views,
            _world: world,
        }
    }

    /// Before anybody has signed in, and with a store that fails.
    pub async fn of_the_gate() -> Self {
        let world = World::new();
        let (root, browser) = entered(&world, "ann").await;
        world.lose("console_sessions");
        let whole = World::new();
        let gate = whole.served().await;
        let views = vec![
            view("sign-in", &gate, ("/console/sign-in", "", "#password")),
            view(
                "sign-in-refused",
                &gate,
                ("/console/sign-in", REFUSE, "[aria-invalid]"),
            ),
            view("store-fault", &root, ("/console", "", "h1")),
        ];
        Self {
            browser,
            views,
            _world: world,
        }
    }

    pub async fn show(&self, view: &View) {
        self.browser.go(&view.address).await;
        if !view.act.is_empty() {
            self.browser.script(view.act).await;
        }
        self.browser.find("css selector", view.sign).await;
    }

    /// As the reader's system asks for.
    pub async fn put_on(&self, theme: Theme) {
        let value = if theme == Theme::Dark {
            "dark"
        } else {
            "light"
        };
        let features = [
            json!({"name": "prefers-color-scheme", "value": value}),
            json!({"name": "prefers-reduced-motion", "value": "reduce"}),
        ];
        let params = json!({"features": features});
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": params});
        self.browser.post("goog/cdp/execute", command).await;
    }
}

async fn entered(world: &World, name: &str) -> (String, Browser) {
    let root = world.served().await;
    let browser = signed_in_at(name, &root, "/console/account").await;
    (root, browser)
}

fn view(
    name: &'static str,
    root: &str,
    (page, act, sign): (&str, &'static str, &'static str),
) -> View {
    View {
        name,
        address: format!("{root}{page}"),
        act,
        sign,
    }
}
