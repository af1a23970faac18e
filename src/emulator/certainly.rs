//! Certainly, played: what it tells the bridge, and the API that the bridge calls back.

mod api;
mod platform;
mod wire;

pub(super) use self::platform::Certainly;
