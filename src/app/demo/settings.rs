//! The configuration of the development bridge, and the file that it is left in.

use std::{fs, os::unix::fs::OpenOptionsExt as _, path::Path};

use super::{
    AIVO_BOT_ID, BOT_ID, CONFIG_FILE, DATABASE, DemoBot, DemoDesk, DemoError, GROUPS, Options,
    keys::Keys, listeners::Addresses,
};
use crate::emulator::chatwoot::{ACCOUNT_ID, INBOX_ID};

const FOLDER: &str = "data";
/// The emulated Chatlayer can be paused by the counterpart of the step by which it is resumed.
const PAUSE: &str = r#"pause = [{ request = { method = "POST", url = "{{ bot.api_url }}/v1/bots/{{ bot_id }}/conversations/{{ session_id }}/actions?version={{ version }}", body = "{ 'pauseBot': true }" } }]
"#;

impl Addresses {
    pub(super) fn configuration(&self, keys: &Keys, options: Options) -> Result<String, DemoError> {
        let Keys {
            access_token: _,
            api_token: _,
            verify_token: _,
            hook_key: _,
            signing_secret: _,
            desk_token: _,
            desk_hook_key: _,
            bot_token: _,
            admin_token,
        } = keys;
        let listen = self.bridge_url.authority();
        let (bridge, admin) = (&self.bridge_url, self.admin_address);
        let bot = self.bot_table(keys, options.bot);
        let desk = self.desk_table(keys, options.desk)?;
        Ok(format!(
            "# Written by `handover demo` at each start; the secrets are new each time.\n\
             \n\
             [server]\n\
             listen = \"{listen}\"\n\
             public_url = \"{bridge}\"\n\
             drain = \"0s\"\n\
             \n\
             [admin]\n\
             listen = \"{admin}\"\n\
             token = \"{admin_token}\"\n\
             \n\
             [admin.answers.en]\n\
             greeting = \"Hello {{user}}, this is {{agent}}. How can I help?\"\n\
             one_moment = \"One moment please, I am looking it up.\"\n\
             goodbye = \"Thank you for writing to us. Have a nice day!\"\n\
             \n\
             [store]\n\
             url = \"sqlite:{DATABASE}\"\n\
             \n\
             [outbound]\n\
             allow_networks = [\"127.0.0.0/8\"]\n\
             \n\
             [bots.demo]\n\
             {bot}\
             \n\
             [desks.team]\n\
             {desk}"
        ))
    }

    fn desk_table(&self, keys: &Keys, desk: DemoDesk) -> Result<String, DemoError> {
        let (secret, token) = (&keys.signing_secret, &keys.desk_token);
        Ok(match desk {
            // A second queue to send users on to, which `agent sales` in the chat asks for.
            DemoDesk::Console => "kind = \"console\"\n\
                \n\
                [desks.sales]\n\
                kind = \"console\"\n\
                \n\
                [[routes]]\n\
                desk = \"sales\"\n\
                when = { payload = { department = \"sales\" } }\n\
                \n\
                [[routes]]\n\
                desk = \"team\"\n"
                .to_owned(),
            DemoDesk::Webhook => {
                let hook = self.desk_url.join("hook")?;
                format!(
                    "kind = \"webhook\"\n\
                     url = \"{hook}\"\n\
                     secret = \"{secret}\"\n\
                     token = \"{token}\"\n"
                )
            }
            DemoDesk::AivoLive => {
                let root = self.desk_url.as_str().trim_end_matches('/');
                let (token, key) = (&keys.bot_token, &keys.desk_hook_key);
                let [(group, _), ..] = GROUPS;
                format!(
                    "kind = \"aivo-live\"\n\
                     api_url = \"{root}\"\n\
                     groups_url = \"{root}\"\n\
                     files_url = \"{root}/assets\"\n\
                     bot_id = {AIVO_BOT_ID}\n\
                     bot_token = \"{token}\"\n\
                     groups = [{group}]\n\
                     hook_key = \"{key}\"\n"
                )
            }
            DemoDesk::Chatwoot => {
                let root = self.desk_url.as_str().trim_end_matches('/');
                format!(
                    "kind = \"chatwoot\"\n\
                     api_url = \"{root}\"\n\
                     account_id = {ACCOUNT_ID}\n\
                     inbox_id = {INBOX_ID}\n\
                     api_access_token = \"{token}\"\n\
                     webhook_secret = \"{secret}\"\n"
                )
            }
        })
    }

    fn bot_table(&self, keys: &Keys, bot: DemoBot) -> String {
        let root = self.chat_url.as_str().trim_end_matches('/');
        let (access_token, hook_key) = (&keys.access_token, &keys.hook_key);
        let (platform, own) = match bot {
            DemoBot::Chatlayer => (
                "chatlayer",
                format!("verify_token = \"{}\"\n{PAUSE}", keys.verify_token),
            ),
            DemoBot::Certainly => (
                "certainly",
                format!(
                    "deployment_id = \"{BOT_ID}\"\n\
                     api_token = \"{}\"\n\
                     claim_end = \"handover_done\"\n",
                    keys.api_token
                ),
            ),
        };
        format!(
            "platform = \"{platform}\"\n\
             api_url = \"{root}\"\n\
             access_token = \"{access_token}\"\n\
             hook_key = \"{hook_key}\"\n\
             {own}"
        )
    }
}

/// Leaves the configuration where its owner alone can read it.
pub(super) fn keep(text: &str) -> Result<(), DemoError> {
    use std::io::Write as _;

    let write = || {
        fs::create_dir_all(Path::new(FOLDER))?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(CONFIG_FILE)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|source| DemoError::Write {
        file: CONFIG_FILE,
        source,
    })
}
