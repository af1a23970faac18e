//! Hands conversations over before a measurement begins.

use std::{cell::Cell, rc::Rc};

use tokio::task::JoinSet;

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
                let answer = wire
                    .exchange(template.fill(conversation, conversation))
                    .await?;
                if answer.body != br#"{"offloadSuccess":true,"pauseBot":true}"# {
                    return Err(format!("no handover was opened: {}", answer.text()).into());
                }
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
