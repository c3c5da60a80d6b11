//! The manifest of a model file: its format and its checks.
//!
//! `manifest.json` is one JSON object, the first member of the file:
//!
//! ```text
//! {
//!  "format": "headstart-model",
//!  "format_version": 2,
//!  "made_by": {"headstart": "0.1.0", "python": "3.12.1"},
//!  "parts": {
//!   "schema.json": {"sha256": "…", "size": 812},
//!   "leaderboard.json": {"optional": true, "sha256": "…", "size": 4096}
//!  },
//!  "checksum": "SHA-256 of all bytes before the comma that precedes this line"
//! }
//! ```

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::{FileError, escaped, shown};
use super::limits::Limits;
use super::names::check_names;
use super::sha256;

/// The name of the manifest in a model file.
pub const MANIFEST_NAME: &str = "manifest.json";
/// The version of the format.
pub const FORMAT_VERSION: u64 = 2;

const FORMAT: &str = "headstart-model";
const HERE: &str = env!("CARGO_PKG_VERSION");
/// The text around the checksum at the end of a manifest.
const BEFORE_CHECKSUM: &str = ",\n \"checksum\": \"";
const AFTER_CHECKSUM: &str = "\"\n}\n";
const N_DIGITS: usize = 64;

/// The manifest's entry of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Whether readers may ignore the part if it is unknown to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// SHA-256 of its bytes, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// A checked manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Versions of the software that saved the file; has `headstart`.
    pub made_by: BTreeMap<String, String>,
    /// All other members.
    pub parts: BTreeMap<String, Part>,
}

impl Manifest {
    /// Return the manifest as UTF-8 JSON, the same bytes for the same content.
    ///
    /// # Errors
    ///
    /// [`FileError::Refused`] if the reader would refuse it.
    pub fn to_bytes(&self, limits: &Limits) -> Result<Vec<u8>, FileError> {
        self.check(limits)?;
        let mut text = format!(
            "{{\n \"format\": {},\n \"format_version\": {FORMAT_VERSION},\n \"made_by\": {},\n \
             \"parts\": {{",
            json(FORMAT)?,
            json(&self.made_by)?
        );
        let mut before = "\n";
        for (name, part) in &self.parts {
            // Writes to a string do not fail.
            let _ = write!(text, "{before}  {}: {}", json(name)?, json(part)?);
            before = ",\n";
        }
        text.push_str(if self.parts.is_empty() { "}" } else { "\n }" });
        let checksum = sha256(text.as_bytes());
        let _ = write!(text, "{BEFORE_CHECKSUM}{checksum}{AFTER_CHECKSUM}");
        if text.len() as u64 > limits.max_manifest_bytes {
            return Err(FileError::Refused(format!(
                "The manifest takes {} bytes; at most {} are read back.",
                text.len(),
                limits.max_manifest_bytes
            )));
        }
        Ok(text.into_bytes())
    }

    /// Check and read the bytes of a manifest.
    ///
    /// # Errors
    ///
    /// [`FileError::Refused`] if they are not a model's manifest, are damaged, exceed a
    /// limit, or have another format version.
    pub fn parse(data: &[u8], limits: &Limits) -> Result<Self, FileError> {
        let head: Head<'_> = parse(data)?;
        // The version is checked first, because another version may differ in everything
        // else.
        head.check()?;
        let stored: Stored = parse(data)?;
        let tail = format!("{BEFORE_CHECKSUM}{}{AFTER_CHECKSUM}", stored.checksum);
        let is_whole = stored.checksum.len() == N_DIGITS
            && data
                .strip_suffix(tail.as_bytes())
                .is_some_and(|covered| sha256(covered) == stored.checksum);
        if !is_whole {
            return Err(FileError::Refused(format!(
                "{MANIFEST_NAME} is damaged: its checksum differs."
            )));
        }
        let manifest = Self {
            made_by: stored.made_by.0,
            parts: stored.parts.0,
        };
        manifest.check(limits)?;
        Ok(manifest)
    }

    /// Refuse parts that are neither `known` (names, or prefixes that end in `/`) nor
    /// optional.
    pub(super) fn check_known(&self, known: &[String]) -> Result<(), FileError> {
        let is_known = |name: &String| {
            known.iter().any(|entry| {
                name == entry || (entry.ends_with('/') && name.starts_with(entry.as_str()))
            })
        };
        let unknown = |(name, part): &(&String, &Part)| !part.optional && !is_known(name);
        match self.parts.iter().find(unknown) {
            Some((name, _)) => Err(FileError::Refused(format!(
                "It needs a reader that knows its part {}, and this is headstart {HERE}. hint: \
                 {}",
                shown(name),
                install(self.made_by.get("headstart").map(String::as_str))
            ))),
            None => Ok(()),
        }
    }

    fn check(&self, limits: &Limits) -> Result<(), FileError> {
        if !self.made_by.contains_key("headstart") {
            return Err(FileError::Refused(format!(
                "'made_by' in {MANIFEST_NAME} does not have 'headstart'."
            )));
        }
        check_names(self.parts.keys().map(String::as_str), limits)?;
        let mut total = 0_u64;
        for (name, part) in &self.parts {
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if part.sha256.len() != N_DIGITS || !part.sha256.bytes().all(is_digit) {
                return Err(FileError::Refused(format!(
                    "The 'sha256' of part '{name}' in {MANIFEST_NAME} must be {N_DIGITS} \
                     hexadecimal digits. Got {}.",
                    shown(&part.sha256)
                )));
            }
            if part.size > limits.max_part_bytes {
                return Err(FileError::Refused(format!(
                    "Part '{name}' has {} bytes; at most {} are read.",
                    part.size, limits.max_part_bytes
                )));
            }
            // As many terms as parts: their limits keep the sum far below 2^64.
            total = total.saturating_add(part.size);
        }
        if total > limits.max_total_bytes {
            return Err(FileError::Refused(format!(
                "The parts have {total} bytes together; at most {} are read.",
                limits.max_total_bytes
            )));
        }
        Ok(())
    }
}

/// Return the error for a file of format 1, with the version of headstart that saved it.
pub(super) fn format_1(maker: Option<&str>) -> FileError {
    let maker = maker.map(|version| format!(" by headstart {version}"));
    FileError::Refused(format!(
        "It was saved{} in format 1, which headstart {HERE} does not read. hint: fit the model \
         again, or load it with the headstart that saved it.",
        maker.unwrap_or_default()
    ))
}

fn install(maker: Option<&str>) -> String {
    match maker.filter(|version| is_version(version)) {
        Some(version) => format!("pip install 'headstart>={version}'"),
        None => "pip install -U headstart".to_owned(),
    }
}

fn is_version(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|letter: char| letter.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".+!-".contains(&byte))
}

/// The fields of a manifest of any version.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    format: Option<&'a RawValue>,
    #[serde(borrow, default)]
    format_version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    made_by: Option<&'a RawValue>,
}

impl Head<'_> {
    fn check(&self) -> Result<(), FileError> {
        let format = self
            .format
            .and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        if format.as_deref() != Some(FORMAT) {
            return Err(FileError::Refused(format!(
                "{MANIFEST_NAME} does not say that this is a '{FORMAT}': it is not a model \
                 that headstart saved."
            )));
        }
        let text = self.format_version.map_or("nothing", RawValue::get);
        let Some(version) = text.parse().ok().filter(|&version: &u64| version > 0) else {
            return Err(FileError::Refused(format!(
                "The 'format_version' of {MANIFEST_NAME} must be an int >= 1. Got {}.",
                escaped(text, 60)
            )));
        };
        let maker = self.maker();
        match version {
            FORMAT_VERSION => Ok(()),
            1 => Err(format_1(maker.as_deref())),
            _ => Err(FileError::Refused(format!(
                "The model was saved by {}, in format {version}. This is headstart {HERE}, \
                 which reads format {FORMAT_VERSION}. hint: {}",
                maker
                    .as_ref()
                    .map_or("a newer headstart".to_owned(), |maker| format!(
                        "headstart {maker}"
                    )),
                install(maker.as_deref())
            ))),
        }
    }

    /// Return the version that saved the file, if it is safe to show.
    fn maker(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct MadeBy {
            headstart: String,
        }
        let made_by: MadeBy = serde_json::from_str(self.made_by?.get()).ok()?;
        Some(made_by.headstart).filter(|version| is_version(version))
    }
}

/// A manifest of this version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "format_version")]
    _format_version: u64,
    made_by: UniqueMap<String>,
    parts: UniqueMap<Part>,
    checksum: String,
}

/// A JSON object without repeated keys.
pub(super) struct UniqueMap<V>(pub(super) BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor(PhantomData))
    }
}

struct UniqueVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueVisitor<V> {
    type Value = UniqueMap<V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, V>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "the key {} comes twice",
                    shown(&key)
                )));
            }
            map.insert(key, value);
        }
        Ok(UniqueMap(map))
    }
}

fn parse<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, FileError> {
    serde_json::from_slice(data).map_err(|error| {
        let problem = match error.classify() {
            serde_json::error::Category::Data => "is not the manifest of a model",
            _ => "is not JSON",
        };
        FileError::Refused(format!(
            "{MANIFEST_NAME} {problem}: {}.",
            escaped(&error.to_string(), 200)
        ))
    })
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, FileError> {
    serde_json::to_string(value).map_err(|error| FileError::refused(error.to_string()))
}
