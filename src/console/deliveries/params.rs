//! Which deliveries are asked for, and what has just been done: all in the address.

use std::time::Duration;

use axum::{extract::Query, http::Uri};
use form_urlencoded::Serializer;
use serde::{Deserialize, Deserializer};

use crate::{
    console::layout::NavItem,
    domain::{delivery::Destination, ids::DeliveryId, retry::ErrorClass, time::Timestamp},
    store::{DeliveryFilter, DeliveryState},
};

const ROWS: usize = 50;
/// What is not tried sooner than that waits for something.
const WAITS_AFTER: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    pub(super) state: Tab,
    #[serde(default, deserialize_with = "unless_empty")]
    pub(super) destination: Option<To>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub(super) class: Option<Class>,
    #[serde(default, deserialize_with = "unless_empty")]
    pub(super) age: Option<Age>,
    /// The last one of the page before.
    pub(super) after: Option<DeliveryId>,
    pub(super) done: Option<Done>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tab {
    #[default]
    Retrying,
    Dead,
}

/// What was done on the page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Done {
    Retried,
    Skipped,
    All,
}

/// `bot:NAME` or `desk:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct To(pub(super) Destination);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Class(pub(super) ErrorClass);

/// How old they are at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Age {
    Minutes,
    Hour,
    Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing that is offered")]
pub(super) struct NotOffered;

impl Params {
    pub(super) fn filter(&self, now: Timestamp) -> DeliveryFilter {
        DeliveryFilter {
            state: Some(match self.state {
                Tab::Retrying => DeliveryState::Retrying,
                Tab::Dead => DeliveryState::Dead,
            }),
            destination: self.destination.clone().map(|To(to)| to),
            error_class: self.class.map(|Class(class)| class),
            created_before: self.age.map(|age| now.minus(age.least())),
            after: self.after,
            limit: ROWS,
        }
    }

    /// What has not been tried yet, though it is not new; where a reason is asked for there is none of that.
    pub(super) fn waiting(&self, now: Timestamp) -> Option<DeliveryFilter> {
        if self.state != Tab::Retrying || self.class.is_some() {
            return None;
        }
        let old = self.age.map_or(WAITS_AFTER, Age::least);
        Some(DeliveryFilter {
            state: Some(DeliveryState::Pending),
            created_before: Some(now.minus(old)),
            after: None,
            ..self.filter(now)
        })
    }

    pub(super) fn is_narrowed(&self) -> bool {
        self.destination.is_some() || self.class.is_some() || self.age.is_some()
    }

    /// The same of another state, from its start.
    pub(super) fn of(&self, state: Tab) -> Self {
        Self {
            state,
            after: None,
            done: None,
            ..self.clone()
        }
    }

    pub(super) fn from(&self, after: DeliveryId) -> Self {
        Self {
            after: Some(after),
            ..self.of(self.state)
        }
    }

    /// The list under this address of ours, if it is one.
    pub(super) fn of_address(address: &str) -> Option<Self> {
        let address: Uri = address.parse().ok()?;
        let is_list = address.path() == NavItem::Deliveries.path();
        let Query(params) = Query::try_from_uri(&address).ok().filter(|_| is_list)?;
        Some(params)
    }

    /// What the ways to a question about one of these say of where it is asked; nothing where that goes without saying.
    pub(super) fn as_origin(&self) -> String {
        let here = Self {
            done: None,
            ..self.clone()
        };
        if here == Self::default() {
            return String::new();
        }
        let mut query = Serializer::for_suffix("?".to_owned(), 1);
        query.append_pair("to", &here.href());
        query.finish()
    }

    pub(super) fn href(&self) -> String {
        let mut query = Serializer::new(String::new());
        if self.state != Tab::default() {
            query.append_pair("state", self.state.name());
        }
        if let Some(To(to)) = &self.destination {
            query.append_pair("destination", &to.to_string());
        }
        if let Some(Class(class)) = self.class {
            query.append_pair("class", class.label());
        }
        if let Some(age) = self.age {
            query.append_pair("age", age.name());
        }
        if let Some(after) = self.after {
            query.append_pair("after", &after.to_string());
        }
        if let Some(done) = self.done {
            query.append_pair("done", done.name());
        }
        let path = NavItem::Deliveries.path();
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

impl Tab {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Dead => "dead",
        }
    }
}

impl Age {
    pub(super) const ALL: [Self; 3] = [Self::Minutes, Self::Hour, Self::Day];

    pub(super) const fn least(self) -> Duration {
        match self {
            Self::Minutes => Duration::from_mins(5),
            Self::Hour => Duration::from_hours(1),
            Self::Day => Duration::from_hours(24),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "5m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }
}

impl Done {
    const fn name(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::Skipped => "skipped",
            Self::All => "all",
        }
    }
}

impl TryFrom<String> for To {
    type Error = NotOffered;

    fn try_from(text: String) -> Result<Self, NotOffered> {
        text.parse().map(Self).map_err(|_| NotOffered)
    }
}

impl TryFrom<String> for Class {
    type Error = NotOffered;

    fn try_from(text: String) -> Result<Self, NotOffered> {
        ErrorClass::from_label(&text).map(Self).ok_or(NotOffered)
    }
}

impl TryFrom<String> for Age {
    type Error = NotOffered;

    fn try_from(text: String) -> Result<Self, NotOffered> {
        let mut offered = Self::ALL.into_iter();
        offered.find(|age| age.name() == text).ok_or(NotOffered)
    }
}

/// A form sends the choice of everything as nothing.
fn unless_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error = NotOffered>,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    T::try_from(text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Option<Params> {
        let uri: Uri = address.parse().unwrap();
        Query::try_from_uri(&uri).ok().map(|Query(params)| params)
    }

    #[test]
    fn an_address_says_again_what_was_asked_for() {
        for address in [
            "/console/deliveries",
            "/console/deliveries?state=dead&destination=bot%3Awebshop&class=busy&age=1h",
            "/console/deliveries?destination=desk%3Ateam&after=00000000-0000-0000-0000-000000000007&done=all",
        ] {
            assert_eq!(read(address).unwrap().href(), address);
        }
    }

    #[test]
    fn an_empty_choice_is_everything_and_what_nobody_offers_is_refused() {
        let everything = read("/console/deliveries?destination=&class=&age=").unwrap();
        assert!(!everything.is_narrowed());
        for query in [
            "state=delivered",
            "destination=webshop",
            "class=x",
            "age=2h",
            "after=7",
        ] {
            assert_eq!(
                read(&format!("/console/deliveries?{query}")),
                None,
                "{query}"
            );
        }
    }
}
