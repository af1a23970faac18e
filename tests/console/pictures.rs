//! Every page in every state at three widths: none is wider than its window. With `HANDOVER_PICTURES` set, light and dark
//! ones are taken for people to look at.

use std::env;

use crate::gallery::{Gallery, Theme, View};

const WIDTHS: [(u32, u32); 3] = [(360, 740), (1024, 720), (1920, 1080)];
const OVER: &str = "return document.documentElement.scrollWidth - window.innerWidth";

async fn picture(gallery: &Gallery, view: &View, width: u32) {
    for theme in [Theme::Dark, Theme::Light] {
        gallery.put_on(theme).await;
        let name = format!("page-{}-{width}-{theme:?}", view.name).to_lowercase();
        gallery.browser.picture(&name).await;
    }
}

async fn fits(gallery: Gallery) {
    gallery.put_on(Theme::Light).await;
    let wants_pictures = env::var_os("HANDOVER_PICTURES").is_some();
    let mut wide = Vec::new();
    for (width, height) in WIDTHS {
        gallery.browser.resize(width, height).await;
        for view in &gallery.views {
            gallery.show(view).await;
            let over = gallery.browser.script(OVER).await.as_i64().unwrap();
            if over > 0 {
                wide.push(format!("{} at {width}: {over}", view.name));
            }
            if wants_pictures {
                picture(&gallery, view, width).await;
            }
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_and_conversations_fit_their_window() {
    fits(Gallery::of_work().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_show_and_repair_fit_their_window() {
    fits(Gallery::of_repair().await).await;
    fits(Gallery::of_silence().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_fits_its_window() {
    fits(Gallery::of_the_gate().await).await;
}
