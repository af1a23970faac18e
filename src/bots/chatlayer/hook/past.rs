//! Messages that Chatlayer tells when it is asked for them. No document shows their form, so what the hook understands is
//! understood, the form of the legacy history as well, and all else is kept as `unknown`; nothing here fails.

use std::collections::HashMap;

use serde_json::{Value, value::RawValue};

use super::{
    MOST_MORE, Reader,
    envelope::{Item, actor, time},
};
use crate::{
    bots::json::Json,
    domain::{
        conversation::{ConversationKey, Profile},
        event::{Feed, PlatformMessage, TranscriptItem},
        message::{Actor, Content},
        time::Timestamp,
    },
};

/// More of the past than this helps no agent.
pub(in crate::bots::chatlayer) const NEWEST: usize = 200;
/// Longer than any message that a person or a bot writes.
const LONGEST: usize = 64 * 1024;

/// The newest of these messages, oldest first, with the keys under which the hook knows them.
pub(in crate::bots::chatlayer) fn transcript(
    conversation: &ConversationKey,
    listed: &[Box<RawValue>],
) -> Vec<TranscriptItem> {
    let mut reader = Reader {
        conversation: conversation.clone(),
        profile: Profile::default(),
        called_at: None,
        equals: HashMap::new(),
        more: MOST_MORE,
    };
    let mut items: Vec<Told<'_>> = listed.iter().map(|raw| Told::read(raw)).collect();
    put_in_order(&mut items);
    let older = items.len().saturating_sub(NEWEST);
    let newest = items.into_iter().skip(older);
    newest
        .flat_map(|told| told.into_items(&mut reader))
        .collect()
}

/// When a message was said, by whichever name the API gives its time.
pub(in crate::bots::chatlayer) fn said_at(raw: &RawValue) -> Option<Timestamp> {
    let item: Json<'_> = serde_json::from_str(raw.get()).ok()?;
    time_of(&item)
}

enum Told<'a> {
    Item(Item<'a>),
    /// It would fill the transcript alone.
    TooLong(Option<Timestamp>),
}

impl<'a> Told<'a> {
    fn read(raw: &'a RawValue) -> Self {
        if raw.get().len() > LONGEST {
            return Self::TooLong(said_at(raw));
        }
        let item: Json<'a> = serde_json::from_str(raw.get()).unwrap_or(Json::Null);
        let (at, actor) = (time_of(&item), actor(&item));
        let intro = matches!(item.get("isIntro"), Some(Json::Bool(true)));
        let id = item.get("id").cloned();
        let mut message = item.get("message").cloned().unwrap_or(item);
        let id = id.filter(|_| message.get("id").is_none());
        if let Json::Object(members) = &mut message {
            members.extend(id.map(|id| ("id".into(), id)));
            if intro && actor == Some(Actor::User) {
                members.push(("messageType".into(), Json::Text("intro".into())));
            }
        }
        Self::Item(Item {
            actor,
            at,
            message,
            raw: raw.get(),
        })
    }

    fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Item(item) => item.at,
            Self::TooLong(at) => *at,
        }
    }

    fn into_items(self, reader: &mut Reader<'_>) -> Vec<TranscriptItem> {
        let known = |(actor, said, keys)| TranscriptItem {
            actor,
            said,
            keys,
            seen: None,
        };
        match self {
            Self::Item(item) => reader.said(&item).into_iter().map(known).collect(),
            Self::TooLong(at) => {
                let content = Content::Unknown {
                    raw: Value::String("too long".to_owned()),
                };
                let said = PlatformMessage {
                    at,
                    content,
                    raw: None,
                    feed: Feed::Only,
                };
                vec![known((Actor::Bot, said, Vec::new()))]
            }
        }
    }
}

/// Oldest first. A list that runs backwards is turned round before it is sorted, so that those of one moment are too;
/// one in which a time is missing is left in whichever direction it has.
fn put_in_order(items: &mut [Told<'_>]) {
    let times: Vec<Timestamp> = items.iter().filter_map(Told::at).collect();
    if times.first() > times.last() {
        items.reverse();
    }
    if times.len() == items.len() {
        items.sort_by_key(Told::at);
    }
}

fn time_of(item: &Json<'_>) -> Option<Timestamp> {
    let names = ["timestamp", "createdAt", "created_at"];
    [Some(item), item.get("message")]
        .into_iter()
        .flatten()
        .find_map(|holder| names.iter().find_map(|name| time(holder.get(name)?)))
}

#[cfg(test)]
mod tests;
