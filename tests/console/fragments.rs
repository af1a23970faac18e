//! What an open page fetches of itself.

use crate::{
    conversation::waiting,
    world::{Browser, World},
};

#[tokio::test]
async fn a_list_is_fetched_alone_as_it_stands_beside_what_is_open() {
    let world = World::new();
    let page = waiting(&world).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let id = page.rsplit('/').next().unwrap();
    let whole = world.get(&ann, &page).await.body;
    let path = format!("/console?list=waiting&part=list&open={id}");
    let part = world.get(&ann, &path).await.body;
    for what in ["<title>(1) ", "id=\"inbox\"", "class=\"rail__list\""] {
        assert!(part.contains(what), "{what} is not in {part}");
    }
    let row = format!("href=\"{page}?list=waiting\" aria-current=\"true\"");
    assert!(part.contains(&row), "{row} is not in {part}");
    for what in ["id=\"talk\"", "class=\"transcript", "part=list", "<script"] {
        assert!(!part.contains(what), "{what} is in {part}");
    }
    assert!(
        part.len() < whole.len() / 2,
        "{} of {}",
        part.len(),
        whole.len()
    );
}

#[tokio::test]
async fn a_conversation_is_fetched_without_the_list_beside_it() {
    let world = World::new();
    let page = waiting(&world).await;
    let ann = world.signed_in(Browser::here(), "ann").await;
    let part = world.get(&ann, &format!("{page}?part=talk")).await.body;
    for what in [
        "<title>(1) ",
        "id=\"talk\"",
        "class=\"transcript",
        "id=\"context\"",
    ] {
        assert!(part.contains(what), "{what} is not in {part}");
    }
    for what in ["id=\"inbox\"", "class=\"row"] {
        assert!(!part.contains(what), "{what} is in {part}");
    }
    let list = world.get(&ann, "/console").await.body;
    assert!(
        !list.contains("row--unread"),
        "what is fetched has been read"
    );
}
