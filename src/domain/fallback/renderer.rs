//! One message being written down in what its reader can be shown: a method for each row of the table.

use super::{
    Audience, Capabilities, Choice, Standalone, Unshowable, is_web,
    split::split,
    words::{self, clean, lines},
};
use crate::domain::message::{Button, Card, Content, MediaKind, QuickReply};

pub(super) struct Renderer<'a> {
    able: &'a Capabilities,
    parts: Vec<Content>,
    choices: Vec<Choice>,
}

/// A file as the content names it.
struct File<'c> {
    kind: MediaKind,
    url: &'c str,
    name: Option<&'c str>,
    caption: &'c str,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(able: &'a Capabilities) -> Self {
        Self {
            able,
            parts: Vec::new(),
            choices: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, content: &Content) -> Result<(), Unshowable> {
        match content {
            Content::Text {
                text,
                quick_replies,
            } => self.replies(text, quick_replies),
            Content::Buttons { text, buttons } => self.buttons(text.clone(), buttons),
            Content::Cards { cards } => cards.iter().try_for_each(|card| self.card(card)),
            Content::List { items, button } => self.list(items, button.as_ref()),
            Content::Media {
                kind,
                url,
                name,
                caption,
            } => self.media(&File {
                kind: *kind,
                url,
                name: name.as_deref(),
                caption: caption.as_deref().unwrap_or_default(),
            }),
            Content::Location {
                latitude,
                longitude,
                label,
            } => self.location(content, (*latitude, *longitude), label.as_deref()),
            Content::Postback { title, .. } => {
                self.text(&clean(title));
                Ok(())
            }
            Content::Intro {} => self.stand_in(words::OPENED),
            Content::Unknown { .. } => self.stand_in(words::UNKNOWN),
        }
    }

    /// Texts that are too long become several; what hangs on one hangs on its last part.
    pub(super) fn cut(self) -> (Vec<Content>, Vec<Choice>) {
        let limit = self.able.text_limit;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            let (Content::Text { text, .. } | Content::Buttons { text, .. }) = &part else {
                parts.push(part);
                continue;
            };
            let mut pieces: Vec<_> = split(text, limit).into_iter().map(str::to_owned).collect();
            let last = pieces.pop().unwrap_or_default();
            parts.extend(pieces.into_iter().map(Content::text));
            parts.push(match part {
                Content::Text { quick_replies, .. } => Content::Text {
                    text: last,
                    quick_replies,
                },
                Content::Buttons { buttons, .. } => Content::Buttons {
                    text: last,
                    buttons,
                },
                other => other,
            });
        }
        (parts, self.choices)
    }

    /// A plain text. Those that follow each other are one, so that no more is sent than need be.
    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if let Some(Content::Text {
            text: before,
            quick_replies,
        }) = self.parts.last_mut()
            && quick_replies.is_empty()
        {
            before.push_str("\n\n");
            before.push_str(text);
        } else {
            self.parts.push(Content::text(text));
        }
    }

    /// Quick replies → numbered lines.
    fn replies(&mut self, text: &str, replies: &[QuickReply]) -> Result<(), Unshowable> {
        let replies = replies.iter().map(|reply| self.clean_reply(reply));
        let replies = replies.collect::<Result<Vec<_>, _>>()?;
        if replies.is_empty() {
            self.text(text);
        } else if self.able.shows_replies(&replies) {
            let titles = replies.iter().map(|reply| reply.title.as_str());
            self.parts.push(Content::Text {
                text: headed(text, titles),
                quick_replies: replies,
            });
        } else {
            let mut shown = vec![text.to_owned()];
            for reply in replies {
                shown.push(self.numbered(reply.title, reply.payload));
            }
            self.text(&lines(shown.iter().map(String::as_str)));
        }
        Ok(())
    }

    /// Buttons → numbered lines, links and numbers in the text; those that can be shown stay buttons.
    fn buttons(&mut self, text: String, buttons: &[Button]) -> Result<(), Unshowable> {
        let mut shown = vec![text];
        let mut kept = Vec::new();
        for button in buttons {
            let button = self.clean_button(button)?;
            if kept.len() < self.able.buttons.at_most && self.able.shows_button(&button) {
                kept.push(button);
            } else {
                shown.push(self.line(button));
            }
        }
        let text = lines(shown.iter().map(String::as_str));
        if kept.is_empty() {
            self.text(&text);
        } else {
            let text = headed(&text, kept.iter().map(words::title));
            self.parts.push(Content::Buttons {
                text,
                buttons: kept,
            });
        }
        Ok(())
    }

    /// Cards → picture, text and buttons, or one text with links.
    fn card(&mut self, card: &Card) -> Result<(), Unshowable> {
        if let Some(form) = self.able.cards {
            let card = self.clean_card(card, form.links)?;
            if self.able.shows_card(&card) {
                if let Some(Content::Cards { cards }) = self.parts.last_mut() {
                    cards.push(card);
                } else {
                    self.parts.push(Content::Cards { cards: vec![card] });
                }
                return Ok(());
            }
        }
        let Card {
            title,
            subtitle,
            image_url,
            url,
            buttons,
        } = self.clean_card(card, true)?;
        let image = image_url.as_deref().unwrap_or_default();
        let pictured =
            !image.is_empty() && is_web(image) && self.able.media.kinds.contains(&MediaKind::Image);
        if pictured {
            self.parts.push(Content::Media {
                kind: MediaKind::Image,
                url: image.to_owned(),
                name: None,
                caption: None,
            });
        }
        let link = url.map(|url| Button::Url {
            title: title.clone(),
            url,
        });
        let (as_button, as_line) = match link {
            Some(link) if self.able.shows_button(&link) => (Some(link), None),
            Some(Button::Url { url, .. }) => (None, Some(url)),
            _ => (None, None),
        };
        let text = lines([
            title.as_str(),
            subtitle.as_deref().unwrap_or_default(),
            if pictured { "" } else { image },
            as_line.as_deref().unwrap_or_default(),
        ]);
        let buttons: Vec<_> = as_button.into_iter().chain(buttons).collect();
        self.buttons(text, &buttons)
    }

    /// Lists → cards, and the button of the whole last.
    fn list(&mut self, items: &[Card], main: Option<&Button>) -> Result<(), Unshowable> {
        let main = main.map(|button| self.clean_button(button)).transpose()?;
        if let Some(form) = &self.able.list {
            let cleaned = items
                .iter()
                .map(|item| self.clean_card(item, form.item.links));
            let cleaned = cleaned.collect::<Result<Vec<_>, _>>()?;
            if self.able.shows_list(&cleaned, main.as_ref()) {
                self.parts.push(Content::List {
                    items: cleaned,
                    button: main,
                });
                return Ok(());
            }
        }
        items.iter().try_for_each(|item| self.card(item))?;
        match main {
            None => {}
            Some(button) if self.able.buttons.at_most > 0 && self.able.shows_button(&button) => {
                self.parts.push(Content::Buttons {
                    text: words::title(&button).to_owned(),
                    buttons: vec![button],
                });
            }
            Some(button) => {
                let line = self.line(button);
                self.text(&line);
            }
        }
        Ok(())
    }

    /// Files → caption, name and link in a text.
    fn media(&mut self, file: &File<'_>) -> Result<(), Unshowable> {
        let url = self.link(file.url)?;
        if self.able.media.kinds.contains(&file.kind) && is_web(&url) {
            self.parts.push(Content::Media {
                kind: file.kind,
                url,
                name: file.name.map(clean),
                caption: None,
            });
            self.text(file.caption);
            return Ok(());
        }
        let link = match file.name {
            Some(name) => format!("{}: {url}", clean(name)),
            None => url,
        };
        self.text(&lines([file.caption, link.as_str()]));
        Ok(())
    }

    /// Places → label and a link to a map.
    fn location(
        &mut self,
        content: &Content,
        (latitude, longitude): (f64, f64),
        label: Option<&str>,
    ) -> Result<(), Unshowable> {
        let known = words::is_on_the_map(latitude, longitude);
        if known && self.able.standalone.contains(&Standalone::Location) {
            self.parts.push(content.clone());
            return Ok(());
        }
        let link = match self.able.audience {
            _ if known => words::map_link(latitude, longitude),
            Audience::Agent => words::NO_PLACE.to_owned(),
            Audience::User => return Err(Unshowable::Place),
        };
        self.text(&lines([label.unwrap_or_default(), link.as_str()]));
        Ok(())
    }

    fn stand_in(&mut self, line: &str) -> Result<(), Unshowable> {
        match self.able.audience {
            Audience::Agent => {
                self.text(line);
                Ok(())
            }
            Audience::User => Err(Unshowable::Kind),
        }
    }

    fn line(&mut self, button: Button) -> String {
        match button {
            Button::Postback { title, payload } => self.numbered(title, payload),
            Button::Url { title, url } => format!("{title}: {url}"),
            Button::Phone {
                title,
                phone_number,
            } => format!("{title}: {phone_number}"),
        }
    }

    /// Numbers go on over all of the message.
    fn numbered(&mut self, title: String, payload: serde_json::Value) -> String {
        let number = self.choices.len().saturating_add(1);
        let line = format!("{number}. {title}");
        self.choices.push(Choice { title, payload });
        line
    }

    /// The link, if it may go out. A user is not shown a message with a hole in it.
    fn link(&self, url: &str) -> Result<String, Unshowable> {
        match self.able.audience {
            _ if is_web(url) => Ok(url.to_owned()),
            Audience::Agent => Ok(words::NO_LINK.to_owned()),
            Audience::User => Err(Unshowable::Link),
        }
    }

    fn clean_reply(&self, reply: &QuickReply) -> Result<QuickReply, Unshowable> {
        let image_url = reply.image_url.as_deref();
        let image_url = image_url.map(|url| self.link(url)).transpose()?;
        Ok(QuickReply {
            title: clean(&reply.title),
            payload: reply.payload.clone(),
            image_url: image_url.filter(|url| is_web(url)),
        })
    }

    fn clean_button(&self, button: &Button) -> Result<Button, Unshowable> {
        Ok(match button {
            Button::Postback { title, payload } => Button::Postback {
                title: clean(title),
                payload: payload.clone(),
            },
            Button::Url { title, url } => Button::Url {
                title: clean(title),
                url: self.link(url)?,
            },
            Button::Phone {
                title,
                phone_number,
            } => Button::Phone {
                title: clean(title),
                phone_number: clean(phone_number),
            },
        })
    }

    /// With its own link as the first button where a card cannot be a link.
    fn clean_card(&self, card: &Card, links: bool) -> Result<Card, Unshowable> {
        let title = clean(&card.title);
        let link = |url: &Option<String>| url.as_deref().map(|url| self.link(url)).transpose();
        let (url, as_button) = match link(&card.url)? {
            Some(url) if !links => {
                let title = title.clone();
                (None, Some(Button::Url { title, url }))
            }
            url => (url, None),
        };
        let own = card.buttons.iter().map(|button| self.clean_button(button));
        let buttons = as_button.map(Ok).into_iter().chain(own);
        Ok(Card {
            subtitle: card.subtitle.clone().filter(|text| !text.trim().is_empty()),
            image_url: link(&card.image_url)?,
            url,
            buttons: buttons.collect::<Result<_, _>>()?,
            title,
        })
    }
}

/// The text, or where there is none the titles of what stands under it, since no platform takes an empty one.
fn headed<'t>(text: &str, titles: impl Iterator<Item = &'t str>) -> String {
    if text.trim().is_empty() {
        titles.collect::<Vec<_>>().join(", ")
    } else {
        text.to_owned()
    }
}
