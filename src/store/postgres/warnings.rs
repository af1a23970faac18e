//! What an operator should look at. Raised again it counts up. That a bot is not paused yet is no row: it is read from
//! the handover, so that it is over when that is.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    columns::{self, count, values},
    fault::Fault,
    work::{Attempt, Ground, Work},
};
use crate::{
    domain::{
        conversation::Conversation,
        effect::{Warning, WarningKind},
    },
    store::{Error, WarningView, tally::Tally, unpaused},
};

pub(super) async fn warn(ground: &Arc<Ground>, warning: Warning) -> Result<(), Error> {
    ground.step(Raise(warning)).await
}

struct Raise(Warning);

#[async_trait]
impl Attempt for Raise {
    type Done = ();

    async fn attempt(&mut self, work: &mut Work) -> Result<(), Fault> {
        raise(work, &self.0);
        Ok(())
    }
}

pub(super) fn raise(work: &mut Work, warning: &Warning) {
    work.write(
        "INSERT INTO warnings AS w (kind, subject, count, first_at, last_at) VALUES ($1, $2, 1, $3, $3) \
         ON CONFLICT (kind, subject) DO UPDATE SET count = w.count + 1, last_at = excluded.last_at",
        values![warning.kind, warning.subject.as_str(), work.now],
    );
    work.after.tallies.push(Tally::Warned(warning.kind));
}

/// The newest first. One of a kind that only a newer version knows is not shown.
pub(super) async fn all(ground: &Ground) -> Result<Vec<WarningView>, Fault> {
    let mut views = unpaused_bots(ground).await?;
    let sql = "SELECT kind, subject, count, first_at, last_at FROM warnings \
               ORDER BY last_at DESC, kind COLLATE \"C\", subject COLLATE \"C\"";
    for row in ground.database.rows(sql, Vec::new()).await? {
        let Some(kind) = WarningKind::from_label(row.try_get(0)?) else {
            continue;
        };
        views.push(WarningView {
            kind,
            subject: row.try_get(1)?,
            count: count(row.try_get(2)?),
            first_at: row.try_get(3)?,
            last_at: row.try_get(4)?,
        });
    }
    Ok(views)
}

/// Of open handovers. A state that cannot be read is passed over; one that is found for words in it is looked at.
async fn unpaused_bots(ground: &Ground) -> Result<Vec<WarningView>, Fault> {
    let now = ground.clock.now();
    let sql = "SELECT state FROM conversations WHERE wake_at IS NOT NULL AND phase <> 'closing' \
               AND (strpos(state, $1) > 0 OR strpos(state, $2) > 0 OR strpos(state, $3) > 0) ORDER BY id";
    let [pausing, failed, not_owed] = unpaused::WORDS;
    let words = values![pausing, failed, not_owed];
    let mut views = Vec::new();
    for row in ground.database.rows(sql, words).await? {
        let state: Option<Conversation> = columns::json(&row, 0).ok();
        views.extend(state.and_then(|state| unpaused::unpaused(&state, now)));
    }
    Ok(views)
}
