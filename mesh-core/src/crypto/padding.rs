//! Size buckets: `length u16, little-endian ‖ data ‖ zeros`.

/// Bytes of the length.
pub(super) const LENGTH_BYTES: usize = 2;

/// Pads to exactly `padded_bytes`; `None` if the data does not fit.
pub(super) fn pad(data: &[u8], padded_bytes: usize) -> Option<Vec<u8>> {
    let length = u16::try_from(data.len()).ok()?;
    if data.len() + LENGTH_BYTES > padded_bytes {
        return None;
    }
    let mut padded = Vec::with_capacity(padded_bytes);
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(data);
    padded.resize(padded_bytes, 0);
    Some(padded)
}

/// The inverse; `None` for a length beyond the end or a pad that is not all
/// zeros (it could carry a mark).
pub(super) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let (data, zeros) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    zeros.iter().all(|byte| *byte == 0).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_that_fits_comes_back() {
        for len in 0..=98 {
            let data = vec![0xff; len];
            let padded = pad(&data, 100).unwrap();
            assert_eq!((padded.len(), unpad(&padded)), (100, Some(data.as_slice())));
        }
        assert_eq!(pad(&[0; 99], 100), None);
    }

    #[test]
    fn marked_pad_and_wrong_length_are_refused() {
        let mut padded = pad(b"text", 20).unwrap();
        padded[19] = 1;
        assert_eq!(unpad(&padded), None);
        assert_eq!(unpad(&[19, 0, 0]), None);
        assert_eq!(unpad(&[0]), None);
    }
}
