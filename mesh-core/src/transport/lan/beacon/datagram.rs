//! The 16 bytes of a beacon. They name no peer: a port, and a nonce that only
//! tells us our own beacons.
//!
//! Floor 5 (`docs/protocol/link.md`).
//!
//! | offset | length | field |
//! |---|---|---|
//! | 0 | 4 | `SLNG` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | zero |
//! | 6 | 2 | TCP port of the sender on the datagram's source address, big-endian |
//! | 8 | 8 | nonce, another one every interval |

const MAGIC: [u8; 4] = *b"SLNG";
const VERSION: u8 = 1;

/// Length of every beacon.
pub(super) const BEACON_BYTES: usize = 16;

/// Tells one's own beacons from others'.
pub(super) type Nonce = [u8; 8];

pub(super) fn encode(port: u16, nonce: Nonce) -> [u8; BEACON_BYTES] {
    let mut bytes = [0; BEACON_BYTES];
    let fields = MAGIC
        .into_iter()
        .chain([VERSION, 0])
        .chain(port.to_be_bytes())
        .chain(nonce);
    for (slot, byte) in bytes.iter_mut().zip(fields) {
        *slot = byte;
    }
    bytes
}

/// Port and nonce; `None` for all that is not exactly one beacon.
pub(super) fn decode(bytes: &[u8]) -> Option<(u16, Nonce)> {
    let (head, rest) = bytes.split_first_chunk::<6>()?;
    let (port, nonce) = rest.split_first_chunk::<2>()?;
    let [m0, m1, m2, m3, version, zero] = *head;
    let port = u16::from_be_bytes(*port);
    let known = [m0, m1, m2, m3] == MAGIC && version == VERSION && zero == 0;
    (known && port != 0).then_some(())?;
    Some((port, nonce.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn beacon_has_the_documented_layout() {
        let bytes = encode(0x1234, *b"nonce-01");
        assert_eq!(&bytes, b"SLNG\x01\x00\x12\x34nonce-01");
        assert_eq!(decode(&bytes), Some((0x1234, *b"nonce-01")));
    }

    #[test]
    fn anything_but_one_whole_beacon_is_refused() {
        let good = encode(1, [7; 8]);
        assert!((0..BEACON_BYTES).all(|length| decode(&good[..length]).is_none()));
        assert_eq!(decode(&[&good[..], &[0]].concat()), None);
        for at in 0..6 {
            let mut bad = good;
            bad[at] ^= 1;
            assert_eq!(decode(&bad), None, "offset {at}");
        }
        assert_eq!(decode(&encode(0, [7; 8])), None);
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some((port, nonce)) = decode(&bytes) {
                prop_assert_eq!(&encode(port, nonce)[..], &bytes[..]);
            }
        }
    }
}
