//! The layers a configuration is made of, and how they are laid over each other.

use std::{
    cmp::Reverse,
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
};

use config::{ConfigError, Environment, File, FileFormat, Map, Value};

use super::{
    fault::{Fault, Faults, Place, Problem},
    key::KeyPath,
    lines::Lines,
};

/// The documentation, which is at the same time the lowest layer.
const DEFAULT: &str = include_str!("../../config/default.toml");

/// The sections of the defaults with their keys: what is wrong is told by what would be right.
pub(super) fn default_keys() -> Vec<(String, String)> {
    let defaults: toml::Table = DEFAULT.parse().unwrap_or_default();
    let sections = defaults
        .into_iter()
        .filter_map(|(section, keys)| match keys {
            toml::Value::Table(keys) => Some((section, keys)),
            _ => None,
        });
    sections
        .flat_map(|(section, keys)| keys.into_iter().map(move |(key, _)| (section.clone(), key)))
        .collect()
}

/// Where to read from. Built by the command line; tests hand in text and variables of their own.
#[derive(Clone, Default)]
pub struct Source {
    document: Option<Document>,
    environment: HashMap<String, String>,
}

#[derive(Clone)]
enum Document {
    File(PathBuf),
    Text { name: PathBuf, text: String },
}

/// The merged tree, and the lines of the operator's own file. Not `Debug`: the values are secrets as well.
pub(super) struct Layers {
    pub(super) values: Map<String, Value>,
    pub(super) lines: Lines,
}

impl Source {
    const PREFIX: &'static str = "HANDOVER__";

    /// The file, if there is one, and the variables of this process.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let environment = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()));
        Self {
            document: file.map(Document::File),
            environment: HashMap::new(),
        }
        .with_environment(environment)
    }

    /// Text that stands for a file called `name`.
    pub fn text(name: impl AsRef<Path>, text: impl Into<String>) -> Self {
        let document = Document::Text {
            name: name.as_ref().to_owned(),
            text: text.into(),
        };
        Self {
            document: Some(document),
            environment: HashMap::new(),
        }
    }

    /// These variables over what there is; those that are not `HANDOVER__…` are passed over.
    #[must_use]
    pub fn with_environment<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.environment
            .extend(variables.filter(|(name, _)| name.starts_with(Self::PREFIX)));
        self
    }

    /// Whether nobody has configured anything.
    pub fn is_empty(&self) -> bool {
        self.document.is_none() && self.environment.is_empty()
    }

    /// The same with the text that the file has now. What is loaded from it again differs in nothing but what the files
    /// of secrets hold by then.
    pub fn pinned(self) -> Result<Self, Faults> {
        let pin = |document: Document| {
            let (name, text) = document.read()?;
            Ok(Document::Text { name, text })
        };
        Ok(Self {
            document: self.document.map(pin).transpose()?,
            ..self
        })
    }

    /// Whether the file from which it was pinned holds something else by now.
    pub fn is_outdated(&self) -> bool {
        match &self.document {
            Some(Document::Text { name, text }) => {
                fs::read_to_string(name).is_ok_and(|now| now != *text)
            }
            Some(Document::File(_)) | None => false,
        }
    }

    pub(super) fn merge(&self) -> Result<Layers, Faults> {
        let mut layers =
            config::Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
        let mut lines = Lines::default();
        if let Some(document) = &self.document {
            let (name, text) = document.read()?;
            lines = Lines::read(name, &text)?;
            layers = layers.add_source(File::from_str(&text, FileFormat::Toml));
        }
        for (name, value) in self.ordered_environment() {
            let variable = HashMap::from([(name.clone(), value.clone())]);
            let variable = Environment::default()
                .prefix("HANDOVER")
                .prefix_separator("__")
                .separator("__")
                .source(Some(variable));
            layers = layers.add_source(variable);
        }
        let merged = layers.build().map_err(merge_fault)?;
        let values = merged.cache.into_table().map_err(merge_fault)?;
        Ok(Layers { values, lines })
    }

    /// In the order in which they are laid over each other, which decides where two contradict each other: a section's
    /// name comes after its keys, so that a text in its place is what is told, and of two spellings capitals count.
    fn ordered_environment(&self) -> Vec<(&String, &String)> {
        let mut variables: Vec<_> = self.environment.iter().collect();
        variables.sort_by_cached_key(|(name, _)| Reverse((name.to_lowercase(), (*name).clone())));
        variables
    }
}

impl std::fmt::Debug for Source {
    /// Names only: the text and the variables hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let document = self.document.as_ref().map(|document| match document {
            Document::File(name) | Document::Text { name, .. } => name,
        });
        f.debug_struct("Source")
            .field("document", &document)
            .finish_non_exhaustive()
    }
}

impl Document {
    fn read(&self) -> Result<(PathBuf, String), Faults> {
        match self {
            Self::Text { name, text } => Ok((name.clone(), text.clone())),
            Self::File(path) => match fs::read_to_string(path) {
                Ok(text) => Ok((path.clone(), text)),
                Err(error) => {
                    let place = Place::File {
                        file: path.clone(),
                        line: 1,
                    };
                    Err(one_fault(place, Problem::Unreadable(error)))
                }
            },
        }
    }
}

fn merge_fault(error: ConfigError) -> Faults {
    one_fault(Place::Unwritten, Problem::Merge(Box::new(error)))
}

fn one_fault(place: Place, problem: Problem) -> Faults {
    [Fault {
        key: KeyPath::default(),
        place,
        problem,
    }]
    .into_iter()
    .collect()
}
