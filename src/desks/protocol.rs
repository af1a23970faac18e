//! The desk protocol: the bridge's own words for what a desk tells and is told. A webhook desk speaks it, the desk API
//! takes it, and the templates of a desk that is made by configuration alone translate from it and to it.

pub mod answer;
pub mod event;
pub mod message;
pub mod rules;
