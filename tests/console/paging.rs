//! A list that is longer than a page.

use crate::{
    conversation::waiting_as,
    world::{Browser, World},
};

fn address<'p>(page: &'p str, words: &str) -> &'p str {
    let (before, _) = page.split_once(words).unwrap();
    let (_, link) = before.rsplit_once("<a ").unwrap();
    let (_, address) = link.split_once("href=\"").unwrap();
    address.split('"').next().unwrap()
}

#[tokio::test]
async fn a_later_page_has_the_head_of_the_first_and_leads_back_to_it() {
    let world = World::new();
    for number in 0..51 {
        waiting_as(&world, &format!("user{number:02}")).await;
    }
    let ann = world.signed_in(Browser::here(), "ann").await;
    let first = world.get(&ann, "/console").await.body;
    assert!(first.contains("51 waiting") && !first.contains("Back to the first"));
    assert!(first.contains("<span class=\"num\">51</span>") && !first.contains("50+"));
    let later = address(&first, "Show more").replace("&amp;", "&");
    let later = world.get(&ann, &later).await.body;
    assert_eq!(later.matches("data-conversation=").count(), 1);
    for head in [
        "51 waiting",
        "Open next",
        "class=\"arch__draw\"",
        "Waiting, further on",
    ] {
        assert!(later.contains(head), "{head} is not in {later}");
    }
    assert_eq!(address(&later, "Back to the first"), "/console");
    let oldest = address(&first, "Open next");
    assert!(later.contains(&format!("href=\"{oldest}?list=waiting")));
}

#[tokio::test]
async fn a_later_page_that_is_empty_by_now_leads_back_as_well() {
    let world = World::new();
    let ann = world.signed_in(Browser::here(), "ann").await;
    let after = "9.00000000-0000-0000-0000-000000000001";
    let page = world
        .get(&ann, &format!("/console?list=open&q=x&after={after}"))
        .await;
    assert!(page.body.contains("Nothing further"));
    assert_eq!(
        address(&page.body, "Back to the first"),
        "/console?list=open&amp;q=x"
    );
}
