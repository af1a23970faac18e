//! What comes of addresses and forms that mean nothing.

use axum::http::StatusCode;

use crate::world::{Browser, World};

#[tokio::test]
async fn what_leads_nowhere_is_answered_with_a_page_that_repeats_nothing() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    for (path, status) in [
        ("/console/nonsense", StatusCode::NOT_FOUND),
        ("/console/nonsense/deep", StatusCode::NOT_FOUND),
        ("/console/conversations/nonsense", StatusCode::NOT_FOUND),
        ("/console/deliveries/nonsense/retry", StatusCode::NOT_FOUND),
        ("/console?list=nonsense", StatusCode::BAD_REQUEST),
        ("/console/deliveries?age=nonsense", StatusCode::BAD_REQUEST),
    ] {
        let answer = world.get(&ann, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains("There is no such page"), "{path}");
        assert!(!answer.body.contains("nonsense"), "{}", answer.body);
    }
    let id = "00000000-0000-0000-0000-000000000001";
    let path = format!("/console/conversations/{id}/claim");
    let answer = world.post(&ann, &path, "handover=nonsense").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("This form cannot be read"));
    assert!(!answer.body.contains("nonsense"), "{}", answer.body);
    let nobody = world.get(&Browser::here(), "/console/nonsense").await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER, "to sign in");
}
