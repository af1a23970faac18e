//! An open page as the console's `live.js` keeps it, without a browser around it: it hears what has changed, and fetches
//! the part of itself in which that shows, at the pace that the script has.

use std::{
    cell::Cell,
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    select,
    sync::mpsc::{self, UnboundedSender},
    task::spawn_local,
    time::{sleep, sleep_until},
};

use super::operator::{Operator, value};
use crate::Result;

pub enum Looked {
    Inbox,
    Conversation(String),
}

pub struct Page {
    operator: Operator,
    open: Option<String>,
    /// When the server made it.
    made_at: String,
    /// The rows of its list, and at which version each is.
    rows: HashMap<String, u64>,
    list: Kept,
    talk: Kept,
    tally: Rc<Tally>,
}

/// What all pages have got.
#[derive(Debug, Default)]
pub struct Tally {
    events: Cell<u32>,
    pages: Cell<u32>,
    bytes: Cell<u32>,
}

#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub events: u32,
    pub pages: u32,
    pub bytes: u32,
}

/// A part of the page that is fetched by itself.
struct Kept {
    path: String,
    due: Option<Instant>,
    begun: Option<Instant>,
    is_under_way: bool,
}

/// How soon a change is fetched, and how long after the fetch before at least.
#[derive(Clone, Copy)]
struct Pace(Duration, Duration);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    List,
    Talk,
}

// As in live.js.
const TALK: Pace = Pace(Duration::from_millis(30), Duration::from_millis(100));
const SHOWN: Pace = Pace(Duration::from_millis(50), Duration::from_millis(200));
const OUT_OF_SIGHT: Pace = Pace(Duration::from_millis(100), Duration::from_secs(1));
const COME_BACK: Duration = Duration::from_secs(2);

impl Page {
    /// Opens it, as if it had been gone to.
    pub async fn open(operator: Operator, looked: Looked, tally: Rc<Tally>) -> Result<Self> {
        let (open, path) = match looked {
            Looked::Inbox => (None, "/console".to_owned()),
            Looked::Conversation(id) => {
                let path = format!("/console/conversations/{id}");
                (Some(id), path)
            }
        };
        let page = operator.page(&path).await?;
        let beside = open.as_ref().map(|id| format!("&open={id}"));
        let list = format!("/console?part=list{}", beside.unwrap_or_default());
        Ok(Self {
            made_at: value(&page, r#"data-at=""#)
                .ok_or("a page has a list")?
                .to_owned(),
            rows: versions(&page),
            list: Kept::new(list),
            talk: Kept::new(format!("{path}?part=talk")),
            operator,
            open,
            tally,
        })
    }

    /// As long as there is a bridge; a stream that ends is opened again.
    pub async fn stay_open(mut self) -> Result<()> {
        let (done, mut fetched) = mpsc::unbounded_channel();
        let mut since = self.made_at.clone();
        loop {
            let path = format!("/console/events?since={since}");
            let mut stream = self.operator.get(&path).await?;
            let mut heard = String::new();
            loop {
                select! {
                    chunk = stream.chunk() => {
                        let Some(chunk) = chunk? else { break };
                        heard.push_str(std::str::from_utf8(&chunk)?);
                        self.hear(&mut heard, &mut since);
                    }
                    () = until(self.list.next()) => self.fetch(Part::List, &done),
                    () = until(self.talk.next()) => self.fetch(Part::Talk, &done),
                    Some((part, page)) = fetched.recv() => self.take(part, &page?),
                }
            }
            sleep(COME_BACK).await;
        }
    }

    fn hear(&mut self, heard: &mut String, since: &mut String) {
        while let Some((event, rest)) = heard.split_once("\n\n") {
            if let Some(id) = event.lines().find_map(|line| line.strip_prefix("id: ")) {
                id.clone_into(since);
            }
            if let Some(changes) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                let changes = changes.split(r#""conversation":""#).skip(1);
                for (id, version) in changes.filter_map(change) {
                    self.changed(id, version);
                }
            }
            *heard = rest.to_owned();
        }
    }

    fn changed(&mut self, id: &str, version: u64) {
        Tally::add(&self.tally.events, 1);
        if self.open.as_deref() == Some(id) {
            self.talk.want(TALK);
        }
        match self.rows.get(id) {
            Some(known) if *known >= version => {}
            Some(_) => self.list.want(SHOWN),
            None => self.list.want(OUT_OF_SIGHT),
        }
    }

    fn fetch(&mut self, part: Part, done: &UnboundedSender<(Part, Result<String>)>) {
        let kept = self.part(part);
        kept.begin();
        let path = kept.path.clone();
        let (operator, done) = (self.operator.clone(), done.clone());
        spawn_local(async move {
            // Whoever asked may have been closed.
            let _ = done.send((part, operator.page(&path).await));
        });
    }

    fn take(&mut self, part: Part, page: &str) {
        Tally::add(&self.tally.pages, 1);
        Tally::add(
            &self.tally.bytes,
            u32::try_from(page.len()).unwrap_or(u32::MAX),
        );
        if part == Part::List {
            self.rows = versions(page);
        }
        self.part(part).is_under_way = false;
    }

    fn part(&mut self, part: Part) -> &mut Kept {
        match part {
            Part::List => &mut self.list,
            Part::Talk => &mut self.talk,
        }
    }
}

impl Tally {
    pub fn reset(&self) {
        for count in [&self.events, &self.pages, &self.bytes] {
            count.set(0);
        }
    }

    pub fn counts(&self) -> Counts {
        Counts {
            events: self.events.get(),
            pages: self.pages.get(),
            bytes: self.bytes.get(),
        }
    }

    fn add(count: &Cell<u32>, more: u32) {
        count.set(count.get().saturating_add(more));
    }
}

impl Kept {
    const fn new(path: String) -> Self {
        Self {
            path,
            due: None,
            begun: None,
            is_under_way: false,
        }
    }

    /// What changes while a fetch is under way is fetched by the next.
    fn want(&mut self, Pace(soon, apart): Pace) {
        let soon = Instant::now() + soon;
        let due = self.begun.map_or(soon, |begun| soon.max(begun + apart));
        self.due = Some(self.due.map_or(due, |known| known.min(due)));
    }

    /// When the next fetch is to begin, if none is under way.
    fn next(&self) -> Option<Instant> {
        self.due.filter(|_| !self.is_under_way)
    }

    fn begin(&mut self) {
        self.begun = Some(Instant::now());
        self.due = None;
        self.is_under_way = true;
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// The rows of a page, and at which version each is.
fn versions(page: &str) -> HashMap<String, u64> {
    let parts = page.split(r#"data-conversation=""#).skip(1);
    let row = |part: &str| {
        let (id, rest) = part.split_once('"')?;
        let version = value(rest, r#"data-version=""#)?;
        Some((id.to_owned(), version.parse().ok()?))
    };
    parts.filter_map(row).collect()
}

/// `"conversation":"ID","version":N}`, from the id on.
fn change(text: &str) -> Option<(&str, u64)> {
    let (id, rest) = text.split_once('"')?;
    let version = rest.split_once(':')?.1.split('}').next()?;
    Some((id, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_puts_off_what_is_due_and_what_is_sooner_goes_first() {
        let mut kept = Kept::new(String::new());
        kept.want(OUT_OF_SIGHT);
        let due = kept.next();
        kept.want(OUT_OF_SIGHT);
        assert_eq!(kept.next(), due);
        kept.want(SHOWN);
        assert!(kept.next() < due);
    }

    #[test]
    fn one_fetch_is_under_way_at_a_time_and_the_next_keeps_the_pace() {
        let mut kept = Kept::new(String::new());
        kept.want(SHOWN);
        kept.begin();
        kept.want(SHOWN);
        assert_eq!(kept.next(), None);
        kept.is_under_way = false;
        assert_eq!(kept.next(), kept.begun.map(|begun| begun + SHOWN.1));
    }

    #[test]
    fn a_page_tells_its_rows_and_an_event_its_conversation() {
        let page = r#"<a href="/x" data-conversation="c1" data-version="7"></a><a data-conversation="c2" data-version="9">"#;
        let rows = HashMap::from([("c1".to_owned(), 7), ("c2".to_owned(), 9)]);
        assert_eq!(versions(page), rows);
        assert_eq!(change(r#"c1","version":12}"#), Some(("c1", 12)));
    }
}
