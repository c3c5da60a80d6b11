//! Names of parts, which become file names when a model is unpacked.

use std::collections::BTreeMap;

use super::error::{FileError, shown};
use super::limits::Limits;
use super::manifest::MANIFEST_NAME;

/// Refuse names that are not valid files of one folder on every system, or that leave it.
pub(super) fn check_names<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    limits: &Limits,
) -> Result<(), FileError> {
    let n_names = names.clone().count();
    if n_names > limits.max_parts {
        return Err(FileError::Refused(format!(
            "A model may have {} parts at most. Got {n_names}.",
            limits.max_parts
        )));
    }
    // Some file systems are case-insensitive.
    let mut lower = BTreeMap::from([(MANIFEST_NAME.to_owned(), MANIFEST_NAME)]);
    for name in names.clone() {
        if name.len() > limits.max_name_length || !name.split('/').all(is_segment) {
            return Err(FileError::Refused(format!(
                "The name of a part must be a relative path of at most {} letters, digits, \
                 '.', '_', '-' and '/', with no empty or dotted segment. Got {}.",
                limits.max_name_length,
                shown(name)
            )));
        }
        if let Some(other) = lower.insert(name.to_ascii_lowercase(), name) {
            return Err(FileError::Refused(format!(
                "Two parts may not have the same name. Got '{name}' and '{other}'."
            )));
        }
    }
    for name in names {
        let path = name.to_ascii_lowercase();
        for (end, _) in path.match_indices('/') {
            if let Some(file) = lower.get(&path[..end]) {
                return Err(FileError::Refused(format!(
                    "Part '{name}' lies in '{file}', which is a part, not a folder."
                )));
            }
        }
    }
    Ok(())
}

fn is_segment(segment: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !segment.is_empty()
        && segment.bytes().all(is_allowed)
        && !segment.starts_with('.')
        && !segment.ends_with('.')
}
