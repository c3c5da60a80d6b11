//! How large a model file may be before it is refused unread.

/// Bounds that are checked before memory is taken. The writer keeps them too, so that what
/// is saved can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Parts beside the manifest.
    pub max_parts: usize,
    /// Bytes of the manifest.
    pub max_manifest_bytes: u64,
    /// Bytes of a part that is a JSON record: it takes several times as much when it is read.
    pub max_record_bytes: u64,
    /// Bytes of one part.
    pub max_part_bytes: u64,
    /// Bytes of all parts together.
    pub max_total_bytes: u64,
    /// How deep lists and objects of a JSON record may be nested.
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
