//! Text columns from the Arrow C stream interface, without copies.

#![expect(
    unsafe_code,
    reason = "the capsule's pointer is what the interface consists of"
)]

use std::ffi::CStr;

use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, RecordBatch, RecordBatchReader, StringViewArray};
use headstart_core::Error;
use headstart_core::encode::Words;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

const STREAM: &CStr = c"arrow_array_stream";

/// The text columns of any Arrow stream, in one chunk.
pub(crate) struct WordTable(RecordBatch);

impl WordTable {
    /// Return the number of columns and of rows.
    pub(crate) fn shape(&self) -> (usize, usize) {
        (self.0.num_columns(), self.0.num_rows())
    }

    /// Return a borrowed column.
    pub(crate) fn column(&self, index: usize) -> Result<Words<'_>, Error> {
        let column = self.0.columns().get(index);
        let array = column
            .and_then(|column| column.as_any().downcast_ref::<StringViewArray>())
            .ok_or_else(|| Error::value("A column must be of words as string views."))?;
        let buffers = array.data_buffers().iter().map(|b| &b[..]).collect();
        let valid = array
            .nulls()
            .map(|nulls| (nulls.validity(), nulls.offset()));
        Words::new(array.views(), buffers, valid)
    }
}

impl<'py> FromPyObject<'_, 'py> for WordTable {
    type Error = PyErr;

    fn extract(table: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let capsule = table.call_method0("__arrow_c_stream__")?;
        let capsule = capsule
            .cast::<PyCapsule>()
            .map_err(|_| PyTypeError::new_err("__arrow_c_stream__ must return a capsule."))?;
        let pointer = capsule.pointer_checked(Some(STREAM))?;
        // SAFETY: a capsule of this name holds an initialised stream, by the interface's
        // contract. It is moved out, so the capsule will not release it again.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
        let refused = |error| PyValueError::new_err(format!("Not a readable table: {error}"));
        let mut chunks = ArrowArrayStreamReader::try_new(stream).map_err(refused)?;
        let schema = chunks.schema();
        let first = chunks.next().transpose().map_err(refused)?;
        if chunks.next().is_some() {
            return Err(PyValueError::new_err("A table must be in one chunk."));
        }
        Ok(Self(
            first.unwrap_or_else(|| RecordBatch::new_empty(schema)),
        ))
    }
}
