//! Hands conversations over before a measurement begins.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::{task::JoinSet, time::sleep};

use crate::{Result, message::Template, target::Target, vendors::Vendors, wire::Wire};

/// As many as a platform may well call at once.
const AT_ONCE: u64 = 32;

/// Opens the handovers of the conversations from 0 on, and waits until the bridge has told the vendors all about it.
pub async fn handovers(count: u64, target: &Target, vendors: &Vendors) -> Result<()> {
    let next = Rc::new(Cell::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE.min(count) {
        let (next, target) = (Rc::clone(&next), target.clone());
        tasks.spawn_local(async move {
            let mut template = Template::offload(&target);
            let mut wire = Wire::connect(target.address).await?;
            while next.get() < count {
                let conversation = next.replace(next.get() + 1);
                open(&mut wire, &mut template, conversation).await?;
            }
            Result::<()>::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    vendors.quiet().await;
    Ok(())
}

/// A machine that is busy with something else for a moment may have one declined, in time for the user.
async fn open(wire: &mut Wire, template: &mut Template, conversation: u64) -> Result<()> {
    for wait in [0, 1, 2, 4] {
        sleep(Duration::from_secs(wait)).await;
        let request = template.fill(conversation, conversation);
        if wire.exchange(request).await?.body == br#"{"offloadSuccess":true,"pauseBot":true}"# {
            return Ok(());
        }
    }
    Err(format!("the handover of conversation {conversation} was declined again and again").into())
}
