//! The two environments that a bot on Chatlayer has.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Version {
    #[value(name = "DRAFT")]
    Draft,
    #[value(name = "LIVE")]
    Live,
}

impl Version {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Live => "LIVE",
        }
    }
}
