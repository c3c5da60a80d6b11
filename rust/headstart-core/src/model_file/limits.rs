//! Limits of the sizes of model files.

/// Limits that are checked before allocations. The writer checks them too, so that every
/// saved file can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Number of parts, without the manifest.
    pub max_parts: usize,
    /// Bytes of the manifest.
    pub max_manifest_bytes: u64,
    /// Bytes of a JSON record, which takes several times as much memory when parsed.
    pub max_record_bytes: u64,
    /// Bytes of one part.
    pub max_part_bytes: u64,
    /// Bytes of all parts together.
    pub max_total_bytes: u64,
    /// Nesting depth of lists and objects of a JSON record.
    pub max_json_depth: usize,
    /// Characters of a part's name.
    pub max_name_length: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_parts: 65_000,
            max_manifest_bytes: 16 << 20,
            max_record_bytes: 512 << 20,
            max_part_bytes: 16 << 30,
            max_total_bytes: 64 << 30,
            max_json_depth: 64,
            max_name_length: 200,
        }
    }
}
