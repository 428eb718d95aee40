//! The only file that names bincode.
//!
//! bincode 2 `standard()` (varints, little-endian), with a limit, all bytes
//! consumed, and one encoding for each value: what decodes is encoded again and
//! compared, so that nobody can make two byte strings of one message. Types that
//! pass here borrow their text and bytes (`&str`, `&[u8]`): an owned `Vec` would
//! reserve up to a megabyte on the word of a nine-byte length. bincode is
//! unmaintained (RUSTSEC-2025-0141); `wincode` writes the same bytes and is the
//! way out (`docs/adr/0004-bincode-behind-one-file.md`).

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::{Deserialize, Serialize};

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

/// Decodes a whole slice. A claimed length beyond its end fails before anything
/// is allocated for it, if the type borrows.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode<'a, T: Serialize + Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    let (value, consumed) = bincode::serde::borrow_decode_from_slice::<T, _>(bytes, config())
        .map_err(|_| DecodeError)?;
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
        // And wider than its type.
        assert_eq!(
            decode::<u32>(&[253, 7, 0, 0, 0, 0, 0, 0, 0]),
            Err(DecodeError)
        );
        // A length in the three-byte form.
        assert_eq!(decode::<&[u8]>(&[1, 9]), Ok(&[9][..]));
        assert_eq!(decode::<&[u8]>(&[251, 1, 0, 9]), Err(DecodeError));
    }

    #[test]
    fn wrong_booleans_options_and_text_are_refused() {
        assert_eq!(decode::<bool>(&[2]), Err(DecodeError));
        assert_eq!(decode::<Option<u8>>(&[2, 0]), Err(DecodeError));
        assert_eq!(decode::<&str>(&[2, 0xc3, 0x28]), Err(DecodeError));
    }

    #[test]
    fn input_and_output_beyond_the_limit_are_refused() {
        let bytes = vec![1; LIMIT + 1];
        assert_eq!(encode(&bytes.as_slice()), None);
        let mut long = vec![251];
        long.extend(u16::try_from(LIMIT - 2).unwrap().to_le_bytes());
        long.resize(LIMIT + 1, 1);
        assert_eq!(decode::<&[u8]>(&long), Err(DecodeError));
    }

    #[test]
    fn claimed_lengths_fail_at_once() {
        let lengths: [&[u8]; 5] = [
            &[250],
            &[251, 255, 255],
            &[252, 255, 255, 255, 255],
            &[253, 255, 255, 255, 255, 255, 255, 255, 127],
            &[253, 255, 255, 255, 255, 255, 255, 255, 255],
        ];
        for length in lengths {
            let bytes = [length, b"abc"].concat();
            assert_eq!(decode::<&[u8]>(&bytes), Err(DecodeError));
            assert_eq!(decode::<&str>(&bytes), Err(DecodeError));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_with_this_encoding_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            type Many<'a> = (u8, u16, [u8; 16], u64, &'a str, &'a [u8]);
            // What decodes has no other encoding.
            if let Ok(value) = decode::<Many<'_>>(&bytes) {
                prop_assert_eq!(encode(&value), Some(bytes));
            }
        }
    }
}
