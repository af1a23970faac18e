//! The secrets of one run.

use crate::clock::new_id;

pub(super) struct Keys {
    pub(super) access_token: String,
    pub(super) api_token: String,
    pub(super) verify_token: String,
    pub(super) hook_key: String,
    pub(super) signing_secret: String,
    pub(super) desk_token: String,
    pub(super) desk_hook_key: String,
    pub(super) bot_token: String,
    pub(super) admin_token: String,
}

impl Keys {
    pub(super) fn draw() -> Self {
        let word = || {
            let (first, second) = (new_id(), new_id());
            format!("{}{}", first.simple(), second.simple())
        };
        Self {
            access_token: word(),
            api_token: word(),
            verify_token: word(),
            hook_key: word(),
            signing_secret: format!("whsec_{}", word()),
            desk_token: word(),
            desk_hook_key: word(),
            bot_token: word(),
            admin_token: word(),
        }
    }
}
