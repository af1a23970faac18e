//! Why the user does not read what an agent has said. Its desk is told.

use crate::domain::{delivery::Task, fallback::Unshowable, ids::MessageId, retry::ErrorClass};

#[derive(Clone, Copy, Debug)]
pub(super) enum NotSaid {
    Unshowable(Unshowable),
    /// The call that was to say it.
    Failed(ErrorClass),
    /// An operator has left it out.
    Skipped,
    /// The bot has been resumed ahead of it.
    Overtaken,
    /// The desk's part was over when it came.
    Closed,
}

impl NotSaid {
    pub(super) fn task(self, message: MessageId) -> Task {
        Task::Failed {
            message,
            reason: self.label().to_owned(),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Unshowable(why) => why.label(),
            Self::Failed(class) => class.label(),
            Self::Skipped => "skipped",
            Self::Overtaken => "overtaken",
            Self::Closed => "closed",
        }
    }
}
