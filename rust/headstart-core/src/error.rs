//! The one error type of the crate.

/// An error of a kernel.
///
/// Callers check users' arguments and report errors in their terms. These checks are the
/// last ones before undefined results.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has an invalid value.
    #[error("{0}")]
    Value(String),
    /// The sizes of two arguments are inconsistent.
    #[error("{0}")]
    Shape(String),
    /// There is not enough memory.
    #[error("{0}")]
    Memory(String),
    /// The work was cancelled.
    #[error("the work was cancelled")]
    Cancelled,
}

impl Error {
    /// Return an [`Error::Value`] with a message.
    pub fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    /// Return an [`Error::Memory`] with the name of the allocation.
    pub fn memory(what: &str, n_bytes: Option<usize>) -> Self {
        Self::Memory(match n_bytes {
            Some(n_bytes) => format!("There is no memory for {what}: {n_bytes} bytes."),
            None => format!("There is no memory for {what}."),
        })
    }

    /// Return an [`Error::Shape`]: `name` must hold `expected` values.
    pub fn length(name: &str, expected: usize, actual: usize) -> Self {
        Self::Shape(format!(
            "{name} must hold {expected} values. Got {actual} instead."
        ))
    }
}
