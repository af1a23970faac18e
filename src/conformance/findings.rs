//! What the suite has found.

use std::fmt;

/// What an adapter has to hold to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A task is one call, or as many as the harness says: a repeat of several would repeat those that went well.
    OneCallATask,
    /// A task that is performed again is the same call again, so that the vendor can know it.
    RepeatsAreAlike,
    /// What the reader can be shown by the adapter's own account is taken and arrives; what cannot is refused without a
    /// call.
    ContentsAreShown,
    /// Each status has its class.
    StatusesHaveClasses,
    /// `Retry-After` is passed on.
    RetryAfterIsTold,
    /// What did not arrive is told from what may have.
    ArrivalIsTold,
    /// Whatever is answered: it ends, it takes a bounded amount of room, nothing panics, and nothing is made up.
    AnswersAreBounded,
    /// A redirect is a failure and is not followed.
    RedirectsAreFailures,
    /// No secret and no text in what is printed: neither of adapter, failures and refusals nor in the log.
    NothingIsPrinted,
    /// A task for which the vendor has no call is refused without one.
    ImpossibleTasksAreRefused,
    /// What is told of the adapter does not change, and its own examples can be filled in.
    FactsHold,
    /// A body of the vendor's is read, and whatever is made of it is refused in words of our own.
    BodiesAreRead,
}

/// One rule that does not hold, and what was seen.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub what: String,
}

/// Everything that was found, at least one.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn breaks(&self, rule: Rule) -> bool {
        self.0.iter().any(|finding| finding.rule == rule)
    }
}

impl fmt::Display for Findings {
    /// One a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rules do not hold:", self.0.len())?;
        self.0
            .iter()
            .try_for_each(|finding| write!(f, "\n{finding:?}"))
    }
}

impl fmt::Debug for Findings {
    /// As they are read in the output of a test.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}
