//! Ready answers: the texts of the configuration, with their placeholders filled.

use super::means::Means;

/// Each by its name.
pub(super) fn answers<'a>(means: &Means<'a>) -> Vec<(&'a str, String)> {
    let answers = means.answers.in_language(means.language).into_iter();
    answers
        .map(|(name, text)| (name, fill(text, means)))
        .collect()
}

/// Whoever has no name is not called by one.
fn fill(text: &str, means: &Means<'_>) -> String {
    let named = text
        .replace("{agent}", means.who.called())
        .replace("{bot}", means.bot);
    match means.user {
        Some(user) => named.replace("{user}", user),
        None => named.replace(" {user}", "").replace("{user}", ""),
    }
}
