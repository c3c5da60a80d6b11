//! Named arrays in the safetensors format: the positions of their bytes.
//!
//! The format is eight bytes with the length of a JSON header, the header, then the values
//! of all arrays without gaps, little-endian, in C order. The header maps names to type,
//! shape and position. Only tests use the library of that name: its version 0.8 adds
//! lengths of the header and of the arrays without an overflow check, and accepts repeated
//! names.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::{FileError, escaped, shown};

const N_LENGTH: usize = 8;

/// The position of an array in the bytes of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArray {
    /// Its type in `NumPy`'s notation: kind and bytes of an element, such as `f8`.
    pub dtype: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Start of its values.
    pub start: usize,
    /// End of its values.
    pub end: usize,
}

/// One entry of the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// Return the positions of the arrays of a part.
///
/// Checked: every byte of the part belongs to the header or to exactly one array, the size
/// of each array matches its shape, and booleans are 0 or 1.
///
/// # Errors
///
/// [`FileError::Refused`] if a check fails.
pub fn read_array_index(data: &[u8]) -> Result<BTreeMap<String, StoredArray>, FileError> {
    let (length, rest) = data
        .split_first_chunk::<N_LENGTH>()
        .ok_or_else(|| FileError::refused("Stored arrays are cut off."))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (header, values) = rest
        .split_at_checked(length)
        .ok_or_else(|| FileError::refused("The header of stored arrays is cut off."))?;
    let entries: super::manifest::UniqueMap<Entry> =
        serde_json::from_slice(header).map_err(|error| {
            FileError::Refused(format!(
                "The header of stored arrays cannot be read: {}.",
                escaped(&error.to_string(), 200)
            ))
        })?;
    let mut arrays = Vec::with_capacity(entries.0.len());
    for (name, entry) in entries.0 {
        let array = locate(&name, entry, values)?;
        arrays.push((name, array));
    }
    // In the order of their bytes; an empty array first among those with the same start.
    arrays.sort_by_key(|(_, array)| (array.start, array.end));
    let mut end = 0;
    for (name, array) in &mut arrays {
        if array.start != end {
            return Err(FileError::Refused(format!(
                "Stored array {} does not begin where the one before it ends.",
                shown(name)
            )));
        }
        end = array.end;
        array.start += N_LENGTH + length;
        array.end += N_LENGTH + length;
    }
    if end != values.len() {
        return Err(FileError::Refused(format!(
            "Stored arrays have {} bytes. Expected the {end} of their header.",
            values.len()
        )));
    }
    Ok(arrays.into_iter().collect())
}

fn locate(name: &str, entry: Entry, values: &[u8]) -> Result<StoredArray, FileError> {
    let (dtype, width) = match entry.dtype.as_str() {
        "BOOL" => ("b1", 1),
        "I8" => ("i1", 1),
        "U8" => ("u1", 1),
        "I16" => ("i2", 2),
        "U16" => ("u2", 2),
        "F16" => ("f2", 2),
        "I32" => ("i4", 4),
        "U32" => ("u4", 4),
        "F32" => ("f4", 4),
        "I64" => ("i8", 8),
        "U64" => ("u8", 8),
        "F64" => ("f8", 8),
        other => {
            return Err(FileError::Refused(format!(
                "Stored array {} has the type {}. Expected booleans, integers or floats.",
                shown(name),
                shown(other)
            )));
        }
    };
    let (start, end) = entry.data_offsets;
    let n_values = entry.shape.iter().copied().try_fold(1, usize::checked_mul);
    let n_bytes = n_values.and_then(|count| count.checked_mul(width));
    let bytes = values
        .get(start..end)
        .filter(|bytes| n_bytes == Some(bytes.len()))
        .ok_or_else(|| {
            FileError::Refused(format!(
                "Stored array {} of shape {:.60} does not fill its bytes.",
                shown(name),
                format!("{:?}", entry.shape)
            ))
        })?;
    if dtype == "b1" && bytes.iter().any(|&byte| byte > 1) {
        return Err(FileError::Refused(format!(
            "Stored array {} holds booleans that are neither 0 nor 1.",
            shown(name)
        )));
    }
    Ok(StoredArray {
        dtype,
        shape: entry.shape,
        start,
        end,
    })
}
