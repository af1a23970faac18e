//! Which part of the inbox is asked for. It is all in the address, so a page can be kept, sent and gone back to.

use std::str::FromStr;

use form_urlencoded::Serializer;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    domain::{
        ids::{BotName, ConversationId, DeskName, OperatorName},
        time::Timestamp,
    },
    store::{InboxCursor, InboxList, InboxQuery},
};

const ROWS: usize = 50;

/// From the query of an address, of the inbox or of a conversation beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in crate::console) struct Params {
    #[serde(default)]
    pub(super) list: Tab,
    pub(super) q: Option<String>,
    pub(super) bot: Option<BotName>,
    pub(super) desk: Option<DeskName>,
    pub(super) after: Option<Cursor>,
    /// Of an open page, which has the rest. Not part of where anything leads.
    #[serde(default)]
    pub(super) part: Fragment,
    /// What is open beside a list that is fetched alone.
    pub(super) open: Option<ConversationId>,
}

/// As much of a page as is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fragment {
    #[default]
    Whole,
    List,
    /// All but the list.
    Talk,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tab {
    /// `Mine`, then `Waiting`.
    #[default]
    Now,
    /// What did not fit into `Now`.
    Mine,
    Waiting,
    Open,
    Bot,
    Closed,
}

/// The last row of the page before: `MILLISECONDS.CONVERSATION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Cursor(InboxCursor);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub(super) struct BadCursor;

impl Tab {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Mine => "mine",
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Bot => "bot",
            Self::Closed => "closed",
        }
    }

    /// Under which of the lists on offer it is found.
    pub(super) const fn tab(self) -> Self {
        match self {
            Self::Mine | Self::Waiting => Self::Now,
            offered => offered,
        }
    }
}

impl Params {
    /// What was typed, if it was anything.
    pub(super) fn text(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }

    pub(super) fn is_narrowed(&self) -> bool {
        self.text().is_some() || self.bot.is_some() || self.desk.is_some()
    }

    pub(super) fn query(&self, list: InboxList, operator: &OperatorName) -> InboxQuery {
        InboxQuery {
            list,
            operator: operator.clone(),
            bot: self.bot.clone(),
            desk: self.desk.clone(),
            text: self.text().map(str::to_owned),
            after: self.after.map(|Cursor(cursor)| cursor),
            limit: ROWS,
        }
    }

    /// The bot and the desk that are looked at alone.
    pub(super) fn narrowed_to(&self) -> Option<String> {
        let bot = self.bot.as_ref().map(BotName::as_str);
        let desk = self.desk.as_ref().map(DeskName::as_str);
        let names: Vec<_> = [bot, desk].into_iter().flatten().collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The same of every bot and desk.
    pub(super) fn wide(&self) -> Self {
        Self {
            bot: None,
            desk: None,
            after: None,
            ..self.clone()
        }
    }

    /// The same search in another list, from its start.
    pub(super) fn of(&self, list: Tab) -> Self {
        Self {
            list,
            after: None,
            ..self.clone()
        }
    }

    /// Where the list that is offered begins, of which this is a later page.
    pub(super) fn first(&self) -> Self {
        self.of(self.list.tab())
    }

    pub(super) const fn is_further(&self) -> bool {
        self.after.is_some()
    }

    pub(super) fn from(&self, list: Tab, cursor: InboxCursor) -> Self {
        Self {
            list,
            after: Some(Cursor(cursor)),
            ..self.clone()
        }
    }

    /// The address of the inbox that shows this.
    pub(super) fn href(&self) -> String {
        self.beside("/console".to_owned())
    }

    /// The address of a conversation that has this beside it.
    pub(super) fn conversation(&self, id: ConversationId) -> String {
        self.beside(format!("/console/conversations/{id}"))
    }

    fn beside(&self, path: String) -> String {
        let query = self.as_query();
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }

    fn as_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.as_pairs() {
            query.append_pair(name, &value);
        }
        if let Some(Cursor(cursor)) = self.after {
            let place = format!("{}.{}", cursor.at.as_millis(), cursor.conversation);
            query.append_pair("after", &place);
        }
        query.finish()
    }

    /// All but the place in the list, without what goes without saying.
    fn as_pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        let text = self.text().map(|text| ("q", text.to_owned()));
        self.as_narrowing().chain(text)
    }

    /// What a new search keeps.
    pub(super) fn as_narrowing(&self) -> impl Iterator<Item = (&'static str, String)> {
        let list = (self.list != Tab::Now).then(|| ("list", self.list.name().to_owned()));
        let bot = self.bot.as_ref().map(|bot| ("bot", bot.to_string()));
        let desk = self.desk.as_ref().map(|desk| ("desk", desk.to_string()));
        [list, bot, desk].into_iter().flatten()
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (at, conversation) = text.split_once('.').ok_or(BadCursor)?;
        let at: i64 = at.parse().map_err(|_| BadCursor)?;
        let conversation: Uuid = conversation.parse().map_err(|_| BadCursor)?;
        Ok(Self(InboxCursor {
            at: Timestamp::from_millis(at),
            conversation: ConversationId::from_uuid(conversation),
        }))
    }
}

impl TryFrom<String> for Cursor {
    type Error = BadCursor;

    fn try_from(text: String) -> Result<Self, BadCursor> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::Query, http::Uri};

    use super::*;

    fn read(address: &str) -> Option<Params> {
        let uri: Uri = address.parse().unwrap();
        Query::try_from_uri(&uri).ok().map(|Query(params)| params)
    }

    #[test]
    fn an_address_says_again_what_was_asked_for() {
        for address in [
            "/console",
            "/console?list=closed",
            "/console?list=open&bot=webshop&desk=console&q=%C3%81nh+%26+co",
            "/console?list=waiting&after=-12.00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(read(address).unwrap().href(), address);
        }
    }

    #[test]
    fn another_list_keeps_the_search_and_starts_anew() {
        let place = "1.00000000-0000-0000-0000-000000000007";
        let params = read(&format!("/console?q=x&list=open&after={place}")).unwrap();
        assert_eq!(params.of(Tab::Closed).href(), "/console?list=closed&q=x");
    }

    #[test]
    fn a_part_of_a_page_leads_to_whole_ones() {
        let id = "00000000-0000-0000-0000-000000000007";
        let params = read(&format!("/console?list=open&part=list&open={id}")).unwrap();
        assert_eq!(params.part, Fragment::List);
        assert_eq!(params.open.unwrap().to_string(), id);
        assert_eq!(params.href(), "/console?list=open");
    }

    #[test]
    fn a_search_for_nothing_is_none() {
        let params = read("/console?q=++").unwrap();
        assert_eq!(params.text(), None);
        assert_eq!(params.href(), "/console");
        assert!(!params.is_narrowed());
    }

    #[test]
    fn what_nobody_offers_is_refused() {
        for query in [
            "list=all",
            "bot=Not+a+name",
            "after=7",
            "after=x.y",
            "part=foot",
            "open=7",
        ] {
            assert_eq!(read(&format!("/console?{query}")), None, "{query}");
        }
    }
}
