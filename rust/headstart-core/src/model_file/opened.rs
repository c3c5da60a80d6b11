//! Files that any thread reads at any offset, without a shared position.

use std::fs::File;
use std::io;
use std::path::Path;

/// Bytes that can be read at any offset.
pub(super) trait ReadAt {
    /// Return the number of bytes.
    fn len(&self) -> io::Result<u64>;

    /// Fill a buffer from an offset on.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if there are fewer bytes.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

/// An open file. On systems on which it can be replaced while it is open, it stays open; on
/// others, it is opened for each read.
#[derive(Debug)]
pub(super) struct OpenFile {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    path: std::path::PathBuf,
}

#[cfg(unix)]
impl OpenFile {
    /// Whether the file can be read after its name is removed.
    pub(super) const STAYS_OPEN: bool = true;

    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(|file| Self { file })
    }
}

#[cfg(unix)]
impl ReadAt for OpenFile {
    fn len(&self) -> io::Result<u64> {
        self.file.metadata().map(|entry| entry.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }
}

#[cfg(not(unix))]
impl OpenFile {
    /// Whether the file can be read after its name is removed.
    pub(super) const STAYS_OPEN: bool = false;

    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path)?;
        Ok(Self { path: path.into() })
    }
}

#[cfg(not(unix))]
impl ReadAt for OpenFile {
    fn len(&self) -> io::Result<u64> {
        std::fs::metadata(&self.path).map(|entry| entry.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(buffer.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}
