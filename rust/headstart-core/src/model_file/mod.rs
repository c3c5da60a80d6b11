//! Model files of format 2: a manifest and named parts, in a ZIP file or a folder.
//!
//! This is the only reader of the format. Files may be untrusted: sizes, counts and names
//! are checked before allocations, every byte of a ZIP file has one valid position
//! ([`zip`]), and the SHA-256 of each part must be that of the manifest. Parts are JSON
//! records ([`check_record`]), safetensors arrays ([`arrays`]), or bytes in a format of
//! their writer.

mod arrays;
mod error;
mod folder;
mod limits;
mod manifest;
mod names;
mod opened;
mod record;
#[cfg(test)]
mod tests;
mod zip;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use arrays::{StoredArray, read_array_index};
pub use error::FileError;
pub use limits::Limits;
pub use manifest::{FORMAT_VERSION, MANIFEST_NAME, Manifest, Part};
pub use record::check_record;
pub use zip::{Member, directory, local_header};

use folder::Folder;
use opened::OpenFile;

/// An opened model file. Everything except the bytes of its parts is checked.
#[derive(Debug)]
pub struct ModelFile {
    manifest: Manifest,
    source: Source,
}

/// The source of the parts' bytes.
#[derive(Debug)]
enum Source {
    Zip {
        file: OpenFile,
        members: BTreeMap<String, Member>,
    },
    Folder(Folder),
}

impl ModelFile {
    /// Open a model file, or a folder with the same members.
    ///
    /// `known` lists the parts that the caller supports: names, or prefixes that end in
    /// `/`. Without it, every part is supported.
    ///
    /// # Errors
    ///
    /// [`FileError::Refused`] if the file is not a model file of this format, is damaged,
    /// exceeds a limit, or has a part that is neither known nor optional; [`FileError::Io`]
    /// if it cannot be read.
    pub fn open(path: &Path, limits: &Limits, known: Option<&[String]>) -> Result<Self, FileError> {
        let kind = fs::metadata(path)?;
        let source = if kind.is_dir() {
            Source::Folder(Folder::list(path, limits)?)
        } else if kind.is_file() {
            Source::zip(path, limits)?
        } else {
            // Opening a pipe would block.
            return Err(FileError::refused("It is neither a file nor a folder."));
        };
        let n_bytes = source.size(MANIFEST_NAME).unwrap_or_default();
        if n_bytes > limits.max_manifest_bytes {
            return Err(FileError::Refused(format!(
                "{MANIFEST_NAME} has {n_bytes} bytes; at most {} are read.",
                limits.max_manifest_bytes
            )));
        }
        let mut data = vec![0; usize::try_from(n_bytes).unwrap_or(usize::MAX)];
        source.read_into(MANIFEST_NAME, &mut data)?;
        let manifest = Manifest::parse(&data, limits)?;
        source.compare(&manifest)?;
        if let Some(known) = known {
            manifest.check_known(known)?;
        }
        Ok(Self { manifest, source })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Return whether parts stay readable after the file is deleted or replaced.
    pub fn outlives_path(&self) -> bool {
        matches!(self.source, Source::Zip { .. }) && OpenFile::STAYS_OPEN
    }

    /// Return the size of a part in bytes; `None` if there is no such part.
    pub fn size(&self, name: &str) -> Option<u64> {
        self.manifest.parts.get(name).map(|part| part.size)
    }

    /// Read a part into a buffer of its size and compare its SHA-256 with the manifest's.
    ///
    /// # Errors
    ///
    /// [`FileError::Refused`] if there is no such part, the buffer has another size, or the
    /// SHA-256 differs; [`FileError::Io`] if the bytes cannot be read.
    pub fn read_into(&self, name: &str, buffer: &mut [u8]) -> Result<(), FileError> {
        let part = self
            .manifest
            .parts
            .get(name)
            .filter(|part| part.size == buffer.len() as u64)
            .ok_or_else(|| FileError::Refused(format!("There is no part {name:?} to read.")))?;
        self.source.read_into(name, buffer)?;
        if sha256(buffer) != part.sha256 {
            return Err(FileError::Refused(format!(
                "Part '{name}' is damaged, or was changed since it was opened: its SHA-256 is \
                 not the manifest's. hint: save() replaces a model safely; copying over a file \
                 that is in use does not."
            )));
        }
        Ok(())
    }
}

impl Source {
    fn zip(path: &Path, limits: &Limits) -> Result<Self, FileError> {
        let file = OpenFile::open(path)?;
        zip::refuse_format_1(&file)?;
        let listed = zip::read_directory(&file, limits)?;
        if listed
            .first()
            .is_none_or(|first| first.name != MANIFEST_NAME)
        {
            return Err(FileError::Refused(format!(
                "Its first member is not {MANIFEST_NAME}."
            )));
        }
        let mut members = BTreeMap::new();
        for member in listed {
            let name = member.name.clone();
            if members.insert(name.clone(), member).is_some() {
                return Err(FileError::Refused(format!(
                    "It holds two parts of the name {}.",
                    error::shown(&name)
                )));
            }
        }
        Ok(Self::Zip { file, members })
    }

    fn size(&self, name: &str) -> Option<u64> {
        match self {
            Self::Zip { members, .. } => members.get(name).map(|member| member.size),
            Self::Folder(folder) => folder.sizes.get(name).copied(),
        }
    }

    fn names(&self) -> Vec<&String> {
        match self {
            Self::Zip { members, .. } => members.keys().collect(),
            Self::Folder(folder) => folder.sizes.keys().collect(),
        }
    }

    fn read_into(&self, name: &str, buffer: &mut [u8]) -> Result<(), FileError> {
        match self {
            Self::Zip { file, members } => {
                let member = members
                    .get(name)
                    .ok_or_else(|| FileError::Refused(format!("There is no part {name:?}.")))?;
                zip::read_member(file, member, buffer)
            }
            Self::Folder(folder) => folder.read_into(name, buffer),
        }
    }

    /// Refuse a model whose members differ from those in its manifest.
    fn compare(&self, manifest: &Manifest) -> Result<(), FileError> {
        let mut missing = manifest
            .parts
            .keys()
            .filter(|name| self.size(name).is_none());
        if let Some(name) = missing.next() {
            return Err(FileError::Refused(format!(
                "Part '{name}' is missing ({} in all).",
                1 + missing.count()
            )));
        }
        let mut unlisted = self
            .names()
            .into_iter()
            .filter(|name| *name != MANIFEST_NAME && !manifest.parts.contains_key(*name));
        if let Some(name) = unlisted.next() {
            return Err(FileError::Refused(format!(
                "It holds {}, which its manifest does not list ({} in all). hint: nothing may \
                 be added to a model.",
                error::shown(name),
                1 + unlisted.count()
            )));
        }
        for (name, part) in &manifest.parts {
            let size = self.size(name).unwrap_or_default();
            if size != part.size {
                return Err(FileError::Refused(format!(
                    "Part '{name}' has {size} bytes, and {} by the manifest: it is damaged.",
                    part.size
                )));
            }
        }
        Ok(())
    }
}

/// Return the SHA-256 of bytes as hexadecimal digits.
pub fn sha256(data: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(data) {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    text
}
