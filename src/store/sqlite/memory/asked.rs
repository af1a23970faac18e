//! A request for an agent on its way to the writer.

use std::sync::Arc;

use super::Memory;
use crate::domain::conversation::ConversationKey;

/// Until it is dropped, what is said in the conversation goes to the writer too, behind the request: whether it is the
/// bot's or the agent's is not known before.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Asked {
    memory: Arc<Memory>,
    key: ConversationKey,
}

impl Memory {
    pub(in crate::store::sqlite) fn ask(self: &Arc<Self>, key: ConversationKey) -> Asked {
        self.lock().handed_over.ask(key.clone());
        Asked {
            memory: Arc::clone(self),
            key,
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.memory.lock().handed_over.decided(&self.key);
    }
}
