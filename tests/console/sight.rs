//! What pages look like in a real browser.

use handover_bridge::domain::retry::ErrorClass;

use crate::{browser::ann_at, owing::failed, world::World};

/// What the browser makes of a property of the first such element.
fn computed(css: &str, property: &str) -> String {
    format!("return getComputedStyle(document.querySelector('{css}')).{property}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_acts_of_a_row_stand_in_its_last_cell() {
    let world = World::new();
    failed(&world, "u1", ErrorClass::Busy, false).await;
    let browser = ann_at(&world, "/console/deliveries").await;
    let display = browser.script(&computed("td.acts", "display")).await;
    assert_eq!(display, "table-cell");
}
