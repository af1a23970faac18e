//! The database's clock. Deadlines, pauses and what is due go by it and not by a replica's own, which may be minutes off.
//!
//! It is looked at when the store is opened and every 10 s; in between a clock of the process counts, and what is kept is
//! how far the database is ahead of that one. An answer was given at some moment between the question and its coming, so
//! each look says between which bounds this lies. What is known is moved only if it lies outside them, and no further than
//! to the nearer one: a slow answer changes nothing, and time goes back only as far as it must. Where the database's clock
//! is set back, so is this one at the next look, by as much: replicas have to agree, with those that come later too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::{background::Background, columns::values, database::Database, fault::Fault};
use crate::domain::time::{Clock, Timestamp};

const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What the store's time is.
#[derive(Clone, Debug)]
pub enum Time {
    /// The database's. This clock counts between two looks at it, whatever it shows.
    Database(Arc<dyn Clock>),
    /// What this clock shows, as it is. All replicas must have the same.
    Given(Arc<dyn Clock>),
}

/// Goes as the database's does, as far as is known.
#[derive(Debug)]
struct DatabaseClock {
    counting: Arc<dyn Clock>,
    /// The database is ahead of what counts, by so many milliseconds.
    ahead: AtomicI64,
}

/// The database was asked, and showed this before the answer came. Asked and answered by the clock that counts.
#[derive(Clone, Copy, Debug)]
struct Look {
    asked: Timestamp,
    showed: Timestamp,
    answered: Timestamp,
}

impl Time {
    /// Before the database has been asked.
    pub(super) fn roughly(&self) -> Timestamp {
        match self {
            Self::Database(clock) | Self::Given(clock) => clock.now(),
        }
    }

    /// Looks at the database's clock, and again until the store is closed.
    pub(super) async fn clock(
        self,
        database: &Database,
        background: &Background,
    ) -> Result<Arc<dyn Clock>, Fault> {
        let counting = match self {
            Self::Given(clock) => return Ok(clock),
            Self::Database(counting) => counting,
        };
        let look = Look::at(database, &*counting).await?;
        let clock = Arc::new(DatabaseClock::new(counting, look));
        let (followed, database) = (Arc::clone(&clock), database.clone());
        background.run(async move { followed.follow(&database).await });
        Ok(clock)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_millis(self.counting.now().as_millis().saturating_add(ahead))
    }
}

impl DatabaseClock {
    /// The first look is taken to have been answered in its middle.
    fn new(counting: Arc<dyn Clock>, first: Look) -> Self {
        let (least, most) = first.bounds();
        Self {
            counting,
            ahead: AtomicI64::new(least.midpoint(most)),
        }
    }

    async fn follow(&self, database: &Database) {
        loop {
            sleep(LOOK_EVERY).await;
            match Look::at(database, &*self.counting).await {
                Ok(look) => self.heed(look),
                // What was known goes on.
                Err(fault) => {
                    tracing::debug!(error = %fault, "the database's clock could not be looked at");
                }
            }
        }
    }

    fn heed(&self, look: Look) {
        let (least, most) = look.bounds();
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.ahead
            .store(ahead.clamp(least, most), Ordering::Relaxed);
    }
}

impl Look {
    async fn at(database: &Database, counting: &dyn Clock) -> Result<Self, Fault> {
        let asked = counting.now();
        // As `handover_clock` has it, which goes for leases alone: the fault tests stop that one.
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT";
        let row = database.row(sql, values![]).await?.ok_or(Fault::Missing)?;
        Ok(Self {
            asked,
            showed: row.try_get(0)?,
            answered: counting.now(),
        })
    }

    /// So far the database is ahead at least, and at most.
    fn bounds(self) -> (i64, i64) {
        let ahead_of = |moment: Timestamp| {
            let showed = self.showed.as_millis();
            showed.saturating_sub(moment.as_millis())
        };
        let most = ahead_of(self.asked);
        (ahead_of(self.answered).min(most), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1000)
        }
    }

    /// Asked and answered then, while the database showed `showed`.
    fn look(asked: i64, answered: i64, showed: i64) -> Look {
        Look {
            asked: Timestamp::from_millis(asked),
            showed: Timestamp::from_millis(showed),
            answered: Timestamp::from_millis(answered),
        }
    }

    /// At 1000, what the clock shows that took these looks, one after another.
    fn shows(looks: &[Look]) -> i64 {
        let clock = DatabaseClock::new(Arc::new(Still), looks[0]);
        for look in &looks[1..] {
            clock.heed(*look);
        }
        clock.now().as_millis()
    }

    #[test]
    fn the_first_answer_is_taken_to_be_of_the_middle_of_its_way() {
        assert_eq!(shows(&[look(100, 140, 90_120)]), 91_000);
    }

    #[test]
    fn a_slow_answer_changes_nothing() {
        let first = look(100, 102, 90_101);
        assert_eq!(shows(&[first, look(200, 5200, 90_201)]), 91_000);
        assert_eq!(shows(&[first, look(200, 5200, 95_199)]), 91_000);
    }

    #[test]
    fn a_quick_answer_mends_what_a_slow_one_left_open() {
        let slow = look(0, 1000, 90_900);
        assert_eq!(shows(&[slow]), 91_400, "400 ms too late");
        assert_eq!(shows(&[slow, look(2000, 2002, 92_001)]), 91_001);
    }

    #[test]
    fn a_database_whose_clock_is_set_is_followed_both_ways() {
        let first = look(100, 102, 90_101);
        assert_eq!(shows(&[first, look(200, 202, 30_201)]), 31_001);
        assert_eq!(shows(&[first, look(200, 202, 150_201)]), 150_999);
    }

    #[test]
    fn a_clock_that_went_back_between_question_and_answer_does_no_harm() {
        assert_eq!(shows(&[look(500, 100, 90_500)]), 91_000);
    }
}
