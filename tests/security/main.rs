//! What the internet may throw at the bridge, one file a topic. `docs/security.md` says which row of the checklist each
//! test stands for; what needs no socket is tested in `tests/http` and beside the code.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code"
)]

mod authority;
mod bridge;
mod flood;
#[path = "../delivery/free_port.rs"]
mod free_port;
mod hangup;
mod ids;
mod json;
mod limits;
mod ports;
mod process;
mod proxies;
mod raw;
mod restart;
mod routes;
mod slow;
mod smuggling;
mod tls;

/// Far beyond anything that is waited for: whatever takes so long was forgotten.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
