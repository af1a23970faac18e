//! A user whose data are erased while somebody reads them.

use handover_bridge::store::{Erased, Named, OperatorStore as _, Store as _, Whose};
use serde_json::json;

use crate::{browser::ann_at, conversation::says_as, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_of_an_erased_user_keeps_nothing_of_them() {
    let world = World::new();
    let page = says_as(&world, ("s7", "remember me")).await;
    let browser = ann_at(&world, &page).await;
    browser.sees("remember me").await;
    let id = page.rsplit('/').next().unwrap();
    let plant = format!(
        "localStorage.setItem('draft ann {id}', 'about them'); \
         const kept = {{conversation: '{id}', by: 'ann', at: 1, to: 'them', values: {{form: 'f', text: 'about them'}}, fault: {{words: 'no'}}}}; \
         localStorage.setItem('unsent {id} f', JSON.stringify(kept))"
    );
    browser.script(&plant).await;
    let whose = Whose {
        named: vec![Named::Key("s7".to_owned())],
        bot: None,
        version: None,
    };
    world.store.erase(whose, false, "ben").await.unwrap();
    while world.store.go_on_erasing(100).await.unwrap() != Erased::All {}
    browser.sees("No such conversation").await;
    let kept = "return [document.body.textContent.includes('remember me'), Object.keys(localStorage).filter((key) => /^(draft|unsent) /.test(key)).length]";
    assert_eq!(browser.script(kept).await, json!([false, 0]));
}
