//! Ready answers: the texts of the configuration, with their placeholders filled.

use super::context::Context;

/// Each by its name.
pub(super) fn answers<'a>(context: &Context<'a>) -> Vec<(&'a str, String)> {
    let answers = context.answers.in_language(context.language).into_iter();
    answers
        .map(|(name, text)| (name, fill(text, context)))
        .collect()
}

/// Whoever has no name is not called by one.
fn fill(text: &str, context: &Context<'_>) -> String {
    let named = text
        .replace("{agent}", context.who.called())
        .replace("{bot}", context.bot);
    match context.user {
        Some(user) => named.replace("{user}", user),
        None => named.replace(" {user}", "").replace("{user}", ""),
    }
}
