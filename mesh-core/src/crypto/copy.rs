//! The sealed copy of a profile's people: bytes in, bytes out. No files
//! (`docs/protocol/store.md`, "Sealed copy").
//!
//! `nonce 24 ‖ XChaCha20-Poly1305(EXP(database key, "starling/1 people copy", 32),
//! length u32 ‖ data ‖ zeros) ‖ tag 16`. The padded length is a power of two.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::labels;
use super::primitives::{XSEAL_OVERHEAD_BYTES, expand, xopen, xseal};
use super::secret::Secret;
use crate::limits::{PEOPLE_COPY_BYTES_MAX, PEOPLE_COPY_BYTES_MIN};

const LENGTH_BYTES: usize = 4;
/// Bytes of the largest sealed copy: nobody need read more of a file.
pub const SEALED_COPY_BYTES_MAX: usize = PEOPLE_COPY_BYTES_MAX + XSEAL_OVERHEAD_BYTES;

/// Seals a copy; `None` if it is larger than
/// [`PEOPLE_COPY_BYTES_MAX`](crate::limits::PEOPLE_COPY_BYTES_MAX).
#[must_use]
pub fn seal_copy(
    rng: &mut dyn CryptoRng,
    database_key: &Secret<32>,
    data: &[u8],
) -> Option<Vec<u8>> {
    let padded_bytes = (LENGTH_BYTES + data.len())
        .max(PEOPLE_COPY_BYTES_MIN)
        .checked_next_power_of_two()
        .filter(|bytes| *bytes <= PEOPLE_COPY_BYTES_MAX)?;
    let length = u32::try_from(data.len()).ok()?;
    let mut padded = Zeroizing::new(Vec::with_capacity(padded_bytes));
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(data);
    padded.resize(padded_bytes, 0);
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    let sealed = xseal(&key(database_key), nonce, &padded, labels::PEOPLE_COPY);
    Some(sealed)
}

/// Opens one; `None` if it was torn, altered, or sealed under another key.
#[must_use]
pub fn open_copy(database_key: &Secret<32>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.len() > SEALED_COPY_BYTES_MAX {
        return None;
    }
    let padded = xopen(&key(database_key), sealed, labels::PEOPLE_COPY)?;
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.get(..length).map(|data| Zeroizing::new(data.to_vec()))
}

fn key(database_key: &Secret<32>) -> Secret<32> {
    expand(database_key, &[labels::PEOPLE_COPY])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::boxed_rng;

    fn secret(byte: u8) -> Secret<32> {
        Secret::take(&mut [byte; 32])
    }

    fn seal(data: &[u8]) -> Option<Vec<u8>> {
        seal_copy(boxed_rng(1).as_mut(), &secret(1), data)
    }

    #[test]
    fn copies_of_few_and_of_many_people_have_one_size() {
        let sizes = [0, 1, 300, PEOPLE_COPY_BYTES_MIN - LENGTH_BYTES].map(|length| {
            let data = vec![7; length];
            let sealed = seal(&data).unwrap();
            assert_eq!(*open_copy(&secret(1), &sealed).unwrap(), data);
            sealed.len()
        });
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
        let larger = seal(&vec![7; PEOPLE_COPY_BYTES_MIN]).unwrap();
        assert_eq!(larger.len(), 2 * PEOPLE_COPY_BYTES_MIN + 40);
    }

    #[test]
    fn what_is_too_large_is_neither_sealed_nor_opened() {
        assert!(seal(&vec![7; PEOPLE_COPY_BYTES_MAX - LENGTH_BYTES]).is_some());
        assert!(seal(&vec![7; PEOPLE_COPY_BYTES_MAX]).is_none());
        let large = vec![0; PEOPLE_COPY_BYTES_MAX + 1];
        let key = key(&secret(1));
        let sealed = xseal(&key, [0; 24], &large, labels::PEOPLE_COPY);
        assert!(open_copy(&secret(1), &sealed).is_none());
    }

    #[test]
    fn torn_altered_and_foreign_copies_do_not_open() {
        let sealed = seal(b"people").unwrap();
        assert!(open_copy(&secret(2), &sealed).is_none());
        assert!(open_copy(&secret(1), &sealed[..sealed.len() - 1]).is_none());
        assert!(open_copy(&secret(1), &[]).is_none());
        for place in [0, 24, 1_000, sealed.len() - 1] {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(open_copy(&secret(1), &altered).is_none(), "{place}");
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        let key = key(&secret(1));
        let sealed = xseal(&key, [0; 24], &[0xff; 64], labels::PEOPLE_COPY);
        assert!(open_copy(&secret(1), &sealed).is_none());
    }
}
