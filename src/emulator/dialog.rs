//! What the demo bot says. Pure: something said in, a turn out; the conversation decides whether the bot may speak at all.

use serde_json::{Map, Value};

use super::{
    bot_message::{BotMessage, Button, Card, Choice, Payload},
    user::{ButtonTap, Said},
};

/// One turn of the bot.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub says: Vec<BotMessage>,
    pub act: Option<Act>,
}

/// What a turn does besides speaking, after it has spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Asks the bridge to take the conversation.
    Ask { department: String },
    /// Plays a user who sends a file.
    Upload,
    /// Plays a user who sends a place.
    Locate,
}

/// The dialogs that can be named in a button's payload or in a resume step. They are also the words that the bot knows.
const MENU: [(&str, &str); 7] = [
    ("buttons", "Show buttons"),
    ("carousel", "Show a carousel"),
    ("list", "Show a list"),
    ("image", "Show a picture"),
    ("upload", "Send a file"),
    ("location", "Send a place"),
    ("agent", "Talk to a person"),
];

/// The bot's answer to what the user said. `media` is where its pictures are served.
pub(super) fn reply(said: &Said, media: &str) -> Turn {
    match said {
        Said::Intro => named("welcome", media).unwrap_or_default(),
        Said::Text { text } => by_word(text, media),
        Said::Postback { title, payload } => ButtonTap::read(payload)
            .next
            .and_then(|dialog| named(&dialog, media))
            .unwrap_or_else(|| by_word(title, media)),
        Said::Upload { .. } => says("Thank you, your file has arrived. An agent would see it too."),
        Said::Location {
            latitude,
            longitude,
        } => says(format!(
            "So that is where you are: {latitude:.4}, {longitude:.4}. An agent would see it on a map."
        )),
    }
}

/// The dialog of that name, if there is one.
pub(super) fn named(dialog: &str, media: &str) -> Option<Turn> {
    let turn = match dialog {
        "welcome" | "start" => welcome(),
        "buttons" => one(buttons()),
        "carousel" => one(BotMessage::Carousel {
            cards: wheels(media),
        }),
        "list" => one(list(media)),
        "image" => Turn {
            says: vec![
                BotMessage::text("Here is the workshop, drawn by a bot:"),
                BotMessage::Media {
                    url: format!("{media}/workshop.png"),
                    kind: "image".to_owned(),
                },
            ],
            act: None,
        },
        "upload" => acts("You could use the plus sign. I do it for you:", Act::Upload),
        "location" => acts("You could use the plus sign. I do it for you:", Act::Locate),
        "agent" => handover("demo"),
        "shipping" => says("We ship within two days, to every island that has a road."),
        _ => return None,
    };
    Some(turn)
}

/// The system dialog for a request that nobody took.
pub(super) fn closed() -> Turn {
    Turn {
        says: vec![BotMessage::Text {
            text: "I am sorry, nobody can take over right now. I am still here, though: what else can I do for you?"
                .to_owned(),
            choices: menu(&["agent", "buttons", "list"]),
        }],
        act: None,
    }
}

/// What the bot says when it has the user back. `data` is what came with the resume.
pub(super) fn welcome_back(data: &Map<String, Value>) -> Turn {
    let text = match end_reason(data) {
        Some(reason) => format!(
            "Welcome back, it is me, the bot. Your talk with a person has ended ({reason})."
        ),
        None => "Welcome back, it is me, the bot. Your talk with a person has ended.".to_owned(),
    };
    Turn {
        says: vec![
            BotMessage::text(text),
            BotMessage::Text {
                text: "Is there anything else?".to_owned(),
                choices: menu(&["carousel", "list", "agent"]),
            },
        ],
        act: None,
    }
}

fn by_word(text: &str, media: &str) -> Turn {
    let text = text.trim().to_lowercase();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
    if word == "agent" {
        return handover(if rest.is_empty() { "demo" } else { rest.trim() });
    }
    named(&text, media)
        .or_else(|| by_title(&text, media))
        .unwrap_or_else(|| Turn {
            says: vec![BotMessage::Text {
                text: "I am a small demo bot and know few words. Pick one, or write “agent” and a person will read this."
                    .to_owned(),
                choices: menu(&["buttons", "carousel", "list", "image", "upload", "location", "agent"]),
            }],
            act: None,
        })
}

fn by_title(text: &str, media: &str) -> Option<Turn> {
    let (dialog, _) = MENU
        .iter()
        .find(|(_, title)| title.to_lowercase() == text)?;
    named(dialog, media)
}

fn welcome() -> Turn {
    Turn {
        says: vec![
            BotMessage::text("Hi, I am the demo bot of a bicycle shop."),
            BotMessage::Text {
                text: "Choose what you want to see, or write “agent” to talk to a person."
                    .to_owned(),
                choices: menu(&[
                    "buttons", "carousel", "list", "image", "upload", "location", "agent",
                ]),
            },
        ],
        act: None,
    }
}

fn handover(department: &str) -> Turn {
    acts(
        "One moment, I am looking for a colleague.",
        Act::Ask {
            department: department.to_owned(),
        },
    )
}

fn buttons() -> BotMessage {
    BotMessage::Buttons {
        text: "What would you like to know?".to_owned(),
        buttons: vec![
            Button::Postback {
                title: "How fast do you ship?".to_owned(),
                payload: Payload::to_dialog("shipping"),
            },
            Button::Url {
                title: "Read the manual".to_owned(),
                url: "https://example.com/manual".to_owned(),
            },
            Button::Phone {
                title: "Call the workshop".to_owned(),
                phone_number: "+31201234567".to_owned(),
            },
        ],
    }
}

fn list(media: &str) -> BotMessage {
    let mut cards = wheels(media);
    for card in &mut cards {
        card.button = card.buttons.drain(..).next();
    }
    BotMessage::List {
        cards,
        button: Some(Button::Postback {
            title: "Talk to a person".to_owned(),
            payload: Payload::to_dialog("agent"),
        }),
    }
}

fn wheels(media: &str) -> Vec<Card> {
    [
        ("City Loop 7", "Seven gears, one basket", "city.svg"),
        ("Cargo Barge", "Carries a cello and a child", "cargo.svg"),
        ("Gravel Heron", "For roads that end", "gravel.svg"),
    ]
    .into_iter()
    .map(|(title, text, picture)| Card {
        title: title.to_owned(),
        sub_title: Some(text.to_owned()),
        image_url: Some(format!("{media}/{picture}")),
        buttons: vec![Button::Postback {
            title: "Ask about it".to_owned(),
            payload: Payload::to_dialog("agent"),
        }],
        button: None,
    })
    .collect()
}

fn menu(dialogs: &[&str]) -> Vec<Choice> {
    MENU.iter()
        .filter(|(dialog, _)| dialogs.contains(dialog))
        .map(|(dialog, title)| Choice {
            title: (*title).to_owned(),
            image_url: None,
            payload: Payload::to_dialog(dialog),
        })
        .collect()
}

/// The names of session data are the operator's choice; a reason is whatever calls itself one, or what Certainly's takeover
/// brings.
fn end_reason(data: &Map<String, Value>) -> Option<&str> {
    data.iter().find_map(|(name, value)| match value {
        Value::String(text) if name == "ClaimEnd" || name.to_lowercase().ends_with("reason") => {
            Some(text.as_str())
        }
        Value::Object(inner) => end_reason(inner),
        _ => None,
    })
}

fn one(message: BotMessage) -> Turn {
    Turn {
        says: vec![message],
        act: None,
    }
}

fn says(text: impl Into<String>) -> Turn {
    one(BotMessage::text(text))
}

fn acts(text: &str, act: Act) -> Turn {
    Turn {
        says: vec![BotMessage::text(text)],
        act: Some(act),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(text: &str) -> Turn {
        reply(
            &Said::Text {
                text: text.to_owned(),
            },
            "http://127.0.0.1/media",
        )
    }

    #[test]
    fn every_word_of_the_menu_and_every_title_leads_somewhere() {
        for (dialog, title) in MENU {
            assert!(named(dialog, "").is_some(), "{dialog}");
            assert!(by_title(&title.to_lowercase(), "").is_some(), "{title}");
        }
    }

    #[test]
    fn asking_for_an_agent_may_name_a_department() {
        let demo = Act::Ask {
            department: "demo".to_owned(),
        };
        let sales = Act::Ask {
            department: "sales".to_owned(),
        };
        assert_eq!(answer(" Agent ").act, Some(demo));
        assert_eq!(answer("agent sales").act, Some(sales));
        assert_eq!(answer("travel agents").act, None);
    }

    #[test]
    fn the_reason_of_the_end_is_told_wherever_it_stands() {
        let data = json!({"handover": {"end_reason": "solved"}, "agent": "Ann"});
        let turn = welcome_back(data.as_object().unwrap());
        assert!(
            turn.says[0].to_wire()["text"]
                .as_str()
                .unwrap()
                .contains("(solved)")
        );
    }
}
