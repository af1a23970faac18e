//! An agent's answer, out of what was typed.

use percent_encoding::percent_decode_str;
use url::Url;

use super::draft::Draft;
use crate::{
    console::texts,
    domain::{
        fallback::web_address,
        message::{Button, Content, MediaKind, QuickReply},
    },
};

/// Of a text, in characters.
pub(super) const LONGEST: usize = 4000;
/// Of quick replies as of buttons. A platform that shows fewer is sent the others as lines of the text.
const MOST_CHOICES: usize = 13;

/// What is to be said, or what is wrong with it.
pub(super) fn said(draft: &Draft) -> Result<Content, &'static str> {
    let (text, file) = (draft.text.trim(), draft.file.trim());
    if text.chars().count() > LONGEST {
        return Err(texts::TOO_LONG);
    }
    let (replies, buttons) = (lines(&draft.replies), lines(&draft.buttons));
    if !file.is_empty() {
        if !replies.is_empty() || !buttons.is_empty() {
            return Err(texts::FILE_OR_CHOICES);
        }
        return attachment(file, draft.file_name.trim(), text);
    }
    if !draft.file_name.trim().is_empty() {
        return Err(texts::NAME_OF_NO_FILE);
    }
    if text.is_empty() {
        return Err(texts::EMPTY);
    }
    let text = text.to_owned();
    if replies.len().max(buttons.len()) > MOST_CHOICES {
        return Err(texts::TOO_MANY_CHOICES);
    }
    match (replies.len(), buttons.len()) {
        (1.., 1..) => Err(texts::REPLIES_OR_BUTTONS),
        (_, 1..) => {
            let buttons = buttons.into_iter().map(button).collect::<Result<_, _>>()?;
            Ok(Content::Buttons { text, buttons })
        }
        _ => {
            let quick_replies = replies.into_iter().map(quick_reply).collect();
            Ok(Content::Text {
                text,
                quick_replies,
            })
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

fn quick_reply(title: &str) -> QuickReply {
    QuickReply {
        title: title.to_owned(),
        payload: serde_json::Value::Null,
        image_url: None,
    }
}

/// `Title`, `Title | https://…` or `Title | +32 2 123 45 67`.
fn button(line: &str) -> Result<Button, &'static str> {
    let Some((title, leads_to)) = line.rsplit_once('|') else {
        return Ok(Button::Postback {
            title: line.to_owned(),
            payload: serde_json::Value::Null,
        });
    };
    let (title, leads_to) = (title.trim().to_owned(), leads_to.trim());
    if title.is_empty() {
        return Err(texts::NOT_A_BUTTON);
    }
    if is_phone_number(leads_to) {
        return Ok(Button::Phone {
            title,
            phone_number: leads_to.to_owned(),
        });
    }
    let url = web_address(leads_to).ok_or(texts::NOT_A_BUTTON)?;
    Ok(Button::Url { title, url })
}

fn is_phone_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let only_of_numbers = |char: char| char.is_ascii_digit() || " +-()/.".contains(char);
    (3..=20).contains(&digits) && text.chars().all(only_of_numbers)
}

fn attachment(address: &str, name: &str, caption: &str) -> Result<Content, &'static str> {
    let address = web_address(address).ok_or(texts::NOT_AN_ADDRESS)?;
    let url = Url::parse(&address).map_err(|_| texts::NOT_AN_ADDRESS)?;
    let of_address = url.path_segments().and_then(Iterator::last).unwrap_or("");
    let ends = |endings: &[&str]| {
        let name = of_address.to_ascii_lowercase();
        endings.iter().any(|ending| name.ends_with(ending))
    };
    let kind = if ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp"]) {
        MediaKind::Image
    } else {
        MediaKind::File
    };
    let name = if name.is_empty() {
        percent_decode_str(of_address).decode_utf8_lossy()
    } else {
        name.into()
    };
    Ok(Content::Media {
        kind,
        name: (!name.is_empty()).then(|| name.into_owned()),
        caption: (!caption.is_empty()).then(|| caption.to_owned()),
        url: address,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn typed(fields: &[(&str, &str)]) -> Result<Value, &'static str> {
        let mut draft = Draft {
            text: "When?".to_owned(),
            ..Draft::default()
        };
        for (field, typed) in fields {
            let field = match *field {
                "text" => &mut draft.text,
                "replies" => &mut draft.replies,
                "buttons" => &mut draft.buttons,
                "file" => &mut draft.file,
                "file_name" => &mut draft.file_name,
                other => unreachable!("{other}"),
            };
            (*typed).clone_into(field);
        }
        said(&draft).map(|content| serde_json::to_value(content).unwrap())
    }

    #[test]
    fn a_line_of_a_button_says_where_it_leads() {
        let buttons =
            " Other day \n\nOur shop | https://shop.example/?a|b\nCall | +32 (0)2 123-45\n";
        let said = typed(&[("buttons", buttons)]).unwrap_err();
        assert_eq!(
            said,
            texts::NOT_A_BUTTON,
            "a bar in an address is written %7C"
        );
        let buttons = buttons.replace("a|b", "a%7Cb");
        assert_eq!(
            typed(&[("buttons", &buttons)]).unwrap(),
            json!({"type": "buttons", "text": "When?", "buttons": [
                {"type": "postback", "title": "Other day"},
                {"type": "url", "title": "Our shop", "url": "https://shop.example/?a%7Cb"},
                {"type": "phone", "title": "Call", "phone_number": "+32 (0)2 123-45"},
            ]})
        );
        for hostile in [
            "Click | javascript:alert(1)",
            "| https://a.example",
            "Call | 12",
            "x | ",
        ] {
            assert_eq!(
                typed(&[("buttons", hostile)]),
                Err(texts::NOT_A_BUTTON),
                "{hostile}"
            );
        }
    }

    #[test]
    fn one_kind_of_choices_goes_with_a_text_and_none_with_a_file() {
        let (replies, buttons) = (("replies", "Today\nTomorrow"), ("buttons", "Call"));
        let file = ("file", "https://a.example/b/label.pdf?x=1");
        assert_eq!(typed(&[replies, buttons]), Err(texts::REPLIES_OR_BUTTONS));
        assert_eq!(typed(&[file, buttons]), Err(texts::FILE_OR_CHOICES));
        let many = "x\n".repeat(14);
        assert_eq!(typed(&[("replies", &many)]), Err(texts::TOO_MANY_CHOICES));
        assert!(typed(&[("buttons", &"x\n".repeat(13))]).is_ok());
        let name = ("file_name", "label.pdf");
        assert_eq!(typed(&[name]), Err(texts::NAME_OF_NO_FILE));
        let sent = typed(&[file]).unwrap();
        assert_eq!(sent["name"], "label.pdf");
        assert_eq!(
            (&sent["kind"], &sent["caption"]),
            (&json!("file"), &json!("When?"))
        );
        let named = typed(&[("file", "https://a.example/1.PNG"), ("file_name", "Label")]).unwrap();
        assert_eq!(
            (&named["kind"], &named["name"]),
            (&json!("image"), &json!("Label"))
        );
    }

    #[test]
    fn an_address_goes_out_so_that_it_can_be_followed_or_is_refused_here() {
        let file = typed(&[("file", "https://a.example/b c.pdf")]).unwrap();
        assert_eq!(file["url"], "https://a.example/b%20c.pdf");
        assert_eq!(file["name"], "b c.pdf");
        let shop = typed(&[("buttons", "Shop | https://a.example/my page")]).unwrap();
        assert_eq!(shop["buttons"][0]["url"], "https://a.example/my%20page");
        let long = format!("https://a.example/{}", "x".repeat(2100));
        assert_eq!(typed(&[("file", &long)]), Err(texts::NOT_AN_ADDRESS));
        let button = format!("Shop | {long}");
        assert_eq!(typed(&[("buttons", &button)]), Err(texts::NOT_A_BUTTON));
    }
}
