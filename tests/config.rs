//! What an operator sees of the configuration: what is taken, what is refused, and how it is said.

use handover_bridge::config::{Config, Source};

#[test]
fn the_defaults_alone_are_a_whole_configuration() {
    let config = Config::load(&Source::default()).unwrap();
    assert!(config.bots.is_empty());
    assert_eq!(config.server.listen.port(), 8080);
}
