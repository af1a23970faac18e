//! Puts the parts together from the configuration and sees them through their life. Called by `cli` alone.

use crate::config::Config;

/// Why the bridge did not start, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this part of the bridge is not built yet")]
    Unavailable,
}

/// Runs the bridge until it is told to stop.
#[expect(
    clippy::unused_async,
    reason = "the composition that awaits comes with the parts it composes"
)]
pub async fn serve(config: Config) -> Result<(), Error> {
    drop(config);
    Err(Error::Unavailable)
}

/// Runs the development bridge: loopback only, with an emulated platform and desk.
#[expect(
    clippy::unused_async,
    reason = "the composition that awaits comes with the parts it composes"
)]
pub async fn demo() -> Result<(), Error> {
    Err(Error::Unavailable)
}

/// Brings the store's tables up to date and ends.
#[expect(
    clippy::unused_async,
    reason = "the composition that awaits comes with the parts it composes"
)]
pub async fn migrate(config: Config) -> Result<(), Error> {
    drop(config);
    Err(Error::Unavailable)
}
