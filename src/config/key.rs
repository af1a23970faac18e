//! Where in the configuration a setting stands, written as an operator writes it: `routes[1].desk`.

use std::fmt;

/// The way from the root to one setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Key(Box<str>),
    Index(usize),
}

impl KeyPath {
    /// The setting `key` inside this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// The member `index` of the list here, counted from zero.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// What stands there within this setting.
    #[must_use]
    pub fn within(&self, there: &Self) -> Self {
        Self([&self.0[..], &there.0[..]].concat())
    }

    /// What this setting stands in; `None` at the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The environment variable that sets this key.
    pub fn variable(&self) -> String {
        let mut name = String::from("HANDOVER");
        for step in &self.0 {
            name.push_str("__");
            match step {
                Step::Key(key) => name.push_str(&key.to_uppercase()),
                Step::Index(index) => name.push_str(&index.to_string()),
            }
        }
        name
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if place == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
