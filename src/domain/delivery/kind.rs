//! What tasks are called.

use super::Task;
use crate::domain::words::words;

words! {
    /// What is to be done, whatever it is about. The word is the tag of the stored task as well.
    pub enum TaskKind {
        Say = "say",
        LookUp = "look_up",
        Pause = "pause",
        Resume = "resume",
        Forget = "forget",
        Open = "open",
        Message = "message",
        Placeholder = "placeholder",
        Failed = "failed",
        Close = "close",
    }
}

impl Task {
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::Say { .. } => TaskKind::Say,
            Self::LookUp { .. } => TaskKind::LookUp,
            Self::Pause { .. } => TaskKind::Pause,
            Self::Resume { .. } => TaskKind::Resume,
            Self::Forget => TaskKind::Forget,
            Self::Open { .. } => TaskKind::Open,
            Self::Message { .. } => TaskKind::Message,
            Self::Placeholder { .. } => TaskKind::Placeholder,
            Self::Failed { .. } => TaskKind::Failed,
            Self::Close { .. } => TaskKind::Close,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{conversation::ResumeContract, ids::MessageId, reason::Ours};

    impl Task {
        /// One of this kind.
        pub(in crate::domain::delivery) fn example(kind: TaskKind) -> Self {
            let message = MessageId::from_uuid(Uuid::from_u128(1));
            match kind {
                TaskKind::Say => Self::Say {
                    message,
                    notice: false,
                    part: None,
                    speaker: None,
                    answer: None,
                },
                TaskKind::LookUp => Self::LookUp {
                    history: true,
                    session: true,
                },
                TaskKind::Pause => Self::Pause { index: 0 },
                TaskKind::Resume => Self::resume(
                    0,
                    &ResumeContract {
                        reason: Ours::Closed.into(),
                        agent: None,
                        seconds: 1,
                        unanswered: false,
                        dialog_state: None,
                    },
                ),
                TaskKind::Forget => Self::Forget,
                TaskKind::Open => Self::Open { upto: 1 },
                TaskKind::Message => Self::Message {
                    message,
                    part: None,
                },
                TaskKind::Placeholder => Self::Placeholder { message },
                TaskKind::Failed => Self::Failed {
                    message,
                    reason: "gone".to_owned(),
                },
                TaskKind::Close => Self::Close {
                    reason: Ours::Closed.into(),
                },
            }
        }
    }

    #[test]
    fn every_kind_has_the_word_it_is_stored_by() {
        for kind in TaskKind::ALL {
            let task = Task::example(kind);
            assert_eq!(task.kind(), kind);
            let stored = serde_json::to_value(task).unwrap();
            assert_eq!(stored["do"], kind.label());
        }
    }
}
