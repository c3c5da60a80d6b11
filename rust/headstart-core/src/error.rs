//! The one error type of the crate.

/// What can go wrong in a kernel.
///
/// Callers check what users may get wrong and say it in their terms; these messages
/// are the last line before undefined results.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has a value that the kernel cannot work with.
    #[error("{0}")]
    Value(String),
    /// Two arguments do not fit together in size.
    #[error("{0}")]
    Shape(String),
    /// There is no memory for what was asked for.
    #[error("{0}")]
    Memory(String),
    /// The work was stopped from outside before it was done.
    #[error("the work was cancelled")]
    Cancelled,
}

impl Error {
    /// An [`Error::Value`] with the given message.
    pub fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    /// An [`Error::Memory`] naming what has no room.
    pub fn memory(what: &str, n_bytes: Option<usize>) -> Self {
        Self::Memory(match n_bytes {
            Some(n_bytes) => format!("There is no memory for {what}: {n_bytes} bytes."),
            None => format!("There is no memory for {what}."),
        })
    }

    /// An [`Error::Shape`] saying that `name` must hold `expected` values.
    pub fn length(name: &str, expected: usize, found: usize) -> Self {
        Self::Shape(format!(
            "{name} must hold {expected} values. Got {found} instead."
        ))
    }
}
