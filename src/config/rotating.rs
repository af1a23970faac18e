//! A value that is exchanged while the bridge runs: a secret, when SIGHUP has it read again.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// Clones share the value, so whoever holds one sees the new value with its next [`Rotating::get`]. The lock is held
/// for as long as it takes to count one more reader, never over a comparison or a call.
pub struct Rotating<T>(Arc<RwLock<Arc<T>>>);

impl<T> Rotating<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// The value of this moment. A call that has begun with it ends with it.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set(&self, value: T) {
        let value = Arc::new(value);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl<T> Clone for Rotating<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Default for Rotating<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Rotating<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_sees_the_new_value_and_who_has_the_old_one_keeps_it() {
        let one = Rotating::new("old");
        let (other, kept) = (one.clone(), one.get());
        one.set("new");
        assert_eq!((*other.get(), *kept), ("new", "old"));
    }
}
