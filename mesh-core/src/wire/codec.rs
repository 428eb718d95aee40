//! The only file that names bincode.
//!
//! bincode 2 `standard()` (varints, little-endian), with a limit, all bytes
//! consumed, and one encoding for each value: what decodes is encoded again and
//! compared, so that nobody can make two byte strings of one message. bincode is
//! unmaintained (RUSTSEC-2025-0141); `wincode` writes the same bytes and is the
//! way out (`docs/adr/0004-bincode-behind-one-file.md`).

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::ENVELOPE_BYTES_LARGE;

const LIMIT: usize = ENVELOPE_BYTES_LARGE;
type Config = Configuration<LittleEndian, Varint, Limit<LIMIT>>;

/// Bytes that do not decode: wrong length, unknown variant, two encodings of one
/// value, or more than the limit. Says nothing of the bytes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not decode")]
pub struct DecodeError;

fn config() -> Config {
    bincode::config::standard().with_limit::<LIMIT>()
}

/// The one encoding of a value; `None` if it is larger than an envelope.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    let bytes = bincode::serde::encode_to_vec(value, config()).ok()?;
    (bytes.len() <= LIMIT).then_some(bytes)
}

/// Decodes a whole slice. Claimed lengths beyond the limit fail before anything
/// is allocated for them.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (value, consumed) =
        bincode::serde::decode_from_slice::<T, _>(bytes, config()).map_err(|_| DecodeError)?;
    let is_canonical = consumed == bytes.len() && encode(&value).as_deref() == Some(bytes);
    is_canonical.then_some(value).ok_or(DecodeError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trailing_bytes_and_long_varints_are_refused() {
        assert_eq!(decode::<u32>(&[7]), Ok(7));
        assert_eq!(decode::<u32>(&[7, 0]), Err(DecodeError));
        // 7 in the three-byte form.
        assert_eq!(decode::<u32>(&[251, 7, 0]), Err(DecodeError));
    }

    #[test]
    fn claimed_lengths_fail_at_once() {
        let mut huge = vec![253];
        huge.extend(u64::MAX.to_le_bytes());
        assert_eq!(decode::<Vec<u8>>(&huge), Err(DecodeError));
        assert_eq!(decode::<String>(&huge), Err(DecodeError));
        assert_eq!(
            decode::<Vec<u64>>(&[252, 255, 255, 255, 127]),
            Err(DecodeError)
        );
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = decode::<(u8, u16, [u8; 16], u64, String, Vec<u8>)>(&bytes);
        }
    }
}
