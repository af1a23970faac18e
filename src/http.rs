//! What the bridge hears: the accept loop, the layers, the hooks, the desk API, the admin API and the probes.
//!
//! Every answer that is not a success is a [`problem::Problem`]. Nothing here sends anything: a handler
//! authenticates, bounds, parses, makes one call on the store and answers after its commit. `app` composes it.

pub mod body;
pub mod failures;
pub mod log;
pub mod probes;
pub mod problem;
pub mod secret;
pub mod server;
pub mod source;
