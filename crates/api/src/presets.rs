//! Ready-made sets of rules for the neighbourhood models, from `config/presets`. Applied, they are ordinary rules.

use std::sync::LazyLock;

use domain::{RuleSpec, Sentence};
use serde::{Deserialize, Serialize};

/// A ready-made set of rules.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Preset {
    /// Its name in addresses.
    #[schema(value_type = String, example = "safe-school")]
    pub(crate) name: &'static str,
    #[serde(flatten)]
    pub(crate) content: Content,
}

/// What a preset says.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// What people call it.
    pub(crate) title: Sentence,
    /// What it is for.
    pub(crate) purpose: Sentence,
    /// Its rules: for the whole picture; draw zones where less is meant.
    pub(crate) rules: Vec<RuleSpec>,
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../config/presets/", $name, ".toml")))),+]
    };
}

const FILES: [(&str, &str); 8] = files![
    "camera-health",
    "hamlet-gate",
    "illegal-racing",
    "night-street",
    "pavement-order",
    "safe-school",
    "trunk-road-checkpoint",
    "workers-dormitory",
];

/// All presets, by name.
pub(crate) static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let read = |(name, text): (&'static str, &str)| match toml::from_str(text) {
        Ok(content) => Some(Preset { name, content }),
        Err(error) => {
            tracing::error!(name, %error, "a preset cannot be read");
            None
        }
    };
    FILES.into_iter().filter_map(read).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_made_of_rules_that_hold() {
        assert_eq!(PRESETS.len(), FILES.len());
        for preset in PRESETS.iter() {
            assert!(!preset.content.rules.is_empty());
            for rule in &preset.content.rules {
                assert_eq!(rule.check(), Ok(()), "{}: {}", preset.name, rule.name);
            }
        }
    }
}
