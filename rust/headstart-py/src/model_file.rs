//! Model files and stored arrays, for `headstart.artifact` and `headstart.base.arrays`.
//!
//! A refused file is a `ValueError` here; the Python modules add the file's name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use headstart_core::model_file::{
    self, FileError, Limits, Manifest, Member, ModelFile, Part, check_record, read_array_index,
};
use pyo3::exceptions::{PyKeyError, PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Limits that are checked before allocations.
#[pyclass(frozen, get_all, name = "ModelFileLimits", module = "headstart._core")]
#[expect(clippy::struct_field_names, reason = "they are Python's names, too")]
pub(crate) struct PyLimits {
    max_parts: usize,
    max_manifest_bytes: u64,
    max_record_bytes: u64,
    max_part_bytes: u64,
    max_total_bytes: u64,
    max_json_depth: usize,
    max_name_length: usize,
}

#[pymethods]
impl PyLimits {
    #[new]
    #[pyo3(signature = (
        *, max_parts=None, max_manifest_bytes=None, max_record_bytes=None,
        max_part_bytes=None, max_total_bytes=None, max_json_depth=None, max_name_length=None
    ))]
    fn new(
        max_parts: Option<usize>,
        max_manifest_bytes: Option<u64>,
        max_record_bytes: Option<u64>,
        max_part_bytes: Option<u64>,
        max_total_bytes: Option<u64>,
        max_json_depth: Option<usize>,
        max_name_length: Option<usize>,
    ) -> Self {
        let default = Limits::default();
        Self {
            max_parts: max_parts.unwrap_or(default.max_parts),
            max_manifest_bytes: max_manifest_bytes.unwrap_or(default.max_manifest_bytes),
            max_record_bytes: max_record_bytes.unwrap_or(default.max_record_bytes),
            max_part_bytes: max_part_bytes.unwrap_or(default.max_part_bytes),
            max_total_bytes: max_total_bytes.unwrap_or(default.max_total_bytes),
            max_json_depth: max_json_depth.unwrap_or(default.max_json_depth),
            max_name_length: max_name_length.unwrap_or(default.max_name_length),
        }
    }
}

impl PyLimits {
    fn limits(&self) -> Limits {
        Limits {
            max_parts: self.max_parts,
            max_manifest_bytes: self.max_manifest_bytes,
            max_record_bytes: self.max_record_bytes,
            max_part_bytes: self.max_part_bytes,
            max_total_bytes: self.max_total_bytes,
            max_json_depth: self.max_json_depth,
            max_name_length: self.max_name_length,
        }
    }
}

/// An opened model file.
#[pyclass(frozen, name = "ModelFile", module = "headstart._core")]
pub(crate) struct PyModelFile(ModelFile);

#[pymethods]
impl PyModelFile {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "arguments come by value")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        known: Option<Vec<String>>,
        limits: &PyLimits,
    ) -> PyResult<Self> {
        let limits = limits.limits();
        py.detach(|| ModelFile::open(&path, &limits, known.as_deref()))
            .map(Self)
            .map_err(to_python)
    }

    #[getter]
    fn made_by(&self) -> BTreeMap<String, String> {
        self.0.manifest().made_by.clone()
    }

    #[getter]
    fn sizes(&self) -> BTreeMap<&str, u64> {
        let parts = self.0.manifest().parts.iter();
        parts
            .map(|(name, part)| (name.as_str(), part.size))
            .collect()
    }

    #[getter]
    fn outlives_path(&self) -> bool {
        self.0.outlives_path()
    }

    /// Return the bytes of a part, read into and checked in the returned object.
    fn read<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyBytes>> {
        let size = self
            .0
            .size(name)
            .ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        let size = usize::try_from(size)
            .map_err(|_| PyMemoryError::new_err(format!("There is no memory for {name}.")))?;
        PyBytes::new_with(py, size, |buffer| {
            py.detach(|| self.0.read_into(name, buffer))
                .map_err(to_python)
        })
    }
}

/// Return the bytes of a manifest, for parts as (name, size, SHA-256, optional).
#[pyfunction]
pub(crate) fn model_file_manifest<'py>(
    py: Python<'py>,
    made_by: BTreeMap<String, String>,
    parts: Vec<(String, u64, String, bool)>,
    limits: &PyLimits,
) -> PyResult<Bound<'py, PyBytes>> {
    let parts = parts
        .into_iter()
        .map(|(name, size, sha256, optional)| {
            let part = Part {
                optional,
                sha256,
                size,
            };
            (name, part)
        })
        .collect();
    let bytes = Manifest { made_by, parts }
        .to_bytes(&limits.limits())
        .map_err(to_python)?;
    Ok(PyBytes::new(py, &bytes))
}

/// Return the bytes before a member's content.
#[pyfunction]
pub(crate) fn model_file_header(
    py: Python<'_>,
    name: String,
    crc: u32,
    size: u64,
    offset: u64,
) -> Bound<'_, PyBytes> {
    let member = Member {
        name,
        crc,
        size,
        offset,
    };
    PyBytes::new(py, &model_file::local_header(&member))
}

/// Return the bytes after the last of the members, given as (name, CRC-32, size, offset).
#[pyfunction]
pub(crate) fn model_file_directory(
    py: Python<'_>,
    members: Vec<(String, u32, u64, u64)>,
) -> Bound<'_, PyBytes> {
    let members: Vec<Member> = members
        .into_iter()
        .map(|(name, crc, size, offset)| Member {
            name,
            crc,
            size,
            offset,
        })
        .collect();
    PyBytes::new(py, &model_file::directory(&members))
}

/// Refuse a part that is not a JSON record.
#[pyfunction]
pub(crate) fn check_json_record(
    py: Python<'_>,
    name: &str,
    data: &[u8],
    limits: &PyLimits,
) -> PyResult<()> {
    let limits = limits.limits();
    py.detach(|| check_record(name, data, &limits))
        .map_err(to_python)
}

/// A stored array: its type, shape, first byte and end.
type ArrayPlace = (&'static str, Vec<usize>, usize, usize);

/// Return the position of each array in the bytes of a part.
#[pyfunction]
pub(crate) fn find_stored_arrays(
    py: Python<'_>,
    data: &[u8],
) -> PyResult<BTreeMap<String, ArrayPlace>> {
    let arrays = py.detach(|| read_array_index(data)).map_err(to_python)?;
    Ok(arrays
        .into_iter()
        .map(|(name, array)| (name, (array.dtype, array.shape, array.start, array.end)))
        .collect())
}

fn to_python(error: FileError) -> PyErr {
    match error {
        // Python chooses the class by the error number.
        FileError::Io(error) => match error.raw_os_error() {
            Some(number) => PyOSError::new_err((number, error.to_string())),
            None => error.into(),
        },
        error => PyValueError::new_err(error.to_string()),
    }
}
