//! Two pages in browsers, one of a conversation and one of the inbox, and how long messages took to be painted there.

use std::{collections::HashMap, time::Duration};

use super::{
    browser::{Browser, Painted},
    operator::{Operator, rows},
    traffic::Sent,
};
use crate::{
    Result,
    figures::{Latencies, Spread},
};

pub struct Watched {
    talk: Browser,
    inbox: Browser,
    /// The conversation that is open, by its number.
    pub talked: u64,
    /// Those whose rows the inbox shows.
    shown: Vec<u64>,
}

impl Watched {
    /// Before anybody has written: then rows still tell whose they are.
    pub async fn open(talking: &Operator, looking: &Operator) -> Result<Self> {
        let shown = rows(&looking.page("/console").await?);
        let own = talking.own().await?;
        let path = format!("/console/conversations/{}", own.id);
        Ok(Self {
            talk: Browser::open(talking, &path, "talk").await?,
            inbox: Browser::open(looking, "/console", "inbox").await?,
            talked: own.number,
            shown: shown.into_iter().map(|row| row.number).collect(),
        })
    }

    pub async fn begin(&self) -> Result<()> {
        self.talk.watch(".transcript").await?;
        self.inbox.watch(".row").await
    }

    /// Of the conversation, and of the rows.
    pub async fn pixels(&self, sent: &[Sent]) -> Result<[Spread; 2]> {
        let of_talk = |sent: &&Sent| sent.conversation == self.talked;
        let of_rows = |sent: &&Sent| self.shown.contains(&sent.conversation);
        let talk = sent.iter().filter(of_talk).copied().collect();
        let row = sent.iter().filter(of_rows).copied().collect();
        Ok([
            took(talk, &self.talk.painted().await?)?,
            took(row, &self.inbox.painted().await?)?,
        ])
    }

    pub async fn close(self) -> Result<()> {
        let closed = self.talk.close().await;
        self.inbox.close().await?;
        closed
    }
}

/// From each call until it, or what was said after it in the same conversation, was painted.
fn took(sent: Vec<Sent>, painted: &[Painted]) -> Result<Spread> {
    let painted: HashMap<u64, f64> = painted.iter().map(|one| (one.number, one.at)).collect();
    let mut of_conversations: HashMap<u64, f64> = HashMap::new();
    let mut latencies = Latencies::default();
    for Sent {
        number,
        conversation,
        at,
    } in sent.into_iter().rev()
    {
        let later = of_conversations.get(&conversation).copied();
        let first = match (painted.get(&number).copied(), later) {
            (Some(own), Some(later)) => own.min(later),
            (own, later) => own
                .or(later)
                .ok_or_else(|| format!("message {number} was never painted"))?,
        };
        of_conversations.insert(conversation, first);
        latencies.add(Duration::try_from_secs_f64((first - at) / 1000.0)?);
    }
    Ok(latencies.spread())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: u64, conversation: u64) -> Sent {
        Sent {
            number,
            conversation,
            at: 1000.0,
        }
    }

    fn painted(number: u64, at: f64) -> Painted {
        Painted { number, at }
    }

    #[test]
    fn what_was_overtaken_counts_by_what_overtook_it() {
        let all = vec![sent(1, 7), sent(2, 8), sent(3, 7)];
        let spread = took(all, &[painted(3, 1030.0), painted(2, 1010.0)]).unwrap();
        assert_eq!(
            (spread.count, spread.p50_ms, spread.max_ms),
            (3, 30.0, 30.0)
        );
    }

    #[test]
    fn what_never_comes_is_a_fault() {
        assert!(took(vec![sent(1, 7)], &[painted(2, 1010.0)]).is_err());
    }
}
