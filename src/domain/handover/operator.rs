//! Somebody at the console does something.

use super::{Outcome, turn::Turn};
use crate::domain::operator::{Operated, Refusal};

impl Turn<'_> {
    pub(super) fn operated(&mut self, _operated: &Operated) -> Outcome {
        Outcome::Refused(Refusal::Over)
    }
}
