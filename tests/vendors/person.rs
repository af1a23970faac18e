//! Somebody at the console, who knows what the pages show and does what their forms do.

use std::{net::SocketAddr, sync::LazyLock};

use form_urlencoded::Serializer;
use handover_bridge::config::User;

use crate::form::{PASSWORD, sign_in, turns, unseen};

#[derive(Debug)]
pub struct Person {
    http: reqwest::Client,
    root: String,
    cookie: String,
}

/// A conversation at the console.
#[derive(Clone, Debug)]
pub struct Page {
    pub path: String,
    pub body: String,
}

/// Everything that can be done to a handover, but for notes.
pub const ACTS: [(&str, &[(&str, &str)]); 5] = [
    ("claim", &[]),
    ("reply", &[("text", "by mistake")]),
    ("assign", &[("to", "ann")]),
    ("transfer", &[("desk", "red")]),
    ("close", &[("reason", "solved")]),
];

/// The table of somebody in the configuration.
pub fn table() -> String {
    static HASH: LazyLock<Option<String>> = LazyLock::new(|| User::hash(PASSWORD));
    let hash = HASH.as_deref().unwrap();
    format!("{{ password_hash = \"{hash}\", role = \"agent\" }}")
}

impl Person {
    pub async fn sign_in(address: SocketAddr, name: &str) -> Self {
        let mut person = Self {
            http: client(),
            root: format!("http://{address}"),
            cookie: String::new(),
        };
        let answer = person.posts("/console/sign-in", sign_in(name)).await;
        let cookie = answer.headers().get("set-cookie").unwrap();
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
        cookie.clone_into(&mut person.cookie);
        person
    }

    pub async fn reads(&self, path: &str) -> String {
        let call = self.http.get(format!("{}{path}", self.root));
        let answer = call.header("cookie", &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// The conversation of this user that is open at this desk.
    pub async fn finds(&self, (user, desk): (&str, &str)) -> Option<Page> {
        self.looks_in(&format!("list=open&desk={desk}"), user).await
    }

    /// The conversation of this user that the bot has.
    pub async fn finds_with_bot(&self, user: &str) -> Option<Page> {
        self.looks_in("list=bot", user).await
    }

    async fn looks_in(&self, list: &str, user: &str) -> Option<Page> {
        let list = format!("/console?{list}&q={user}");
        let is_theirs = format!("dir=\"auto\">{user}</dd>");
        for path in conversations(&self.reads(&list).await) {
            let body = self.reads(&path).await;
            if body.contains(&is_theirs) {
                return Some(Page { path, body });
            }
        }
        None
    }

    /// Every page that shows something of this desk: what is open there and what is over.
    pub async fn sees(&self, desk: &str) -> Vec<String> {
        let mut pages = Vec::new();
        for list in ["open", "closed"] {
            let page = self
                .reads(&format!("/console?list={list}&desk={desk}"))
                .await;
            for path in conversations(&page) {
                pages.push(self.reads(&path).await);
            }
            pages.push(page);
        }
        pages
    }

    pub async fn turns(&self, page: &str) -> Vec<(String, String)> {
        turns(&self.reads(page).await)
    }

    /// Fills in a form of the page as it is now, which is taken.
    pub async fn does(&self, page: &str, act: &str, fields: &[(&str, &str)]) {
        let body = self.reads(page).await;
        let page = Page {
            path: page.to_owned(),
            body,
        };
        let (status, answer) = self.tries(&page, act, fields).await;
        assert_eq!(status, 303, "{act}: {answer}");
    }

    /// Fills in a form of a page that may be an old one. Gives the status and what is shown then.
    pub async fn tries(&self, page: &Page, act: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut form = unseen(&page.body);
        let fields = Serializer::new(String::new()).extend_pairs(fields).finish();
        form.extend(["&", &fields]);
        let answer = self.posts(&format!("{}/{act}", page.path), form).await;
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    }

    async fn posts(&self, path: &str, form: String) -> reqwest::Response {
        let call = self.http.post(format!("{}{path}", self.root));
        call.header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap()
    }
}

/// The conversations that a list links to.
fn conversations(list: &str) -> Vec<String> {
    let links = list.split("href=\"").skip(1);
    links
        .filter(|link| link.starts_with("/console/conversations/"))
        .filter_map(|link| Some(link.split(['"', '?']).next()?.to_owned()))
        .collect()
}

/// What a form is answered is seen, not where it leads.
#[expect(clippy::disallowed_methods, reason = "a browser, not the bridge")]
fn client() -> reqwest::Client {
    let none = reqwest::redirect::Policy::none();
    let builder = reqwest::Client::builder().no_proxy().redirect(none);
    builder.build().unwrap()
}
