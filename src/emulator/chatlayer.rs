//! Chatlayer, played: what it tells the bridge, and the API that the bridge calls back.

mod api;
mod wire;

pub(super) use self::{
    api::router,
    wire::{Origin, item},
};
