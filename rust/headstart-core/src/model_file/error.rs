//! Errors of model files.

use std::io;

/// The reason why a model file is refused or cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file is damaged, unsafe, or of another format.
    #[error("{0}")]
    Refused(String),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileError {
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }
}

/// Largest number of characters of a file's text in a message.
const MOST_SHOWN: usize = 60;

/// Return a file's text in quotes, truncated, without control characters.
pub(super) fn shown(text: &str) -> String {
    format!("'{}'", escaped(text, MOST_SHOWN))
}

/// Return a file's text as printable ASCII, with at most `most` characters before escaping.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let mut escaped: String = text
        .chars()
        .take(most)
        .flat_map(|letter| {
            let is_plain = letter == ' ' || letter.is_ascii_graphic();
            let plain = is_plain.then_some(letter);
            let other = (!is_plain).then(|| letter.escape_default());
            plain.into_iter().chain(other.into_iter().flatten())
        })
        .collect();
    if text.chars().nth(most).is_some() {
        escaped.push_str("...");
    }
    escaped
}
