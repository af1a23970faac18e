//! What somebody had typed when it was refused.

use crate::{
    console::{
        session::SignedIn,
        texts::{self, happened},
    },
    domain::operator::Refusal,
};

#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) replies: String,
    pub(super) buttons: String,
    pub(super) file: String,
    pub(super) file_name: String,
    /// Apart from the text, so that it never stands where the user is written to.
    pub(super) note: String,
    pub(super) to: String,
    pub(super) desk: String,
    pub(super) reason: String,
    pub(super) dialog_state: String,
    /// Why it was.
    pub(super) refused: Option<String>,
    /// That is nobody's fault.
    pub(super) is_overtaken: bool,
}

impl Draft {
    /// All of it, in an order that stays.
    pub(super) fn typed(&self) -> [&str; 10] {
        let Self {
            text,
            replies,
            buttons,
            file,
            file_name,
            note,
            to,
            desk,
            reason,
            dialog_state,
            refused: _,
            is_overtaken: _,
        } = self;
        [
            text,
            replies,
            buttons,
            file,
            file_name,
            note,
            to,
            desk,
            reason,
            dialog_state,
        ]
        .map(String::as_str)
    }

    pub(super) fn has_choices(&self) -> bool {
        !self.replies.is_empty() || !self.buttons.is_empty()
    }

    pub(super) fn has_file(&self) -> bool {
        !self.file.is_empty() || !self.file_name.is_empty()
    }

    /// All that there is to keep where nobody may answer.
    pub(super) fn as_note(&self) -> String {
        let parts = [
            &self.note,
            &self.text,
            &self.replies,
            &self.buttons,
            &self.file,
            &self.file_name,
        ];
        let parts = parts.map(|part| part.trim());
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(super) fn refused(mut self, refusal: &Refusal, people: &[SignedIn]) -> Self {
        let words = happened::refused(refusal, people);
        self.is_overtaken = matches!(refusal, Refusal::TakenBy(_));
        let keeps_text = self.is_overtaken && !self.as_note().is_empty();
        self.refused = Some(if keeps_text {
            words + texts::TEXT_IS_BELOW
        } else {
            words
        });
        self
    }

    pub(super) fn faulty(mut self, words: &str) -> Self {
        self.refused = Some(words.to_owned());
        self
    }
}
