//! A file of floats that grows at its end and is read where it lies in memory.
//!
//! Written with calls, so that a full disk is an error and not a signal; read through a
//! mapping, so that the system keeps of it in memory what is read and drops what is not.
#![expect(unsafe_code, reason = "the one place where a file is mapped")]

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use memmap2::Mmap;

/// Floats of single precision in the byte order of the machine: the file is of one run.
#[derive(Debug)]
pub(crate) struct FloatFile {
    file: File,
    map: Option<Mmap>,
    n_values: usize,
}

impl FloatFile {
    /// A new, empty file. One that is at `path` loses its name, and is gone with the last
    /// store that maps it: made shorter, it would end the process of whoever reads it.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok_and(|entry| !entry.is_dir()) {
            std::fs::remove_file(path)?;
        }
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        Ok(Self {
            file,
            map: None,
            n_values: 0,
        })
    }

    /// Floats in the file.
    pub(crate) fn len(&self) -> usize {
        self.n_values
    }

    /// Append values; where the first of them is. Nothing is appended where that fails:
    /// a write that came half-way is written over by the next one.
    pub(crate) fn append(&mut self, values: &[f32]) -> io::Result<usize> {
        let first = self.n_values;
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        // Not every system lets a file grow that is mapped.
        self.map = None;
        let written = self
            .file
            .seek(SeekFrom::Start((first * size_of::<f32>()) as u64))
            .and_then(|_| self.file.write_all(&bytes));
        let n_values = first + if written.is_ok() { values.len() } else { 0 };
        if n_values > 0 {
            // SAFETY: this store made the file for itself; another one at the same path
            // makes a file of its own. It is never made shorter. Bytes that are mapped are never written to again: appending goes
            // behind them, and takes the store mutably, so that nothing is borrowed.
            self.map = Some(unsafe { Mmap::map(&self.file) }?);
        }
        written?;
        self.n_values = n_values;
        Ok(first)
    }

    /// `count` values from the one at `first` on; `None` where there are fewer.
    pub(crate) fn get(&self, first: usize, count: usize) -> Option<&[f32]> {
        let end = first.checked_add(count)?;
        if end > self.n_values {
            return None;
        }
        let size = size_of::<f32>();
        let bytes = self.map.as_deref().unwrap_or_default();
        let bytes = bytes.get(first * size..end * size)?;
        // SAFETY: any four bytes are a float.
        let (before, values, after) = unsafe { bytes.align_to::<f32>() };
        // Mappings begin at a page, and so every float at a multiple of its size.
        (before.is_empty() && after.is_empty()).then_some(values)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_second_file_at_a_path_leaves_the_first_as_it_is() {
        let path = std::env::temp_dir().join(format!("headstart-twice-{}", std::process::id()));
        let mut first = FloatFile::create(&path).unwrap();
        let values = vec![0.5; 5_000];
        first.append(&values).unwrap();
        let mut second = FloatFile::create(&path).unwrap();
        second.append(&[1.0]).unwrap();
        assert_eq!(first.get(0, 5_000), Some(&values[..]));
        assert_eq!(first.append(&[2.0]).unwrap(), 5_000);
        assert_eq!(second.get(0, 1), Some(&[1.0][..]));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 4);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn values_are_read_where_they_were_appended() {
        let path = std::env::temp_dir().join(format!("headstart-mmap-{}", std::process::id()));
        let mut file = FloatFile::create(&path).unwrap();
        assert_eq!(file.append(&[]).unwrap(), 0);
        assert_eq!(file.append(&[1.0, 2.0]).unwrap(), 0);
        let many = vec![0.5; 5_000];
        assert_eq!(file.append(&many).unwrap(), 2);
        assert_eq!(file.append(&[3.0]).unwrap(), 5_002);
        assert_eq!(file.get(1, 2), Some(&[2.0, 0.5][..]));
        assert_eq!(file.get(2, 5_000), Some(&many[..]));
        assert_eq!(file.get(5_002, 1), Some(&[3.0][..]));
        assert_eq!(file.get(5_002, 0), Some(&[][..]));
        assert_eq!((file.get(5_002, 2), file.get(usize::MAX, 2)), (None, None));
        assert_eq!(file.len(), 5_003);
        std::fs::remove_file(&path).unwrap();
    }
}
