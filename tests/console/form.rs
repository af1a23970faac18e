//! What a browser reads off a page of the console, and sends.

pub const PASSWORD: &str = "correct horse battery";

/// What is typed to sign in.
pub fn sign_in(name: &str) -> String {
    format!("name={name}&password={}", PASSWORD.replace(' ', "+"))
}

/// What the page's forms send along unseen: the handover that they are about, if there is one, and what makes a second click
/// count for nothing.
pub fn unseen(page: &str) -> String {
    let pair = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(format!("{name}={}", rest.split('"').next()?))
    };
    let pairs = [pair("handover"), pair("form")].into_iter().flatten();
    pairs.collect::<Vec<_>>().join("&")
}

/// Who is shown to have said what, in order: `user`, `bot` or `agent`, and `notice` for the bridge's own words.
pub fn turns(page: &str) -> Vec<(String, String)> {
    let turns = page.split("<li class=\"turn turn--").skip(1);
    turns
        .filter_map(|turn| {
            let (class, rest) = turn.split_once('"')?;
            let by = match class.split(' ').next()? {
                _ if class.contains("turn--notice") => "notice",
                by => by,
            };
            let (_, rest) = rest.split_once("<div class=\"bubble\" dir=\"auto\"")?;
            let (_, rest) = rest.split_once('>')?;
            let text = rest.split("</div>").next()?;
            Some((by.to_owned(), text.to_owned()))
        })
        .collect()
}
