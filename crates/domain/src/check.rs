//! Checks of what people say of a thing: one kind of refusal, which names the field and what would be right.

/// Longest name of anything, in characters.
const LONGEST_NAME: usize = 200;

/// What is wrong with what was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// What a check comes to.
pub(crate) type Checked = Result<(), InvalidField>;

/// A refusal.
pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Checked {
    Err(InvalidField { field, problem: problem.into() })
}

/// Refuses names that are empty, too long or hold control characters.
pub(crate) fn name(field: &'static str, text: &str) -> Checked {
    let length = text.trim().chars().count();
    if (1..=LONGEST_NAME).contains(&length) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    invalid(field, format!("it needs 1 to {LONGEST_NAME} characters, none of them a control"))
}
