//! The head of a datagram, and the numbers in it.

/// Numbers on the wire have this many bits.
const NUMBER_BITS: u32 = 15;
/// Numbers on the wire run below this.
const NUMBERS: u64 = 1 << NUMBER_BITS;
/// The bit of the first field that says that eight bytes of gaps follow.
const HAS_GAPS: u16 = 1 << NUMBER_BITS;
/// Bytes of the head of a datagram that carries stream bytes and no gaps.
pub(super) const HEAD_BYTES: usize = 4;
/// Bytes that the gaps add.
pub(super) const GAPS_BYTES: usize = 8;

/// What stands in front of the stream bytes, little-endian:
///
/// | bytes | field |
/// |---|---|
/// | 2 | `ack`: bits 0 to 14 the number of the first datagram that the sender of this one misses; bit 15: gaps follow |
/// | 8, or none | gaps: bit i says that number `ack + 1 + i` has come |
/// | 2, or none | number of this datagram, below 2¹⁵; none if no stream bytes follow |
///
/// A datagram without stream bytes has no number, is not acknowledged and never
/// sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// As on the wire, 15 bits.
    pub(super) ack: u16,
    /// What came after the first that is missing.
    pub(super) gaps: Option<u64>,
    /// Present if stream bytes follow.
    pub(super) number: Option<u16>,
}

impl Head {
    /// Bytes that it takes.
    pub(super) fn encode(self, datagram: &mut Vec<u8>) {
        let flag = if self.gaps.is_some() { HAS_GAPS } else { 0 };
        datagram.extend_from_slice(&(self.ack | flag).to_le_bytes());
        if let Some(gaps) = self.gaps {
            datagram.extend_from_slice(&gaps.to_le_bytes());
        }
        if let Some(number) = self.number {
            datagram.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// The head and the stream bytes behind it; `None` if it is no datagram.
    pub(super) fn decode(datagram: &[u8]) -> Option<(Self, &[u8])> {
        let (first, mut rest) = datagram.split_first_chunk()?;
        let first = u16::from_le_bytes(*first);
        let mut gaps = None;
        if first & HAS_GAPS != 0 {
            let (bits, behind) = rest.split_first_chunk()?;
            gaps = Some(u64::from_le_bytes(*bits));
            rest = behind;
        }
        let ack = first & !HAS_GAPS;
        if rest.is_empty() {
            let number = None;
            return Some((Self { ack, gaps, number }, rest));
        }
        let (number, stream) = rest.split_first_chunk()?;
        let number = u16::from_le_bytes(*number);
        if stream.is_empty() || number & HAS_GAPS != 0 {
            return None;
        }
        let number = Some(number);
        Some((Self { ack, gaps, number }, stream))
    }
}

/// The 15 bits of a number that go on the wire.
pub(super) fn on_wire(number: u64) -> u16 {
    u16::try_from(number % NUMBERS).unwrap_or(0)
}

/// The number nearest to `near` that has these bits on the wire; `None` if that
/// would be before the first.
pub(super) fn from_wire(near: u64, wire: u16) -> Option<u64> {
    let ahead = u64::from(wire).wrapping_sub(near) % NUMBERS;
    if ahead < NUMBERS / 2 {
        near.checked_add(ahead)
    } else {
        near.checked_sub(NUMBERS - ahead)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_length_is_taken_or_refused_and_never_panics() {
        for length in 0..=2_100 {
            for fill in [0, 0x7f, 0x80, 0xff] {
                let datagram = vec![fill; length];
                let gaps = fill >= 0x80;
                let smallest = if gaps { 10 } else { 2 };
                let with_stream = length > smallest + 2 && fill < 0x80;
                let is_whole = length == smallest || with_stream;
                assert_eq!(
                    Head::decode(&datagram).is_some(),
                    is_whole,
                    "{length} {fill}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(
            ack in 0u16..1 << 15,
            gaps in any::<Option<u64>>(),
            number in prop::option::of(0u16..1 << 15),
            stream in prop::collection::vec(any::<u8>(), 1..40),
        ) {
            let head = Head { ack, gaps, number };
            let mut datagram = Vec::new();
            head.encode(&mut datagram);
            let stream = if number.is_some() { stream } else { Vec::new() };
            datagram.extend_from_slice(&stream);
            prop_assert_eq!(Head::decode(&datagram), Some((head, stream.as_slice())));
        }

        #[test]
        fn what_is_decoded_has_one_encoding(datagram in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some((head, stream)) = Head::decode(&datagram) {
                let mut again = Vec::new();
                head.encode(&mut again);
                again.extend_from_slice(stream);
                prop_assert_eq!(again, datagram);
            }
        }

        #[test]
        fn numbers_survive_the_wire_within_half_their_range(near in 0u64..1 << 40, off in -16_000i64..16_000) {
            let Some(number) = near.checked_add_signed(off) else { return Ok(()) };
            prop_assert_eq!(from_wire(near, on_wire(number)), Some(number));
        }
    }
}
