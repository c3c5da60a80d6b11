//! What is wrong with a model file.

use std::io;

/// A model file that is refused, or that the system does not give.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is damaged, unsafe, or of another format.
    #[error("{0}")]
    Refused(String),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileError {
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }
}

/// Most characters of foreign text in a message.
const MOST_SHOWN: usize = 60;

/// Foreign text in quotes, cut short, without characters that a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    format!("'{}'", escaped(text, MOST_SHOWN))
}

/// Foreign text as printable ASCII of at most `most` characters before they are escaped.
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
