//! Checks of JSON records before they are parsed.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::error::{FileError, escaped, shown};
use super::limits::Limits;

/// Check that bytes are one JSON value with the same meaning for every parser.
///
/// It must be UTF-8 without lone surrogates, repeated keys in an object, or numbers beyond
/// a double's range, and nested at most `limits.max_json_depth` deep.
///
/// # Errors
///
/// [`FileError::Refused`] with the part's `name` otherwise, or if it exceeds
/// `limits.max_record_bytes`.
pub fn check_record(name: &str, data: &[u8], limits: &Limits) -> Result<(), FileError> {
    if data.len() as u64 > limits.max_record_bytes {
        return Err(FileError::Refused(format!(
            "Part '{name}' has {} bytes; at most {} of JSON are read.",
            data.len(),
            limits.max_record_bytes
        )));
    }
    let mut parser = serde_json::Deserializer::from_slice(data);
    Value(limits.max_json_depth)
        .deserialize(&mut parser)
        .and_then(|()| parser.end())
        .map_err(|error| {
            FileError::Refused(format!(
                "Part '{name}' is not a JSON record: {}.",
                escaped(&error.to_string(), 200)
            ))
        })
}

/// Any value with a limited nesting depth.
#[derive(Clone, Copy)]
struct Value(usize);

impl Value {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.0.checked_sub(1);
        depth
            .map(Self)
            .ok_or_else(|| E::custom("it is nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!(
                    "the key {} comes twice",
                    shown(&key)
                )));
            }
            keys.insert(key);
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}
