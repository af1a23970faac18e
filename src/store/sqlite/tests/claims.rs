//! What becomes of a lane whose claim comes to nothing.

use super::*;

#[tokio::test]
async fn a_lane_whose_head_could_not_be_read_is_not_tried_again_in_a_tight_loop() {
    let (store, _directory) = open();
    store.apply(request("ann")).await.unwrap();
    let taken = store.memory.claim(&team(), 1);
    assert_eq!(taken.holds.len(), 1);
    let now = SystemClock.now();
    drop(taken);
    let again = store.claim(&team(), 1).await.unwrap();
    assert!(again.claims.is_empty());
    let wait = again.next_due.unwrap().since(now);
    assert!(wait > Duration::ZERO && wait < Duration::from_secs(5));
}
