//! The envelope: the sealed, immutable unit that the mesh carries.
//!
//! Floor 1. Fixed offsets, no serde (`docs/protocol/wire.md` §1). What is inside
//! the sealed part belongs to `crypto/seal.rs`.

use core::fmt;

use crate::limits::{
    ENVELOPE_BYTES_LARGE, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL, HEADER_BYTES, TAG_BYTES,
};
use crate::types::{EnvelopeId, Tick};

/// The only version this program speaks.
const VERSION: u8 = 1;
/// Context of the id's key derivation; BLAKE3 wants it constant and unique.
const ID_CONTEXT: &str = "starling/1 envelope";

/// What an envelope is for, as far as relays may know. The order is the order
/// in which a link sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A call for help.
    Sos,
    /// What people write.
    Text,
    /// Announces an attachment.
    Manifest,
    /// Public keys.
    Keys,
}

impl Class {
    /// All classes, most urgent first.
    pub const ALL: [Self; 4] = [Self::Sos, Self::Text, Self::Manifest, Self::Keys];

    /// The byte on the wire.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Sos => 0,
            Self::Text => 1,
            Self::Manifest => 2,
            Self::Keys => 3,
        }
    }

    /// The class of a byte on the wire, if it is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }
}

/// The clear header, 16 bytes, little-endian:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | version, 1 |
/// | 1 | 1 | class |
/// | 2 | 2 | zero |
/// | 4 | 4 | expiry, 5-minute ticks since the Unix epoch |
/// | 8 | 8 | zero |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is for.
    pub class: Class,
    /// When relays drop it.
    pub expiry: Tick,
}

impl Header {
    /// The bytes on the wire.
    #[must_use]
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let expiry = self.expiry.0.to_le_bytes();
        let fields = [VERSION, self.class.code(), 0, 0].into_iter().chain(expiry);
        for (slot, byte) in bytes.iter_mut().zip(fields) {
            *slot = byte;
        }
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, EnvelopeError> {
        let [
            version,
            class,
            zero @ ..,
            e0,
            e1,
            e2,
            e3,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
        ] = *bytes;
        let [.., z0, z1, z2, z3, z4, z5, z6, z7] = *bytes;
        if version != VERSION {
            return Err(EnvelopeError::Version(version));
        }
        let class = Class::from_code(class).ok_or(EnvelopeError::Class(class))?;
        if zero != [0; 2] || [z0, z1, z2, z3, z4, z5, z6, z7] != [0; 8] {
            return Err(EnvelopeError::Reserved);
        }
        let expiry = Tick(u32::from_le_bytes([e0, e1, e2, e3]));
        Ok(Self { class, expiry })
    }
}

/// Why bytes are no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Not one of the three sizes.
    #[error("{0} bytes is no envelope size")]
    Length(usize),
    /// Another protocol version.
    #[error("envelope version {0} is not known")]
    Version(u8),
    /// Not a class.
    #[error("envelope class {0} is not known")]
    Class(u8),
    /// A reserved byte is not zero: it could carry a mark.
    #[error("a reserved byte of the header is not zero")]
    Reserved,
}

/// A whole envelope with a well-formed header: exactly 480, 1,920 or 15,360
/// bytes, `header 16 ‖ tag 16 ‖ sealed`.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    bytes: Vec<u8>,
    header: Header,
    tag: [u8; TAG_BYTES],
}

impl Envelope {
    /// Checks size and header. The sealed part stays opaque.
    ///
    /// # Errors
    /// The sender's fault, always.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, EnvelopeError> {
        let sizes = [
            ENVELOPE_BYTES_SMALL,
            ENVELOPE_BYTES_MEDIUM,
            ENVELOPE_BYTES_LARGE,
        ];
        let wrong_length = EnvelopeError::Length(bytes.len());
        if !sizes.contains(&bytes.len()) {
            return Err(wrong_length);
        }
        let (header, rest) = bytes.split_first_chunk().ok_or(wrong_length)?;
        let tag = *rest.first_chunk().ok_or(wrong_length)?;
        let header = Header::decode(header)?;
        Ok(Self { header, tag, bytes })
    }

    /// The hash that names it: BLAKE3 `derive_key` over every byte, so that no
    /// altered copy can pass for it.
    #[must_use]
    pub fn id(&self) -> EnvelopeId {
        let mut hasher = blake3::Hasher::new_derive_key(ID_CONTEXT);
        hasher.update(&self.bytes);
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        EnvelopeId(id)
    }

    /// The clear header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// The delivery tag: means something only to whoever can compute it.
    #[must_use]
    pub fn tag(&self) -> [u8; TAG_BYTES] {
        self.tag
    }

    /// All bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All bytes, given away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({:?}, {} bytes)", self.header, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(len: usize) -> Vec<u8> {
        let header = Header {
            class: Class::Text,
            expiry: Tick(5_000_000),
        };
        let mut bytes = header.encode().to_vec();
        bytes.resize(len, 0x5a);
        bytes
    }

    #[test]
    fn header_comes_back_from_every_class() {
        for class in Class::ALL {
            let header = Header {
                class,
                expiry: Tick(0x0102_0304),
            };
            assert_eq!(Header::decode(&header.encode()), Ok(header));
        }
    }

    #[test]
    fn golden_header() {
        let header = Header {
            class: Class::Keys,
            expiry: Tick(0x0102_0304),
        };
        assert_eq!(
            header.encode(),
            [1, 3, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn the_tag_stands_behind_the_header() {
        let mut bytes = sample(ENVELOPE_BYTES_SMALL);
        bytes[HEADER_BYTES..HEADER_BYTES + TAG_BYTES].fill(7);
        let envelope = Envelope::parse(bytes).unwrap();
        assert_eq!(envelope.tag(), [7; TAG_BYTES]);
    }

    #[test]
    fn only_three_lengths_are_envelopes() {
        for len in 0..=ENVELOPE_BYTES_LARGE + 1 {
            let parsed = Envelope::parse(sample(len.max(16))).is_ok();
            assert_eq!(parsed, [480, 1_920, 15_360].contains(&len.max(16)), "{len}");
        }
        assert_eq!(Envelope::parse(Vec::new()), Err(EnvelopeError::Length(0)));
    }

    #[test]
    fn any_reserved_bit_is_refused() {
        for index in [2, 3].into_iter().chain(8..16) {
            for bit in 0..8 {
                let mut bytes = sample(480);
                bytes[index] ^= 1 << bit;
                assert_eq!(Envelope::parse(bytes), Err(EnvelopeError::Reserved));
            }
        }
    }

    #[test]
    fn id_depends_on_every_byte() {
        let id = Envelope::parse(sample(480)).unwrap().id();
        for index in 4..8 {
            let mut bytes = sample(480);
            bytes[index] ^= 1;
            assert_ne!(Envelope::parse(bytes).unwrap().id(), id);
        }
        let mut bytes = sample(480);
        bytes[479] ^= 1;
        assert_ne!(Envelope::parse(bytes).unwrap().id(), id);
        assert_eq!(id.to_string().len(), 32);
    }
}
