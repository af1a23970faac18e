//! Pictures of every page, for people to look at.

use crate::gallery::{Gallery, Theme};

const WIDTHS: [(u32, u32); 3] = [(360, 740), (1024, 720), (1920, 1080)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "shows nothing by itself: scripts/pictures takes them for people to look at"]
async fn pictures_of_every_page_are_taken() {
    for gallery in [
        Gallery::of_work().await,
        Gallery::of_repair().await,
        Gallery::of_silence().await,
        Gallery::of_the_gate().await,
    ] {
        for (width, height) in WIDTHS {
            gallery.browser.resize(width, height).await;
            for theme in [Theme::Light, Theme::Dark] {
                gallery.put_on(theme).await;
                for view in &gallery.views {
                    gallery.show(view).await;
                    let name = format!("{}-{width}-{theme:?}", view.name).to_lowercase();
                    gallery.browser.picture(&format!("page-{name}")).await;
                }
            }
        }
    }
}
