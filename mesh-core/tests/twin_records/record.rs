//! Files of recorded cases, their fields, and a random source that yields what was
//! recorded.

use std::fs;
use std::path::PathBuf;

use mesh_core::crypto::secret::Secret;
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;

/// How one layout is recorded and replayed.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    /// Inputs that we record.
    pub(crate) cases: fn() -> Vec<Value>,
    /// Every output of a case, from its inputs.
    pub(crate) build: fn(Case<'_>) -> Value,
    /// Opens what was recorded, as a receiver does.
    pub(crate) opens: fn(Case<'_>),
}

/// One recorded case, or a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a>(pub(crate) &'a Value);

impl<'a> Case<'a> {
    pub(crate) fn get(self, key: &str) -> Self {
        let found = self.0.get(key);
        Self(found.unwrap_or_else(|| panic!("no field {key}")))
    }

    /// Whether the field is there and not null.
    pub(crate) fn has(self, key: &str) -> bool {
        self.0.get(key).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn text(self, key: &str) -> &'a str {
        self.get(key).0.as_str().unwrap()
    }

    pub(crate) fn number(self, key: &str) -> u64 {
        self.get(key).0.as_u64().unwrap()
    }

    pub(crate) fn int<T: TryFrom<u64>>(self, key: &str) -> T {
        let number = T::try_from(self.number(key));
        number.unwrap_or_else(|_| panic!("{key} is too large"))
    }

    pub(crate) fn items(self, key: &str) -> impl Iterator<Item = Self> {
        self.get(key).0.as_array().unwrap().iter().map(Self)
    }

    /// Bytes of a field; none if it is null.
    pub(crate) fn bytes(self, key: &str) -> Vec<u8> {
        if !self.has(key) {
            return Vec::new();
        }
        let digits = self.text(key).as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    pub(crate) fn array<const N: usize>(self, key: &str) -> [u8; N] {
        self.bytes(key).try_into().unwrap()
    }

    pub(crate) fn secret<const N: usize>(self, key: &str) -> Secret<N> {
        Secret::take(&mut self.array(key))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `len` bytes that follow from a name, where a sender draws.
pub(crate) fn chosen_bytes(name: &str, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new_derive_key("starling/1 twin record")
        .update(name.as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

pub(crate) fn chosen(name: &str, len: usize) -> String {
    hex(&chosen_bytes(name, len))
}

pub(crate) fn folder(side: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("testdata/twin").join(side)
}

pub(crate) fn load(side: &str, layout: &str) -> Value {
    let path = folder(side).join(layout).with_extension("json");
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Where a record differs from what was computed: every computed field must stand in it.
pub(crate) fn differences(computed: &Value, found: &Value, at: &str, into: &mut Vec<String>) {
    match (computed, found) {
        (Value::Object(fields), Value::Object(others)) => {
            for (key, value) in fields {
                let at = format!("{at}.{key}");
                match others.get(key) {
                    Some(other) => differences(value, other, &at, into),
                    None => into.push(format!("{at} is missing")),
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                differences(item, other, &format!("{at}[{number}]"), into);
            }
        }
        _ if computed == found => {}
        _ => into.push(format!(
            "{at} is {}, computed {}",
            short(found),
            short(computed)
        )),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(100).collect()
}

/// Yields what was recorded, byte for byte, and panics if more is asked for.
pub(crate) struct Scripted(Vec<u8>);

impl Scripted {
    /// The values in the order in which they are drawn.
    pub(crate) fn new(drawn: &[&[u8]]) -> Self {
        Self(drawn.concat())
    }

    /// Everything was drawn: what is recorded is what was used.
    pub(crate) fn done(self) {
        assert!(self.0.is_empty(), "{} bytes were not drawn", self.0.len());
    }
}

impl TryRng for Scripted {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("bytes alone are recorded")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("bytes alone are recorded")
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        assert!(
            into.len() <= self.0.len(),
            "more is drawn than was recorded"
        );
        let rest = self.0.split_off(into.len());
        into.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}
