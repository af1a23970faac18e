//! The HTTP surface as its callers see it: the real routers and the real accept loop, before a store that does as told.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code"
)]

mod admin;
mod aivo_live;
mod auth;
mod certainly;
mod channel;
mod chatwoot;
mod client;
mod desk_api;
mod half_pairs;
mod hooks;
mod log;
mod metrics;
mod offload;
mod openapi;
mod problems;
mod real_store;
mod server;
mod shares;
mod shed;
mod store;
mod surface;
mod unsigned;
