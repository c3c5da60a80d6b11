//! Unpacked model files: the same members, as files of a folder.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::{FileError, shown};
use super::limits::Limits;
use super::manifest::MANIFEST_NAME;

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Size of each member in bytes, including the manifest.
    pub(super) sizes: BTreeMap<String, u64>,
}

impl Folder {
    /// Return the files of a folder and its subfolders; links are refused.
    pub(super) fn list(path: &Path, limits: &Limits) -> Result<Self, FileError> {
        let mut sizes = BTreeMap::new();
        let mut waiting = vec![String::new()];
        let mut n_entries = 0;
        while let Some(prefix) = waiting.pop() {
            for entry in fs::read_dir(path.join(&prefix))? {
                let entry = entry?;
                n_entries += 1;
                // Twice, because every part may have its own folder.
                if n_entries > 2 * limits.max_parts + 1 {
                    return Err(FileError::Refused(format!(
                        "It holds more than {} files and folders.",
                        limits.max_parts
                    )));
                }
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // The metadata of the entry itself: links are not followed.
                let kind = entry.metadata()?;
                if kind.is_dir() {
                    if name.len() > limits.max_name_length {
                        return Err(FileError::Refused(format!(
                            "It holds a folder of more than {} characters: {}.",
                            limits.max_name_length,
                            shown(&name)
                        )));
                    }
                    waiting.push(format!("{name}/"));
                } else if kind.is_file() {
                    sizes.insert(name, kind.len());
                } else {
                    return Err(FileError::Refused(format!(
                        "{} is a link or a device; a model has files and folders only.",
                        shown(&name)
                    )));
                }
            }
        }
        if !sizes.contains_key(MANIFEST_NAME) {
            return Err(FileError::Refused(format!(
                "The folder has no {MANIFEST_NAME}."
            )));
        }
        Ok(Self {
            path: path.into(),
            sizes,
        })
    }

    /// Read a member into a buffer; another size is an error.
    pub(super) fn read_into(&self, name: &str, buffer: &mut [u8]) -> Result<(), FileError> {
        let mut file = open_no_link(&self.path.join(name))?;
        let is_whole = match file.read_exact(buffer) {
            Ok(()) => file.read(&mut [0])? == 0,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
            Err(error) => return Err(error.into()),
        };
        if is_whole {
            return Ok(());
        }
        Err(FileError::Refused(format!(
            "Part '{name}' is damaged, or was changed since it was opened: it does not have \
             {} bytes any more.",
            buffer.len()
        )))
    }
}

/// Open a file, but not through a link created after the listing.
fn open_no_link(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
    options.open(path)
}
