//! The oracle's books: what was sent, what was acknowledged, what arrived where.
//!
//! Every event has a number in its lane, from 0. It is written here before it is sent, and marked acknowledged only on
//! a 2xx answer. The stubs of the desk and of the bot platform write every arrival, with what they answered. The load
//! and the stubs share one ledger; the checker reads it when all is quiet.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Mutex, MutexGuard},
};

/// So many unexplained things are kept; a broken bridge makes more of them than anybody reads.
const ODDITIES: usize = 1000;

/// Which way a lane goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// From the user to the desk; number 0 is the offload, the others are texts.
    User,
    /// From the agent to the bot platform; every number is a text.
    Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaneId {
    pub conversation: usize,
    pub side: Side,
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.side {
            Side::User => "user",
            Side::Agent => "agent",
        };
        write!(f, "{whose} of conversation {}", self.conversation)
    }
}

/// What a stub answered to one arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: the caller must never send it again, unless it was killed before it could note that.
    Taken,
    /// 503.
    Refused,
    /// The request was read and the connection closed without a word.
    Cut,
}

/// What names a message at the desk; repeats must carry the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub webhook_id: String,
    pub message_id: String,
    pub seq: u64,
    /// Of the `data` of the body.
    pub digest: u64,
}

#[derive(Clone, Debug)]
pub struct Arrival {
    pub number: u32,
    /// Which run of the bridge sent it: kills lie between two of them.
    pub process: u32,
    pub answer: Answer,
    /// None where the wire has no id: the actions API of the bot platform.
    pub identity: Option<Identity>,
    /// Place of the arrival in the whole history.
    pub arrived: u64,
    /// Place of the answer in the whole history; none while it is owed.
    pub answered: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// How many numbers were written, which is the next number.
    pub sent: u32,
    /// How many of them were acknowledged; one fewer than sent, or all.
    pub acked: u32,
    pub arrivals: Vec<Arrival>,
}

/// What has happened to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It was killed.
    Killed,
    /// It could not renew what it held: frozen, or cut off from the database.
    Stalled,
    /// It did not hear what it was answered.
    Deafened,
}

/// One time that something happened to a process.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub process: u32,
    pub damage: Damage,
    /// Places in the whole history; none while it lasts.
    pub from: u64,
    pub until: Option<u64>,
}

/// A receipt for an arrival, to note that it was answered.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    lane: LaneId,
    index: usize,
}

#[derive(Debug, Default)]
struct Conversation {
    user: Lane,
    agent: Lane,
    /// The handover, once the desk took it.
    handover: Option<String>,
    /// The user has said all.
    finished: bool,
    /// The platform was told that the bot keeps the user.
    declined: bool,
    /// The bridge has taken the handover back from the desk.
    withdrawn: bool,
    /// The agent's last event: the close, which gives the user back to the bot.
    close: Option<u32>,
}

#[derive(Debug, Default)]
struct Books {
    conversations: Vec<Conversation>,
    handovers: HashMap<String, usize>,
    strikes: Vec<Strike>,
    oddities: Vec<String>,
    acked: u64,
    now: u64,
}

#[derive(Debug, Default)]
pub struct Ledger(Mutex<Books>);

impl Ledger {
    /// Opens the books of a new conversation.
    pub fn begin(&self) -> usize {
        let mut books = self.books();
        books.conversations.push(Conversation::default());
        books.conversations.len() - 1
    }

    /// How many conversations there are.
    pub fn conversations(&self) -> usize {
        self.books().conversations.len()
    }

    /// Writes the next event of a lane, before it is sent.
    pub fn write(&self, lane: LaneId) -> u32 {
        let mut books = self.books();
        let lane = books.lane(lane);
        lane.sent += 1;
        lane.sent - 1
    }

    /// The last written event of a lane was answered 2xx.
    pub fn acknowledge(&self, lane: LaneId) {
        let mut books = self.books();
        books.acked += 1;
        books.lane(lane).acked += 1;
    }

    /// How many events were acknowledged, in all lanes.
    pub fn acked(&self) -> u64 {
        self.books().acked
    }

    /// The user has said all, and all of it was acknowledged.
    pub fn finish(&self, conversation: usize) {
        self.books().conversations[conversation].finished = true;
    }

    /// The platform was told that the bot keeps the user: nothing more is said in this conversation.
    pub fn decline(&self, conversation: usize) {
        self.books().conversations[conversation].declined = true;
    }

    /// The bridge takes a handover back from the desk; it may if the platform was not told that it is accepted.
    pub fn withdraw(&self, conversation: usize) -> bool {
        let mut books = self.books();
        let conversation = &mut books.conversations[conversation];
        conversation.withdrawn = true;
        conversation.user.acked == 0
    }

    /// The bridge gives a user back whom no agent has: it may if the platform was not told that an agent takes over. A
    /// bot that was told `declined` too late may have been paused by then.
    pub fn may_be_given_back(&self, conversation: usize) -> bool {
        let books = self.books();
        let conversation = books.conversations.get(conversation);
        conversation.is_some_and(|conversation| conversation.user.acked == 0)
    }

    /// How many conversations the bot keeps, as it was told, and how many of them the desk has taken and kept.
    pub fn declined(&self) -> (u64, u64) {
        let books = self.books();
        let declined = books.conversations.iter().filter(|books| books.declined);
        declined.fold((0, 0), |(all, torn), books| {
            let mut arrivals = books.user.arrivals.iter();
            let taken = arrivals.any(|arrival| arrival.answer == Answer::Taken);
            let at_desk = taken && !books.withdrawn;
            (all + 1, torn + u64::from(at_desk))
        })
    }

    /// Writes the agent's close, if the user has said all and the desk has heard it.
    pub fn close(&self, conversation: usize) -> Option<u32> {
        let mut books = self.books();
        let conversation = &mut books.conversations[conversation];
        let heard = conversation.finished && conversation.user.lost().next().is_none();
        heard.then(|| {
            let number = conversation.agent.sent;
            conversation.agent.sent += 1;
            *conversation.close.insert(number)
        })
    }

    /// The number of the agent's close, if it was written.
    pub fn closed(&self, conversation: usize) -> Option<u32> {
        self.books().conversations.get(conversation)?.close
    }

    /// A request arrived at a stub, which has decided what to answer.
    pub fn arrive(&self, lane: LaneId, mut arrival: Arrival) -> Receipt {
        let mut books = self.books();
        books.now += 1;
        arrival.arrived = books.now;
        let arrivals = &mut books.lane(lane).arrivals;
        arrivals.push(arrival);
        Receipt {
            lane,
            index: arrivals.len() - 1,
        }
    }

    /// The answer to an arrival goes out now.
    pub fn answer(&self, receipt: Receipt) {
        let mut books = self.books();
        books.now += 1;
        let now = books.now;
        books.lane(receipt.lane).arrivals[receipt.index].answered = Some(now);
    }

    /// The desk took a handover; from now on its agent may speak.
    pub fn open(&self, handover: &str, conversation: usize) {
        let mut books = self.books();
        books.handovers.insert(handover.to_owned(), conversation);
        let first = books.conversations[conversation]
            .handover
            .replace(handover.to_owned());
        if first.is_some_and(|first| first != handover) {
            books.oddities.push(format!(
                "conversation {conversation} was opened as two handovers"
            ));
        }
    }

    /// Which conversation a handover is of, if the desk knows it.
    pub fn conversation(&self, handover: &str) -> Option<usize> {
        self.books().handovers.get(handover).copied()
    }

    /// The handover of a conversation, once the desk knows of it and the platform was told that it is accepted.
    pub fn handover(&self, conversation: usize) -> Option<String> {
        let books = self.books();
        let conversation = &books.conversations[conversation];
        conversation
            .handover
            .clone()
            .filter(|_| conversation.user.acked > 0)
    }

    /// Something happens to a process now. Gives the number of it.
    pub fn strike(&self, process: u32, damage: Damage) -> usize {
        let mut books = self.books();
        books.now += 1;
        let from = books.now;
        books.strike(process, damage, from)
    }

    /// The same, of something that began at this place in the history.
    pub fn strike_since(&self, process: u32, damage: Damage, from: u64) -> usize {
        self.books().strike(process, damage, from)
    }

    /// It is over.
    pub fn heal(&self, strike: usize) {
        let mut books = self.books();
        books.now += 1;
        let now = books.now;
        books.strikes[strike].until = Some(now);
    }

    pub fn strikes(&self) -> Vec<Strike> {
        self.books().strikes.clone()
    }

    /// Something arrived that no event explains.
    pub fn odd(&self, what: String) {
        let mut books = self.books();
        if books.oddities.len() < ODDITIES {
            books.oddities.push(what);
        }
    }

    pub fn oddities(&self) -> Vec<String> {
        self.books().oddities.clone()
    }

    /// How many acknowledged events no stub has taken yet.
    pub fn owed(&self) -> usize {
        self.lanes()
            .into_iter()
            .map(|(_, lane)| lane.lost().count())
            .sum()
    }

    /// How much has happened at the stubs.
    pub fn happened(&self) -> u64 {
        self.books().now
    }

    pub fn lanes(&self) -> Vec<(LaneId, Lane)> {
        let books = self.books();
        let conversations = books.conversations.iter().enumerate();
        let lanes = conversations.flat_map(|(conversation, books)| {
            let of = |side| LaneId { conversation, side };
            [
                (of(Side::User), books.user.clone()),
                (of(Side::Agent), books.agent.clone()),
            ]
        });
        lanes.collect()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("no holder of the ledger panics")
    }
}

impl Lane {
    /// The acknowledged numbers that were never taken.
    pub fn lost(&self) -> impl Iterator<Item = u32> {
        let taken = self
            .arrivals
            .iter()
            .filter(|arrival| arrival.answer == Answer::Taken);
        let taken: HashSet<u32> = taken.map(|arrival| arrival.number).collect();
        (0..self.acked).filter(move |number| !taken.contains(number))
    }
}

impl Books {
    fn strike(&mut self, process: u32, damage: Damage, from: u64) -> usize {
        self.strikes.push(Strike {
            process,
            damage,
            from,
            until: None,
        });
        self.strikes.len() - 1
    }

    fn lane(&mut self, id: LaneId) -> &mut Lane {
        let conversation = &mut self.conversations[id.conversation];
        match id.side {
            Side::User => &mut conversation.user,
            Side::Agent => &mut conversation.agent,
        }
    }
}
